"""A process of the torture, and how often each element must have run once an instance is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import Resource
from tests.engine.diagrams import service_task

ITEMS = 3
"""How many items an instance is started with."""

Counts = Mapping[str, int]
Rule = Callable[[Counts], Iterable[str]]


def _no_rule(counts: Counts) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """`once` has, by element, the element instances that ran to their end or were terminated, of every
    instance that is over; `rule` says what else cannot be. `ends_cancelled`: only an operator ends it."""

    file: Resource
    once: Counts
    rule: Rule = field(default=_no_rule)
    started_by_hand: bool = True
    ends_cancelled: bool = False

    @property
    def process_id(self) -> str:
        return self.file.name.removesuffix(".bpmn")

    def excess(self, counts: Counts) -> list[str]:
        """What cannot be, given how often each element of a finished instance ran."""
        wrong = [
            f"{element} ran {counts.get(element, 0)} times instead of {times}"
            for element, times in self.once.items()
            if counts.get(element, 0) != times
        ]
        return wrong + list(self.rule(counts))


def times(count: int, *elements: str) -> dict[str, int]:
    return dict.fromkeys(elements, count)


def equal(*elements: str, at_most: int | None = None) -> Rule:
    """These ran equally often (and at most so often)."""

    def rule(counts: Counts) -> Iterable[str]:
        seen = [counts.get(element, 0) for element in elements]
        if len(set(seen)) > 1 or (at_most is not None and seen[0] > at_most):
            yield ", ".join(f"{e} {count}" for e, count in zip(elements, seen, strict=True))

    return rule


def both(*rules: Rule) -> Rule:
    return lambda counts: [wrong for rule in rules for wrong in rule(counts)]


def work(node_id: str, job_type: str, inner: str = "") -> Any:
    """A service task that tries again after a second, as often as it takes."""
    return service_task(node_id, job_type, headers={"retryBackoff": "PT1S"}, retries="100", inner=inner)
