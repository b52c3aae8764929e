"""feelin, a FEEL engine in JavaScript, as one Node process that answers line by line.

`python -m tests.feel.feelin` fetches it from npm, exactly as package-lock.json names it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


class FeelinMissing(Exception):
    """`can_be_had` says whether Node is there, so that only fetching the package failed."""

    def __init__(self, message: str, *, can_be_had: bool) -> None:
        super().__init__(message)
        self.can_be_had = can_be_had


class Feelin:
    """A running feelin. Raises FeelinMissing when there is none; `close()` ends it."""

    def __init__(self) -> None:
        install()
        self._process = subprocess.Popen(
            ["node", "answer.js"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def answer(self, text: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """`value` and `warned`, or `error`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"text": text, "context": context}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"feelin ended at {text!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


def install() -> None:
    """Fetch the locked version unless it is there. Raises FeelinMissing."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise FeelinMissing("node and npm are not installed", can_be_had=False)
    if _installed_version() == _wanted_version():
        return
    command = ["npm", "ci", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as problem:
        raise FeelinMissing(f"feelin cannot be fetched: {problem}", can_be_had=True) from problem


def _wanted_version() -> str:
    return str(json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["feelin"])


def _installed_version() -> str:
    try:
        package = (HERE / "node_modules" / "feelin" / "package.json").read_text(encoding="utf-8")
    except OSError:
        return ""
    return str(json.loads(package)["version"])
