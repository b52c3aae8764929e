"""Camunda's own expectations: the cases of the zeebe suite on the runtime, with and without reloading."""

import json

import pytest

from tests.outside import CONFORMANCE

from .world_driver import WorldDriver
from .zeebe_player import play

SUITE = CONFORMANCE / "zeebe"


def cases():
    file = SUITE / "cases.jsonl"
    if not file.exists():
        return [pytest.param(None, id="suite", marks=pytest.mark.skip(reason=f"no cases in {SUITE}"))]
    lines = file.read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("reload", [False, True], ids=["in-memory", "reloaded"])
@pytest.mark.parametrize("case", cases())
def test_the_runtime_does_what_zeebe_does(case, reload):
    driver = WorldDriver(SUITE / "models", reload=reload)

    play(case, driver)
