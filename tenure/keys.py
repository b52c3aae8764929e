"""Keys that live in files outside the database, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

KEY_BYTES = 32


class KeyFileInvalid(Exception):
    """A key file is unreadable, too short, or open to others; the message says which and the mend."""


def read_or_create_key(path: Path) -> bytes:
    """The key in `path` (32 bytes); made at first use with mode 0600. Raises KeyFileInvalid."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(path)
    except OSError as error:
        raise KeyFileInvalid(f"the key file {path} cannot be made: {error.strerror}") from error
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> bytes:
    """The key in `path`, which must be there. Raises KeyFileInvalid."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = path.read_bytes()
    except OSError as error:
        raise KeyFileInvalid(f"the key file {path} cannot be read: {error.strerror}") from error
    if os.name == "posix" and mode & 0o077:
        raise KeyFileInvalid(f"the key file {path} is open to others (mode {mode:o}); run: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise KeyFileInvalid(
            f"the key file {path} holds {len(key)} bytes instead of {KEY_BYTES}; restore it from your backup"
        )
    return key
