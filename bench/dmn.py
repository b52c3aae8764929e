"""What decision tables cost beside the same tests written by hand: `python -m bench dmn`."""

from __future__ import annotations

import gc
import time
import timeit
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.report import Result
from engine.dmn import DmnModel, compile_dmn, evaluate_decision

BAR = 4.0
SUB_LINEAR_BAR = 3.0
BANDS = ("< 10", "[10..20)", "[20..30)", "[30..40)", ">= 40")
BANDS_BY_HAND = ("score < 10", "10 <= score < 20", "20 <= score < 30", "30 <= score < 40", "score >= 40")
KINDS = ("low", "medium", "high", "extreme")


def main() -> list[Result]:
    return [*_small_tables(), _large_tables()]


def _small_tables() -> list[Result]:
    cases = [{"score": score, "kind": kind} for score in range(0, 50, 3) for kind in KINDS]
    results = []
    print("20 rows, two inputs, each evaluation with its explanation")
    for policy in ("UNIQUE", "COLLECT"):
        model = compile_dmn(table(policy, _rows_of_bands()), "bench.dmn")
        hand = _by_hand(policy)
        assert all(evaluate_decision(model, "table", case).output == hand(case) for case in cases)
        table_time, hand_time = _best(_over(cases, _decide(model)), _over(cases, hand))
        results.append(
            Result(
                what=f"a decision table of 20 rows, {policy}, with its explanation",
                ours=f"{table_time / len(cases):.2f} µs",
                beside=f"by hand {hand_time / len(cases):.2f} µs",
                ratio=table_time / hand_time,
                bar=BAR,
            )
        )
        print(f"  {results[-1].line}")
    first = compile_dmn(table("FIRST", _rows_of_bands()), "bench.dmn")
    table_time, hand_time = _best(_over(cases, _decide(first)), _over(cases, _by_hand("FIRST")))
    print(f"  FIRST, beside a chain that returns at the first hit: {table_time / hand_time:.2f} times")
    source = table("UNIQUE", _rows_of_bands())
    _, size = _measured(source)
    print(f"  compiling with all checks: {_compile_time(source) * 1e3:.1f} ms, {size / 1e3:.0f} kB")
    return results


def _large_tables() -> Result:
    """Tables with an equality column: the growth of the time from 1,000 rows to 10,000."""
    times = {}
    print("an equality column and a range column")
    for rows in (100, 1_000, 10_000):
        source = table(
            "FIRST", [(f'"item {row}"', "[0..100)", f'"{row}"') for row in range(rows)], swapped=True
        )
        seconds = _compile_time(source)
        model, size = _measured(source)
        cases = [{"kind": f"item {row}", "score": 50} for row in range(0, rows, max(1, rows // 50))]
        assert all(evaluate_decision(model, "table", case).output == case["kind"][5:] for case in cases)
        (found,) = _best(_over(cases, _decide(model)))
        times[rows] = found / len(cases)
        print(
            f"  {rows:>6,} rows: {times[rows]:.2f} us; compiled in {seconds:.2f} s, {size / 1e6:.1f} MB "
            f"(the file has {len(source) / 1e6:.1f})"
        )
    return Result(
        what="a decision table of 10,000 rows with an equality column",
        ours=f"{times[10_000]:.2f} µs",
        beside=f"1,000 rows: {times[1_000]:.2f} µs",
        ratio=times[10_000] / times[1_000],
        bar=SUB_LINEAR_BAR,
    )


def table(policy: str, rows: Sequence[tuple[str, str, str]], *, swapped: bool = False) -> bytes:
    """A decision table with the inputs `score` (a number) and `kind` (a text), or the other way round."""
    columns = [("score", "number"), ("kind", "string")]
    inputs = "".join(
        f'<input id="in_{name}"><inputExpression typeRef="{type_}"><text>{name}</text></inputExpression>'
        "</input>"
        for name, type_ in (reversed(columns) if swapped else columns)
    )
    rules = "".join(
        f'<rule id="rule_{number}">{_cell("inputEntry", first)}{_cell("inputEntry", second)}'
        f"{_cell('outputEntry', output)}</rule>"
        for number, (first, second, output) in enumerate(rows, start=1)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="bench" name="bench" '
        'namespace="bench">'
        f'<decision id="table" name="table"><decisionTable id="rules" hitPolicy="{policy}">{inputs}'
        f'<output id="out" name="out" typeRef="string"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


def _rows_of_bands() -> list[tuple[str, str, str]]:
    return [
        (band, f'"{kind}"', f'"{kind} {number}"')
        for kind in KINDS
        for number, band in enumerate(BANDS, start=1)
    ]


def _by_hand(policy: str) -> Callable[[Mapping[str, Any]], Any]:
    """The same tests as ifs. UNIQUE makes all of them, as its promise that one rule matches wants it."""
    lines = [
        "def decide(variables):",
        "    score, kind = variables['score'], variables['kind']",
        "    found = []",
    ]
    for kind in KINDS:
        for number, band in enumerate(BANDS_BY_HAND, start=1):
            output = f"{kind} {number}"
            lines.append(f"    if {band} and kind == {kind!r}:")
            lines.append(
                f"        return {output!r}" if policy == "FIRST" else f"        found.append({output!r})"
            )
    if policy == "UNIQUE":
        lines += [
            "    if len(found) > 1:",
            "        raise ValueError(found)",
            "    return found[0] if found else None",
        ]
    else:
        lines.append("    return found")
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    decide: Callable[[Mapping[str, Any]], Any] = names["decide"]
    return decide


def _decide(model: DmnModel) -> Callable[[Mapping[str, Any]], Any]:
    return lambda case: evaluate_decision(model, "table", case)


def _over(
    cases: Sequence[Mapping[str, Any]], decide: Callable[[Mapping[str, Any]], Any]
) -> Callable[[], None]:
    def run() -> None:
        for case in cases:
            decide(case)

    return run


def _best(*functions: Callable[[], None], rounds: int = 150) -> list[float]:
    """Microseconds of one call each, the best of many short rounds taken in turn."""
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for index, function in enumerate(functions):
            best[index] = min(best[index], timeit.timeit(function, number=20))
    return [seconds / 20 * 1e6 for seconds in best]


def _compile_time(source: bytes) -> float:
    started = time.perf_counter()
    compile_dmn(source, "bench.dmn")
    return time.perf_counter() - started


def _measured(source: bytes) -> tuple[DmnModel, int]:
    gc.collect()
    tracemalloc.start()
    model = compile_dmn(source, "bench.dmn")
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return model, size


def _cell(tag: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<{tag}><text>{escaped}</text></{tag}>"
