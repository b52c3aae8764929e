"""`python -m tests.torture.driver`: people and programs that use Tenure. It is killed like the nodes are."""

from __future__ import annotations

import argparse
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine import Unavailable

from . import faults
from .acts import Complete, Mend, Operate, Publish, Ring, Start, Work
from .desk import Desk
from .engagements import Engage


def drive(desk: Desk, pause: float, engagements: int) -> None:
    """Never ends."""
    letters = Publish(desk)
    acts: list[Callable[[], None]] = [
        *(Start(desk, letters) for _ in range(3)),
        letters,
        *(Complete(desk) for _ in range(3)),
    ]
    acts += [Ring(desk), Work(desk), Mend(desk), Operate(desk)]
    if engagements:
        acts.append(Engage(desk, engagements))
    for act in acts:
        threading.Thread(target=_over_and_over, args=(desk, act, pause), daemon=True).start()
    threading.Event().wait()


def _over_and_over(desk: Desk, act: Callable[[], None], pause: float) -> None:
    while True:
        try:
            act()
        except Unavailable:
            time.sleep(0.5)
        except Exception as error:
            desk.told(type(act).__name__, f"{type(error).__name__}: {error}")
            time.sleep(0.5)
        time.sleep(random.uniform(0.5, 1.5) * pause)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path, help="of the room")
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--engagements", type=int, default=0, help="how many are under way at a time")
    parser.add_argument("--pause", type=float, default=0.1)
    given = parser.parse_args()
    chosen = faults.faults(os.environ.get(faults.VARIABLE, ""))
    if chosen:
        faults.install(chosen)
    drive(Desk.at(given.url, given.pages, given.folder), given.pause, given.engagements)


if __name__ == "__main__":
    main()
