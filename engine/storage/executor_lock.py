"""One executor per SQLite file: a lock on a file beside it, which the system frees when a process dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ExecutorAlreadyRunning


@contextmanager
def executor_lock(database: Path, holder: str) -> Iterator[None]:
    """Hold the lock while the block runs. `holder` is kept in the file, for the message to others.

    Links are followed, so that one database has one lock by whatever name it is opened. Raises
    ExecutorAlreadyRunning.
    """
    real = database.resolve()
    path = real.with_name(f"{real.name}.executor")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            os.lseek(descriptor, 1, os.SEEK_SET)
            other = os.read(descriptor, 1000).decode(errors="replace")
            raise ExecutorAlreadyRunning(
                f"{other or 'another process'} executes on {database} already; stop it first, "
                "or use PostgreSQL to run several"
            )
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        # The first byte is the one that is locked.
        os.write(descriptor, b" " + holder.encode())
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
