"""Fixtures for the business areas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tasks.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()
