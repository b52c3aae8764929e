"""`make torture MINUTES=n [SEED=s]`: both databases in turn; prints counts, faults and the seed."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.databases import postgres

from .session import Outcome, torture


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="for both databases together")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=["sqlite", "postgres"], default=None)
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    kinds = [given.only] if given.only else ["sqlite", "postgres"]
    seconds = given.minutes * 60 / len(kinds)
    healthy = True
    for kind in kinds:
        folder = Path(tempfile.mkdtemp(prefix=f"tenure-torture-{kind}-"))
        if kind == "sqlite":
            outcome = torture(f"sqlite:///{folder / 'tenure.db'}", folder, seconds, seed)
        else:
            with postgres() as server, server.empty() as url:
                outcome = torture(url, folder, seconds, seed)
        _tell(kind, outcome)
        healthy = healthy and not outcome.faults
        if given.keep or outcome.faults:
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder)
    print(f"{'held' if healthy else 'FAULTS FOUND'} (seed {seed})")
    return 0 if healthy else 1


def _tell(kind: str, outcome: Outcome) -> None:
    print(f"\n{kind}: {outcome.lives} lives of processes")
    for title, counts in (
        ("killed", outcome.kills),
        ("died at a boundary", outcome.deaths),
        ("trials", outcome.counts),
    ):
        print(f"  {title}:")
        for name, count in sorted(counts.items()):
            print(f"    {count:7}  {name}")
    for fault in outcome.faults[:50]:
        print(f"  FAULT {fault}")


if __name__ == "__main__":
    sys.exit(main())
