"""Passwords: hashed with Argon2id, checked in about the same time whether or not there is one."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import InvalidInput

MIN_LENGTH = 8
MAX_LENGTH = 1000

hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Raises InvalidInput for one that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(f"a password has between {MIN_LENGTH} and {MAX_LENGTH} characters")
    return hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the right one. Without a hash it takes as long and answers no."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        hasher.verify(password_hash or _some_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was hashed with weaker parameters than those of today."""
    return hasher.check_needs_rehash(password_hash)


@cache
def _some_hash() -> str:
    return hasher.hash("the password of nobody")
