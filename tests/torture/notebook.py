"""What the driver tried and what was acknowledged, one line of JSON each, in a file that outlives it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Notebook:
    """Appends whole lines: what was written before a SIGKILL stays, and at most the last line is torn."""

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, phase: str, act: str, **facts: Any) -> None:
        """`phase` is "try", "ack" or "error"."""
        line = json.dumps({"phase": phase, "act": act, **facts}) + "\n"
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line)

    def read(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):
                yield json.loads(line)


@dataclass
class Tail:
    """The lines that a growing file of short lines has got since the last look."""

    path: Path
    _seen: int = 0

    def new(self) -> list[str]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._seen)
            whole = file.read().rpartition(b"\n")[0]
        self._seen += len(whole) + 1 if whole else 0
        return whole.decode().splitlines()
