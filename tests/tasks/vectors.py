"""The domain's test vectors, where the shared folder with them is present."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

_DOMAIN = Path(__file__).parents[3] / "shared" / "domain"


def vectors() -> dict[str, Any]:
    """All vectors, numbers exact; skips the test when the file is not there."""
    return _load("vectors.json")


def shared_data(name: str) -> bytes:
    """A file of real input, as it is; skips the test when it is not there."""
    path = _DOMAIN / "data" / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the shared folder was not checked out beside this one")
    return path.read_bytes()


def _load(name: str) -> dict[str, Any]:
    path = _DOMAIN / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the shared folder was not checked out beside this one")
    loaded: dict[str, Any] = json.loads(
        path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal
    )
    return loaded
