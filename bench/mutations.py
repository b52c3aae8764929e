"""What becomes of broken diagrams: `python -m bench mutations`; `TENURE_MUTATIONS` and `TENURE_SEED` at will.

Every file must become a model or problems with their place; the table counts problems by code and lists the
slowest files. A mutation that fails is named by its number, from which `tests.bpmn.mutations` makes it again.
"""

from __future__ import annotations

import os
import resource
import time
import traceback
from collections import Counter

from bench.report import Result
from tests.bpmn.mutations import Mutation, diagrams, mutations, outcome

SECONDS = 10.0
SLOWEST = 10


def main() -> list[Result]:
    count, seed = int(os.environ.get("TENURE_MUTATIONS", 20_000)), int(os.environ.get("TENURE_SEED", 1))
    paths = diagrams()
    codes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    times: list[tuple[float, str]] = []
    failures: Counter[str] = Counter()
    sound = 0
    for made in mutations(seed, count, paths):
        kinds.update(made.kinds)
        started = time.perf_counter()
        try:
            _, problems = outcome(made.source, made.name, SECONDS)
            codes.update({problem.code for problem in problems})
            sound += not any(problem.is_error for problem in problems)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failures[_place(error)] += 1
            if failures[_place(error)] == 1:
                print(f"FAILED {_label(made)}: {_place(error)}", flush=True)
        times.append((time.perf_counter() - started, _label(made)))
    _print_counts("mutation", kinds)
    _print_counts("files with problem", codes)
    print("\nslowest:")
    times.sort(reverse=True)
    for seconds, label in times[:SLOWEST]:
        print(f"  {seconds * 1e3:8.0f} ms  {label}")
    middle = times[len(times) // 2][0] if times else 0.0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{count:,} mutations of {len(paths)} diagrams (seed {seed}): {sound:,} without an error, "
        f"{count - sound - failures.total():,} refused, {failures.total():,} failures"
    )
    print(f"median {middle * 1e3:.1f} ms, all {sum(t for t, _ in times):.0f} s, at most {memory:.0f} MB")
    return [
        Result(
            what=f"{count:,} mutations of {len(paths)} diagrams",
            ours=f"{failures.total():,} failures",
            beside="",
            ratio=failures.total(),
            bar=0,
        )
    ]


def _label(made: Mutation) -> str:
    return f"#{made.number} {made.name} ({', '.join(made.kinds)})"


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {os.path.basename(frame.filename)}:{frame.lineno} {str(error)[:200]}"


def _print_counts(title: str, counts: Counter[str]) -> None:
    print(f"\n{title}:")
    for name, count in counts.most_common():
        print(f"  {count:8,}  {name}")
