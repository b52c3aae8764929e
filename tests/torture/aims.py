"""Where the torture aims: boundaries of commands, and which processes come to them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .faults import BOUNDARIES


@dataclass(frozen=True, order=True)
class Aim:
    """A boundary, and the command or the job type that stands there; `*` is any."""

    boundary: str
    name: str = "*"

    def __str__(self) -> str:
        return self.boundary if self.name == "*" else f"{self.boundary} of {self.name}"

    def strikes(self, deaths: Iterable[tuple[str, str]]) -> int:
        """How many of these deaths were at it."""
        return sum(1 for boundary, name in deaths if self.boundary == boundary and self.name in ("*", name))


BY_PEOPLE = (
    *("StartProcessInstance", "CompleteUserTask", "PublishMessage", "BroadcastSignal", "ResolveIncident"),
    *("CancelProcessInstance", "SuspendProcessInstance", "ResumeProcessInstance"),
    *("ActivateJobs", "CompleteJob", "FailJob", "ThrowJobError"),
)
BY_WORKERS = ("FireTimer", "ActivateJobs", "RunJob", "CompleteJob", "JobAttemptFailed")
LOCKING = (
    *("CompleteUserTask", "FireTimer", "PublishMessage", "BroadcastSignal", "ResolveIncident"),
    *("RunJob", "CompleteJob", "JobAttemptFailed", "CancelProcessInstance"),
)
HANDLED = ("torture.book", "torture.refuse")
CALLED = ("torture.mail", "torture.answer")

EACH_BOUNDARY: Sequence[Aim] = tuple(Aim(boundary) for boundary in BOUNDARIES)
EACH_COMMAND: Sequence[Aim] = (
    *(Aim("after_instance_lock", name) for name in LOCKING),
    Aim("after_timer_lock", "FireTimer"),
    Aim("after_message_lock", "PublishMessage"),
    Aim("after_message_lock", "CompleteUserTask"),
    *(Aim(f"{moment}_handler", name) for moment in ("before", "after") for name in HANDLED[:1]),
    Aim("before_handler", "torture.refuse"),
    *(Aim(f"{moment}_external", name) for moment in ("before", "after") for name in CALLED),
    *(
        Aim(f"{moment}_commit", name)
        for moment in ("before", "after")
        for name in sorted({*BY_PEOPLE, *BY_WORKERS})
    ),
)

_OF_PEOPLE = {*BY_PEOPLE, *HANDLED, "*"}
_OF_WORKERS = {*BY_WORKERS, *HANDLED, *CALLED, "*"}
_OF_PAGES = {"StartProcessInstance", "*"}
_NOT_OF_PEOPLE = {"after_timer_lock", "before_external", "after_external"}
_OF_COMMITS = {"before_commit", "after_commit"}


def comes_to(kind: str, aim: Aim) -> bool:
    """Whether such a process (driver, serve, worker or run) does what is aimed at."""
    match kind:
        case "driver":
            return aim.name in _OF_PEOPLE and aim.boundary not in _NOT_OF_PEOPLE
        case "serve":
            return aim.name in _OF_PAGES and aim.boundary in _OF_COMMITS
        case "worker":
            return aim.name in _OF_WORKERS
        case _:
            return comes_to("serve", aim) or comes_to("worker", aim)


def least_struck(
    aims: Sequence[Aim], kind: str, struck: Counter[Aim], dice: random.Random, count: int
) -> list[Aim]:
    """The aims for the next life of such a process, those first that were struck least."""
    possible = [aim for aim in aims if comes_to(kind, aim)]
    dice.shuffle(possible)
    return sorted(possible, key=lambda aim: struck[aim])[:count]
