"""`make races TRIALS=n [SEED=s]`: every kind on both databases; prints counts, faults and the seed."""

from __future__ import annotations

import argparse
import logging
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine import Database
from tests.databases import PostgresServer, postgres

from . import kinds
from .kind import KINDS
from .room import Room
from .runner import Tally, run
from .sides import Processes, Sides, Threads

assert kinds

SHOWN = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200, help="of each kind, on each database")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=["sqlite", "postgres"], default=None)
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), help="this one; may be repeated")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    # Handlers that fail on purpose say so, thousands of times.
    logging.getLogger("engine").setLevel(logging.ERROR)
    databases = [given.only] if given.only else ["sqlite", "postgres"]
    # Told to end, it stops the server that it has started, and tells what it has found so far.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    tallies: list[Tally] = []
    with suppress(KeyboardInterrupt), postgres() as server:
        for kind in given.kind or sorted(KINDS):
            for database in databases:
                tally = _run(kind, database, server, given.trials, seed)
                tallies.append(tally)
                print(tally, flush=True)
                for fault in tally.faults[:SHOWN]:
                    print(f"  FAULT {fault}")
    _tell(tallies, seed)
    return 1 if any(tally.faults for tally in tallies) else 0


def _run(kind: str, database: str, server: PostgresServer, trials: int, seed: int) -> Tally:
    dice = random.Random(f"{seed} {kind} {database}")
    racer = KINDS[kind]
    with _emptied(database, server) as url:
        room = Room(url, dice)
        make = Processes if racer.in_processes else Threads
        sides: Sides = make(url, len(racer.sides))
        try:
            return run(kind, room, sides, max(round(trials * racer.share), 1), dice)
        finally:
            sides.close()
            room.close()


@contextmanager
def _emptied(database: str, server: PostgresServer) -> Iterator[str]:
    if database == "postgres":
        with server.filled(lambda: []) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="tenure-races-") as folder:
        url = f"sqlite:///{Path(folder) / 'tenure.db'}"
        tables = Database(url, durable=False)
        tables.create_schema()
        tables.close()
        yield url


def _tell(tallies: list[Tally], seed: int) -> None:
    for database in ("sqlite", "postgres"):
        of_it = [tally for tally in tallies if tally.database == database]
        if of_it:
            print(
                f"{database}: {len(of_it)} kinds, {sum(t.trials for t in of_it)} trials, "
                f"met in {sum(t.met for t in of_it)}, {sum(t.retries for t in of_it)} run again inside"
            )
    faults = sum(len(tally.faults) for tally in tallies)
    print(f"{'held' if not faults else f'{faults} FAULTS FOUND'} (seed {seed})")


if __name__ == "__main__":
    sys.exit(main())
