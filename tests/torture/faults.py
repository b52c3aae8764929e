"""Faults: a process kills itself when it has come to a named boundary of a command so many times.

`TENURE_FAULTS="after_commit:CompleteUserTask:3,before_handler:*:1"`. The boundaries are wrapped around the
engine from here, when this is asked for; the product itself holds no code for it.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine import Handler
from engine.commands import CommandExecutor
from engine.storage.instances import Instances
from engine.storage.messages import Messages
from engine.storage.timers import Timers
from engine.storage.unit_of_work import UnitOfWork

VARIABLE = "TENURE_FAULTS"
DEATHS = "TENURE_FAULTS_LOG"
"""The file that gets a line at each death: the boundary and the name of what stood there."""

BOUNDARIES = (
    "after_instance_lock",
    "after_timer_lock",
    "after_message_lock",
    "before_handler",
    "after_handler",
    "before_external",
    "after_external",
    "before_commit",
    "after_commit",
)


@dataclass(frozen=True)
class Fault:
    """Strikes when the process comes to the boundary, under this name, for the `turn`-th time."""

    boundary: str
    name: str
    turn: int

    def __str__(self) -> str:
        return f"{self.boundary}:{self.name}:{self.turn}"

    def meets(self, boundary: str, name: str) -> bool:
        return self.boundary == boundary and self.name in ("*", name)


def faults(text: str) -> tuple[Fault, ...]:
    """Read `boundary:name:turn,...`. Raises ValueError."""
    found = []
    for part in filter(None, text.split(",")):
        boundary, name, turn = part.split(":")
        if boundary not in BOUNDARIES:
            raise ValueError(f"{boundary!r} is no boundary; there are {', '.join(BOUNDARIES)}")
        found.append(Fault(boundary, name, int(turn)))
    return tuple(found)


def install(chosen: Iterable[Fault]) -> None:
    """Wrap the boundaries of the engine in this process."""
    given = tuple(chosen)
    turns = [0] * len(given)
    lock, command = threading.Lock(), threading.local()

    def reached(boundary: str, name: str) -> None:
        with lock:
            for number, fault in enumerate(given):
                turns[number] += fault.meets(boundary, name)
                if turns[number] == fault.turn and fault.meets(boundary, name):
                    _die(boundary, name)

    def at_command(boundary: str) -> Callable[..., None]:
        return lambda *_: reached(boundary, getattr(command, "name", "Transaction"))

    def remembering(run: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(run)
        def once(self: Any, wanted: Any, by: Any) -> Any:
            command.name = type(wanted).__name__
            try:
                return run(self, wanted, by)
            finally:
                del command.name

        return once

    def handler(moment: str) -> Callable[..., None]:
        return lambda it, *_: reached(f"{moment}_{'external' if it.external else 'handler'}", it.type)

    _patch(CommandExecutor, "_once", remembering)
    _patch(UnitOfWork, "finish", _after(at_command("before_commit")))
    _patch(UnitOfWork, "committed", _before(at_command("after_commit")))
    _patch(Instances, "lock", _after(at_command("after_instance_lock")))
    _patch(Instances, "lock_of_user_task", _after(at_command("after_instance_lock")))
    _patch(Instances, "try_lock", _after(at_command("after_instance_lock")))
    _patch(Timers, "lock", _after(at_command("after_timer_lock")))
    _patch(Messages, "lock", _after(at_command("after_message_lock")))
    _patch(Handler, "run", _before(handler("before")))
    _patch(Handler, "run", _after(handler("after")))


def _patch(owner: type, name: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(owner, name, wrapped(getattr(owner, name)))


def _before(act: Callable[..., None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def around(run: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(run)
        def called(*given: Any, **named: Any) -> Any:
            act(*given)
            return run(*given, **named)

        return called

    return around


def _after(act: Callable[..., None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def around(run: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(run)
        def called(*given: Any, **named: Any) -> Any:
            result = run(*given, **named)
            act(*given)
            return result

        return called

    return around


def _die(boundary: str, name: str) -> None:
    """Leave a line and end as by a power cut."""
    path = os.environ.get(DEATHS)
    if path:
        with open(path, "a", encoding="utf-8") as deaths:
            deaths.write(f"{boundary}\t{name}\n")
    os.kill(os.getpid(), signal.SIGKILL)
