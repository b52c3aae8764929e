"""The seal: the ends of all hash chains in a signed file, kept where the database's owner cannot write.

A chain proves that its lines fit each other, but whoever rewrites the whole database rewrites all chains.
The seal says how the chains ended at one moment; later they may only be longer. Lines of text: what it is,
one for each chain (its key, its length, its hash), and at last the HMAC-SHA-256 of all before it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from engine import AuditHead

from .keys import read_key

_FIRST = "tenure audit seal 1"


_SIGNATURE = re.compile("[0-9a-f]{64}")


class SealInvalid(Exception):
    """The file is no seal, was changed, or was signed with another key."""


def write_seal(path: Path, heads: Iterable[AuditHead], key: bytes, now: datetime) -> int:
    """Answers the number of chains. Raises OSError when the file is there already."""
    lines = [f"{head.chain} {head.length} {head.hash}" for head in heads]
    body = "\n".join([f"{_FIRST} {now.isoformat(timespec='seconds')}", *lines]) + "\n"
    with path.open("x", encoding="ascii") as file:
        file.write(f"{body}{_signature(body, key)}\n")
        file.flush()
        os.fsync(file.fileno())
    return len(lines)


def read_seal(path: Path, key_file: Path) -> tuple[AuditHead, ...]:
    """The heads of a seal whose signature holds. Raises SealInvalid, KeyFileInvalid, OSError."""
    text = path.read_text(encoding="utf-8", errors="replace")
    body, _, signature = text.rstrip("\n").rpartition("\n")
    lines = body.splitlines()[1:]
    if not text.startswith(f"{_FIRST} "):
        raise SealInvalid(f"{path} is no seal of the audit trail")
    if not _SIGNATURE.fullmatch(signature):
        raise SealInvalid(f"the seal {path} is cut short: its signature is missing at the end")
    if not hmac.compare_digest(_signature(f"{body}\n", read_key(key_file)).encode(), signature.encode()):
        raise SealInvalid(f"the seal {path} was changed, or signed with another key than {key_file}")
    return tuple(_head(line) for line in lines)


def _head(line: str) -> AuditHead:
    chain, length, found = line.split(" ")
    return AuditHead(chain=int(chain), length=int(length), hash=found)


def _signature(body: str, key: bytes) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
