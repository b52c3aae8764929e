"""What was looked at, how often, and what was wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Findings:
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def expect(self, kind: str, holds: bool, fault: str) -> None:
        """One more trial of a kind."""
        self.counts[kind] += 1
        if not holds:
            self.faults.append(f"{kind}: {fault}")
