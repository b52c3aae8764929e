"""`make torture MINUTES=n [SEED=s]`: both databases in turn; prints counts, faults and the seed."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.databases import postgres

from .aims import EACH_BOUNDARY, EACH_COMMAND
from .played import play_killed
from .session import Outcome, long, torture


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="for both databases together, at least")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=["sqlite", "postgres"], default=None)
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    parser.add_argument(
        "--demonstration", action="store_true", help="kill `tenure demo` until it is through, instead"
    )
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    kinds = [given.only] if given.only else ["sqlite", "postgres"]
    if given.demonstration:
        return _demonstrate(kinds, seed)
    plan = long(given.minutes * 60 / len(kinds))
    outcomes: dict[str, Outcome] = {}
    for kind in kinds:
        folder = Path(tempfile.mkdtemp(prefix=f"tenure-torture-{kind}-"))
        if kind == "sqlite":
            outcomes[kind] = torture(f"sqlite:///{folder / 'tenure.db'}", folder, plan, seed)
        else:
            with postgres() as server, server.empty() as url:
                outcomes[kind] = torture(url, folder, plan, seed, switch=server.switch)
        _tell(kind, outcomes[kind])
        if given.keep or outcomes[kind].faults:
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder)
    _tell_strikes(outcomes)
    healthy = not any(outcome.faults for outcome in outcomes.values())
    print(f"{'held' if healthy else 'FAULTS FOUND'} (seed {seed})")
    return 0 if healthy else 1


def _demonstrate(kinds: list[str], seed: int) -> int:
    healthy = True
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix=f"tenure-torture-{kind}-") as name, ExitStack() as stack:
            if kind == "sqlite":
                url = f"sqlite:///{name}/tenure.db"
            else:
                url = stack.enter_context(stack.enter_context(postgres()).empty())
            played = play_killed(url, Path(name), random.Random(seed))
        print(f"\n{kind}: {played.lives} lives of the demonstration")
        for count in (played.deaths, played.counts):
            print("\n".join(f"    {times:7}  {name}" for name, times in sorted(count.items())))
        print("\n".join(f"  FAULT {fault}" for fault in played.faults), flush=True)
        healthy = healthy and not played.faults
    print(f"{'held' if healthy else 'FAULTS FOUND'} (seed {seed})")
    return 0 if healthy else 1


def _tell(kind: str, outcome: Outcome) -> None:
    print(f"\n{kind}: {outcome.lives} lives of processes")
    for title, counts in (("killed", outcome.kills), ("trials", outcome.counts)):
        print(f"  {title}:")
        for name, count in sorted(counts.items()):
            print(f"    {count:7}  {name}")
    for fault in outcome.faults[:50]:
        print(f"  FAULT {fault}")
    sys.stdout.flush()


def _tell_strikes(outcomes: Mapping[str, Outcome]) -> None:
    """Boundary by database: how often a process died there by its own hand."""
    print("\n" + f"{'died at':45}" + "".join(f"{kind:>10}" for kind in outcomes))
    for aim in (*EACH_BOUNDARY, *EACH_COMMAND):
        print(f"{aim!s:45}" + "".join(f"{outcome.struck[aim]:10}" for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
