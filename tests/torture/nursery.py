"""`python -m tests.torture.nursery`: a process that has imported everything and forks the others, so that a
life begins in a moment. It reads requests and writes answers, one line of JSON each, until its input ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from . import driver, node

PROGRAMS = {"node": node.main, "driver": driver.main}


class Nursery:
    """The other side: starts processes and tells which have ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, program: str, arguments: list[str], environ: dict[str, str], log: Path) -> int:
        """Answers the process id."""
        answer = self._ask(program=program, arguments=arguments, environ=environ, log=str(log))
        pid: int = answer["pid"]
        return pid

    def ended(self) -> dict[int, int]:
        """Processes that have ended since the last question: exit code, or minus the signal."""
        return {int(pid): code for pid, code in self._ask()["ended"].items()}

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"pid": _fork(**request)} if request else {"ended": _ended()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _fork(program: str, arguments: list[str], environ: dict[str, str], log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(out, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(environ)
        random.seed()
        sys.argv = [program, *arguments]
        PROGRAMS[program]()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _ended() -> dict[int, int]:
    found = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found[pid] = os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
