"""Compiles `for`, `some` and `every`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Iterator as AnyIterator
from datetime import date

from engine.feel.code import Body, Code, Compiler, Layer, rule
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_LIST_LENGTH, MAX_STEPS, Scope
from engine.feel.nodes import For, Iterator, Quantified
from engine.feel.numbers import whole
from engine.feel.values import Range, kind_of, normalise

Domain = Callable[[Scope], "Iterable[object] | None"]


@rule(For)
def _for(compiler: Compiler, node: For, layer: Layer) -> Code:
    domains, inner = _domains(compiler, node.iterators, layer)
    inner.names.add("partial")
    body = compiler.measured(node.body, inner)
    steps = _Steps(node.iterators, domains, body, node.position)

    def evaluate(scope: Scope) -> list[object] | None:
        results: list[object] = []
        values: dict[str, object] = {"partial": results}

        def one(frame: Scope) -> None:
            if body.shows_partial:
                scope.run.budget.charge(len(results) >> 2, node.position)
                frame.values["partial"] = list(results)  # type: ignore[index]
            results.append(body.code(frame))
            if len(results) > MAX_LIST_LENGTH:
                raise FeelLimitExceeded(f"a list of more than {MAX_LIST_LENGTH:,} items", node.position)

        return results if steps.run(scope, values, one) else None

    return evaluate


@rule(Quantified)
def _quantified(compiler: Compiler, node: Quantified, layer: Layer) -> Code:
    domains, inner = _domains(compiler, node.iterators, layer)
    body = compiler.measured(node.condition, inner)
    steps = _Steps(node.iterators, domains, body, node.position)
    condition = body.code
    decisive = node.quantifier == "some"
    position, quantifier = node.position, node.quantifier

    def evaluate(scope: Scope) -> bool | None:
        result: bool | None = not decisive

        def one(frame: Scope) -> None:
            nonlocal result
            value = condition(frame)
            if value is decisive:
                raise _Decided
            if value is not (not decisive):
                if value is not None:
                    scope.run.warn(
                        "INVALID_TYPE", position, "'%s' needs booleans, not %s", quantifier, kind_of(value)
                    )
                result = None

        try:
            return result if steps.run(scope, {}, one) else None
        except _Decided:
            return decisive

    return evaluate


class _Decided(Exception):
    """`some` or `every` has found the item that settles it."""


class _Steps:
    """All combinations of the iterators' values, each counted."""

    def __init__(self, iterators: list[Iterator], domains: list[Domain], body: Body, position: int) -> None:
        self.names = [each.name for each in iterators]
        self.domains = domains
        self.cost = body.cost
        self.position = position
        self.fresh = body.has_function

    def run(self, scope: Scope, values: dict[str, object], one: Callable[[Scope], None]) -> bool:
        """Call `one` with a scope for each combination. False when a domain is nothing to go through."""
        return self._level(0, Scope(values, scope, scope.run), one)

    def _level(self, level: int, frame: Scope, one: Callable[[Scope], None]) -> bool:
        domain = self.domains[level](frame)
        if domain is None:
            return False
        name, cost = self.names[level], self.cost
        budget = frame.run.budget
        last = level == len(self.names) - 1
        values = frame.values
        for value in domain:
            budget.steps -= cost
            if budget.steps < budget.floor:
                budget.check(self.position)
            if self.fresh:
                values = dict(values)
                frame = Scope(values, frame.parent, frame.run)
            values[name] = value  # type: ignore[index]
            if last:
                one(frame)
            elif not self._level(level + 1, frame, one):
                return False
        return True


def _domains(compiler: Compiler, iterators: list[Iterator], layer: Layer) -> tuple[list[Domain], Layer]:
    inner = Layer((), layer)
    domains = []
    for iterator in iterators:
        domains.append(_domain(compiler, iterator, inner))
        inner.names.add(iterator.name)
    return domains, inner


def _domain(compiler: Compiler, iterator: Iterator, layer: Layer) -> Domain:
    first = compiler.code(iterator.domain, layer)
    position, strict = iterator.domain.position, compiler.strict
    if iterator.end is not None:
        second = compiler.code(iterator.end, layer)
        return lambda scope: count_through(first(scope), second(scope), position, scope)

    def evaluate(scope: Scope) -> Iterable[object] | None:
        value = first(scope)
        if type(value) is list:
            return value
        value = normalise(value)
        if type(value) is list:
            return value
        if type(value) is Range:
            return _range_items(value, position, scope)
        if strict and value is not None:
            return [value]
        scope.run.warn("INVALID_TYPE", position, "expected a list to go through, not %s", kind_of(value))
        return None

    return evaluate


def _range_items(value: Range, position: int, scope: Scope) -> Iterable[object] | None:
    items = count_through(value.start, value.end, position, scope)
    if items is None:
        return None
    if not value.start_included and items:
        items = items[1:]
    if not value.end_included and items:
        items = items[:-1]
    return items


class _Days:
    """Days one after the other; only as many as are asked for are made."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers

    def __getitem__(self, part: slice) -> _Days:
        return _Days(self.numbers[part])

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> AnyIterator[object]:
        return map(date.fromordinal, self.numbers)


def count_through(start: object, end: object, position: int, scope: Scope) -> range | _Days | None:
    """The whole numbers or days from `start` to `end`, downwards if `end` is less."""
    if type(start) is date and type(end) is date:
        return _Days(_span(start.toordinal(), end.toordinal(), position))
    low, high = whole(start), whole(end)
    if low is None or high is None:
        scope.run.warn(
            "INVALID_TYPE",
            position,
            "expected whole numbers or dates, not %s and %s",
            kind_of(start),
            kind_of(end),
        )
        return None
    return _span(low, high, position)


def _span(low: int, high: int, position: int) -> range:
    if abs(high - low) > MAX_STEPS:
        raise FeelLimitExceeded(f"a loop of {abs(high - low) + 1:,} steps", position)
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)
