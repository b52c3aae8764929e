"""What a compiled condition costs beside the same written by hand: `python -m bench feel`."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from bench.feel_beside import others
from bench.report import Result
from engine.feel import compile_expression, compile_unary_tests

CONDITION = "score >= 70 and count(bids[passed]) > 2"
BAR = 4.0
BY_PYTHON = "score >= 70 and len([bid for bid in bids if bid['passed'] is True]) > 2"


def by_hand(context: Mapping[str, Any]) -> bool:
    return context["score"] >= 70 and len([bid for bid in context["bids"] if bid["passed"] is True]) > 2


def condition_context() -> dict[str, Any]:
    bids = [{"bidder": f"supplier {i}", "price": Decimal("120.50"), "passed": i != 3} for i in range(5)]
    return {"score": 82, "bids": bids}


def microseconds(*functions: Callable[[], object], rounds: int = 60, number: int = 500) -> list[float]:
    """The best of many short rounds in turn: what the machine can do when it is not disturbed."""
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for index, function in enumerate(functions):
            best[index] = min(best[index], timeit.timeit(function, number=number))
    return [seconds / number * 1e6 for seconds in best]


def main() -> list[Result]:
    context = condition_context()
    condition = compile_expression(CONDITION)
    assert condition.evaluate(context).value is by_hand(context) is True
    hand, compiled = microseconds(lambda: by_hand(context), lambda: condition.evaluate(context), rounds=200)
    ratio = compiled / hand
    print(f"{CONDITION}")
    print(f"  by hand {hand:.2f} us, compiled {compiled:.2f} us: {ratio:.2f} times (bar {BAR:.0f})")
    cell = compile_unary_tests("[100..500)")
    total = compile_expression("sum(for bid in bids return bid.price * 1.19)")
    test, sum_of_prices = microseconds(lambda: cell.evaluate(120, context), lambda: total.evaluate(context))
    print(f"  the cell {cell.text}: {test:.2f} us; {total.text}: {sum_of_prices:.1f} us")
    [reading] = microseconds(lambda: compile_expression(CONDITION), number=50)
    print(f"  compiling the condition: {reading:.0f} us")
    for line in others(CONDITION, BY_PYTHON, context, lambda run: microseconds(run, rounds=20, number=50)[0]):
        print(f"  {line}")
    return [
        Result(
            what="a compiled FEEL condition",
            ours=f"{compiled:.2f} µs",
            beside=f"by hand {hand:.2f} µs",
            ratio=ratio,
            bar=BAR,
        )
    ]
