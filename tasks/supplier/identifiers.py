"""Check digits of company identifiers: Chinese credit codes (GB 32100) and LEIs (ISO 17442)."""

from __future__ import annotations

import re

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100: no I, O, S, V, Z."""

_USCC_LENGTH = 18
_USCC_SHAPE = re.compile(f"[{_USCC_ALPHABET}]{{18}}")
_LEI_SHAPE = re.compile(r"[0-9A-Z]{18}[0-9]{2}")


def is_uscc(code: str) -> bool:
    """Whether `code` is a unified social credit code: 18 characters whose last is the check character.

    GB 32100-2015: weight of place i (from 0) is 3^i mod 31; the check value is 31 − Σ value × weight mod 31,
    31 standing for 0.
    """
    if not _USCC_SHAPE.fullmatch(code):
        return False
    return _USCC_ALPHABET[_uscc_check_value(code[:-1])] == code[-1]


def is_lei(code: str) -> bool:
    """Whether `code` is a legal entity identifier: 20 characters, 1 by ISO 7064 MOD 97-10 (A=10 … Z=35)."""
    if not _LEI_SHAPE.fullmatch(code):
        return False
    return int("".join(str(int(character, 36)) for character in code)) % 97 == 1


def uscc_with_check(first_17: str) -> str:
    """The code whose first 17 characters are given. Raises ValueError for characters outside GB 32100."""
    if len(first_17) != _USCC_LENGTH - 1 or any(c not in _USCC_ALPHABET for c in first_17):
        raise ValueError(f"{first_17!r} is not 17 characters of {_USCC_ALPHABET}")
    return first_17 + _USCC_ALPHABET[_uscc_check_value(first_17)]


def _uscc_check_value(first_17: str) -> int:
    total = sum(_USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first_17))
    return -total % 31
