"""The conformance suites pass on the real engine, but for the named exceptions.

They lie beside the repository (`../shared/conformance`), or where TENURE_CONFORMANCE says.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.outside import CONFORMANCE as FOLDER

from .room import Rooms, rooms
from .suites import Suite, exceptions, suites_in


def suites() -> list[object]:
    found = suites_in(FOLDER) if FOLDER.is_dir() else []
    if not found:
        skip = pytest.mark.skip(reason=f"no conformance suites in {FOLDER}; TENURE_CONFORMANCE names them")
        return [pytest.param(None, id="suites", marks=skip)]
    return [pytest.param(suite, id=suite.name) for suite in found]


@pytest.fixture(scope="module")
def made() -> Iterator[Rooms]:
    with rooms() as opened:
        yield opened


@pytest.mark.parametrize("suite", suites())
def test_the_engine_does_what_the_suite_expects(suite: Suite, made: Rooms) -> None:
    outcomes = list(suite.run(suite.folder, made))

    failed = {o.case_id: o.seen for o in outcomes if not o.passed and o.case_id not in exceptions()}
    assert failed == {}
    assert outcomes


def test_every_exception_says_how_it_contradicts_camunda() -> None:
    for case_id, reason in exceptions().items():
        assert "Camunda 8.9" in reason, case_id
