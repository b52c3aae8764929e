"""`python -m bench [name ...]`: runs the benchmarks and prints their tables, ratios within one run.

Without names all of them, and `--write FILE` keeps the table of bars. Exit status 1: a bar is not held.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from bench.machine import described
from bench.report import Result, table

BENCHMARKS = ("runtime", "transaction", "user_tasks", "starts", "deployment", "feel", "dmn")
"""In the order of the table. `mutations` counts problems, not time; `nodes` wants the machine for itself."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHMARKS)}, mutations, nodes"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep machine and table there")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    machine = described()
    print("\n".join(machine))
    results: list[Result] = []
    started = time.perf_counter()
    for name in given.names or BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        results += importlib.import_module(f"bench.{name}").main()
    print(f"\n## all\n\n{table(results)}\n\n{(time.perf_counter() - started) / 60:.0f} minutes")
    if given.write:
        given.write.write_text(_page(machine, results), encoding="utf-8")
    return 0 if all(result.holds for result in results) else 1


def _page(machine: list[str], results: list[Result]) -> str:
    lines = [
        "# What it costs",
        "",
        "Written by `make bench`; README.md says how to read it.",
        "",
        *(f"- {line}" for line in machine),
        "",
        table(results),
    ]
    return "\n".join(lines) + "\n"


sys.exit(main())
