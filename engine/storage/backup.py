"""A copy of a SQLite database while it is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ..errors import EngineError, InvalidInput
from .database import Database


class BackupFailed(EngineError):
    """The copy could not be made, or does not hold; nothing of it is left."""

    code = "BACKUP_FAILED"


def back_up(database: Database, target: Path) -> int:
    """Copy a SQLite database as it is at this moment, checked and complete in one file; answers its size.

    Writers go on meanwhile. Raises InvalidInput on PostgreSQL or when `target` is there, and BackupFailed.
    """
    if database.file is None:
        raise InvalidInput(
            "this is for SQLite; back up PostgreSQL with pg_dump, which works while Tenure runs"
        )
    if target.exists():
        raise InvalidInput(f"{target} is there already; choose another name")
    growing = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        source = f"{database.file.as_uri()}?mode=ro"
        with closing(sqlite3.connect(source, uri=True)) as live, closing(sqlite3.connect(growing)) as copy:
            # All pages in one go: one snapshot, whatever is written meanwhile.
            live.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise BackupFailed(f"the copy of {database.file} does not hold: {found}")
        with growing.open("rb") as written:
            os.fsync(written.fileno())
        growing.replace(target)
    except sqlite3.Error as error:
        raise BackupFailed(f"{database.file} could not be copied to {target}: {error}") from error
    finally:
        growing.unlink(missing_ok=True)
    return target.stat().st_size
