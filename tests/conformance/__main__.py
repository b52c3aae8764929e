"""Runs conformance cases on the real engine: `python -m tests.conformance FOLDER`.

FOLDER is one suite or the parent of several (their formats: FORMAT.md beside them). Prints a line for every
failing case, and `passed/total` for each suite. Exits 1 when a case fails that is no named exception.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .room import Outcome, Rooms, rooms
from .suites import Suite, exceptions, suites_in


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        _say(__doc__ or "")
        return 2
    suites = suites_in(Path(arguments[0]))
    if not suites:
        _say(f"{arguments[0]} holds no suite that is known")
        return 2
    with rooms() as made:
        results = [run_suite(suite, made, exceptions()) for suite in suites]
    return 0 if all(results) else 1


def run_suite(suite: Suite, made: Rooms, named: Mapping[str, str]) -> bool:
    """Whether every case passed, or failed as is known."""
    total = passed = 0
    left_out: list[Outcome] = []
    fine = True
    for outcome in suite.run(suite.folder, made):
        if outcome.skipped:
            left_out.append(outcome)
            continue
        total += 1
        passed += outcome.passed
        if not outcome.passed:
            fine &= outcome.case_id in named
            _say(_line(outcome, named))
    for outcome in left_out:
        _say(f"LEFT OUT {outcome.case_id}: {_short(outcome.skipped)}")
    more = f" ({len(left_out)} left out: Camunda 7 extensions without an equivalent)" if left_out else ""
    _say(f"{suite.name}: {passed}/{total}{more}")
    return fine


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _line(outcome: Outcome, named: Mapping[str, str]) -> str:
    known = named.get(outcome.case_id)
    text = f"FAILED {outcome.case_id} | expected {_short(outcome.expected)} | seen {_short(outcome.seen)}"
    return f"{text} | exception: {known}" if known else text


def _short(text: str) -> str:
    return " ".join(text.split())[:500]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
