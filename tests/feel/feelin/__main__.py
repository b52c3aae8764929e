"""`python -m tests.feel.feelin`: fetches feelin from npm."""

from __future__ import annotations

from . import install

install()
