"""Passwords are hashed with little effort here: the tests are about who gets in."""

import pytest
from argon2 import PasswordHasher

from engine.identity import passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "hasher", CHEAP)
