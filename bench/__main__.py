"""`python -m bench [name ...]`: runs the benchmarks and prints their tables, ratios within one run."""

from __future__ import annotations

import importlib
import platform
import sys
from pathlib import Path

NOT_BENCHMARKS = frozenset({"__init__", "__main__", "feel_beside"})


def main(names: list[str]) -> None:
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    chosen = names or [name for name in found if name not in NOT_BENCHMARKS]
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    for name in chosen:
        print(f"\n## {name}\n")
        importlib.import_module(f"bench.{name}").main()


main(sys.argv[1:])
