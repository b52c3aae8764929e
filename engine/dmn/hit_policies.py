"""What becomes of the rules that match: one output, a list of all, or one value made of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from engine.dmn.model import Aggregation, DecisionTable, HitPolicy
from engine.dmn.run import DecisionFailed, Run
from engine.feel import compile_expression, equal

Outputs = tuple[object, ...]
Match = tuple[int, Outputs]


class Table(Protocol):
    """What a hit policy asks of a table."""

    model: DecisionTable

    def value_of(self, outputs: Outputs) -> object: ...
    def fail(self, message: str) -> DecisionFailed: ...
    @property
    def priorities(self) -> Sequence[Sequence[object]]: ...


Combine = Callable[[Table, Sequence[Match], Run], object]
"""The output of a table from its matching rules, of which there is at least one. Raises DecisionFailed."""


def combiner(policy: HitPolicy) -> Combine:
    return _COMBINERS[policy]


def _unique(table: Table, found: Sequence[Match], run: Run) -> object:
    if len(found) > 1:
        raise table.fail(f"{_rules(found)} match together; the hit policy UNIQUE allows one rule only")
    return table.value_of(found[0][1])


def _any(table: Table, found: Sequence[Match], run: Run) -> object:
    first = list(found[0][1])
    for rule in found[1:]:
        if equal(first, list(rule[1])) is not True:
            raise table.fail(
                f"{_rules([found[0], rule])} match with different outputs; the hit policy ANY forbids it"
            )
    return table.value_of(found[0][1])


def _first(table: Table, found: Sequence[Match], run: Run) -> object:
    return table.value_of(found[0][1])


def _priority(table: Table, found: Sequence[Match], run: Run) -> object:
    return table.value_of(min(found, key=lambda match: _rank(table, match[1]))[1])


def _rule_order(table: Table, found: Sequence[Match], run: Run) -> object:
    return [table.value_of(outputs) for _, outputs in found]


def _output_order(table: Table, found: Sequence[Match], run: Run) -> object:
    ordered = sorted(found, key=lambda match: _rank(table, match[1]))
    return [table.value_of(outputs) for _, outputs in ordered]


def _collect(table: Table, found: Sequence[Match], run: Run) -> object:
    values = [table.value_of(outputs) for _, outputs in found]
    aggregation = table.model.aggregation
    if aggregation is None:
        return values
    if aggregation is Aggregation.COUNT:
        return len(values)
    if len(table.model.outputs) > 1:
        raise table.fail(
            f"{aggregation} needs a table with one output; this one has {len(table.model.outputs)}"
        )
    return run.evaluate(_AGGREGATES[aggregation], {"values": values})


def _rank(table: Table, outputs: Outputs) -> tuple[int, ...]:
    """The places of the outputs in the lists of their values; what is not listed comes after all others."""
    ranks = []
    for value, order in zip(outputs, table.priorities, strict=True):
        places = (place for place, listed in enumerate(order) if equal(listed, value) is True)
        ranks.append(next(places, len(order)))
    return tuple(ranks)


def _rules(found: Sequence[Match]) -> str:
    numbers = [str(rule + 1) for rule, _ in found]
    return f"rules {', '.join(numbers[:-1])} and {numbers[-1]}"


_COMBINERS: dict[HitPolicy, Combine] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.ANY: _any,
    HitPolicy.FIRST: _first,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.OUTPUT_ORDER: _output_order,
    HitPolicy.COLLECT: _collect,
}
_AGGREGATES = {
    Aggregation.SUM: compile_expression("sum(values)"),
    Aggregation.MIN: compile_expression("min(values)"),
    Aggregation.MAX: compile_expression("max(values)"),
}
