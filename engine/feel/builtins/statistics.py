"""Functions that sum up a list of numbers, or of any values that have an order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import reduce

from engine.feel.arithmetic import calculate_numbers
from engine.feel.builtins.registry import Null, builtin
from engine.feel.numbers import DECIMAL, NUMERIC, Number, bounded, from_float, integral
from engine.feel.values import compare, identity, kind_of, normalise


def _declare(name: str, function: Callable[[list[object]], object]) -> None:
    """One list or any number of arguments."""
    builtin(name, "list: list")(function)
    builtin(name, "*list: any")(function)


def numbers(items: list[object]) -> list[Number]:
    """The items, all of which must be numbers."""
    result: list[Number] = []
    for item in items:
        if type(item) not in NUMERIC:
            item = normalise(item)
            if type(item) not in NUMERIC:
                raise Null(f"expected numbers, found {kind_of(item)}")
        result.append(item)  # type: ignore[arg-type]
    return result


def total(items: list[Number]) -> Number:
    if all(type(item) is int for item in items):
        return bounded(sum(items))  # type: ignore[arg-type]
    result = Decimal(0)
    for item in items:
        result = DECIMAL.add(result, item)
    return integral(result)


def sum_(items: list[object]) -> Number | None:
    return total(numbers(items)) if items else None


def product(items: list[object]) -> Number | None:
    return reduce(lambda a, b: calculate_numbers("*", a, b), numbers(items)) if items else None


def mean(items: list[object]) -> Number | None:
    return calculate_numbers("/", total(numbers(items)), len(items)) if items else None


def median(items: list[object]) -> Number | None:
    if not items:
        return None
    ordered = sorted(numbers(items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return calculate_numbers("/", calculate_numbers("+", ordered[middle - 1], ordered[middle]), 2)


def stddev(items: list[object]) -> Number | None:
    """Of a sample: divided by one less than there are."""
    values = numbers(items)
    if len(values) < 2:
        raise Null("expected at least two numbers")
    average = calculate_numbers("/", total(values), len(values))
    differences = (DECIMAL.subtract(value, average) for value in values)
    squares = total([DECIMAL.multiply(each, each) for each in differences])
    return from_float(math.sqrt(DECIMAL.divide(squares, len(values) - 1)))


def mode(items: list[object]) -> list[object]:
    values = numbers(items)
    if not values:
        return []
    counts = Counter(values)
    most = max(counts.values())
    return list(sorted(value for value, count in counts.items() if count == most))


def minimum(items: list[object]) -> object:
    return _extreme(items, "<")


def maximum(items: list[object]) -> object:
    return _extreme(items, ">")


def _extreme(items: list[object], operator: str) -> object:
    if not items:
        return None
    best = items[0]
    if compare(operator, best, best) is None:
        raise Null(f"{kind_of(best)} has no order")
    for item in items[1:]:
        better = compare(operator, item, best)
        if better is None:
            raise Null(f"can't compare {kind_of(item)} with {kind_of(best)}")
        if better:
            best = item
    return best


def all_(items: list[object]) -> bool | None:
    return _decide(items, False)


def any_(items: list[object]) -> bool | None:
    return _decide(items, True)


def _decide(items: list[object], decisive: bool) -> bool | None:
    if any(item is decisive for item in items):
        return decisive
    if all(item is (not decisive) for item in items):
        return not decisive
    return None


for _name, _function in (
    ("sum", sum_),
    ("product", product),
    ("mean", mean),
    ("median", median),
    ("stddev", stddev),
    ("mode", mode),
    ("min", minimum),
    ("max", maximum),
    ("all", all_),
    ("and", all_),
    ("any", any_),
    ("or", any_),
):
    _declare(_name, _function)

__all__ = ["identity"]
