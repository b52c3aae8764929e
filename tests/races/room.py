"""The place of a race: one database, people who may act, and a book of what was expected of each instance."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine import SYSTEM, Actor, Job, Resource, Timer, UserTask, UserTaskFilter
from engine.jobs.idle import due_timers

from .sides import Node

ANNA, BERT, CARL, BOSS = (Actor(user_id=name) for name in ("anna", "bert", "carl", "boss"))
WORKERS = (ANNA, BERT, CARL)


def actor(side: str) -> Actor:
    return Actor(user_id=side)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Of one instance: how often each element was passed, and each action stands in the trail."""

    kind: str
    passed: Mapping[str, int]
    lines: Mapping[str, int]
    repeats: frozenset[str]


class Room:
    """Arranges trials on a connection of its own. `dice` may be used by kinds."""

    def __init__(self, url: str, dice: random.Random) -> None:
        self.url = url
        self.dice = dice
        self.node = Node(url)
        self.engine, self.clock, self.database = self.node.engine, self.node.clock, self.node.database
        self.book: dict[int, Expected] = {}
        self.kind = ""
        self._deployed: set[str] = set()
        self._numbers = 0
        self._found_people()

    def close(self) -> None:
        self.node.close()

    def enter(self, kind: str, files: Iterable[Resource]) -> None:
        """The next kind begins."""
        self.kind = kind
        for file in files:  # one after the other: two may be versions of one process
            if file.name not in self._deployed:
                self.engine.deploy([file], by=SYSTEM)
                self._deployed.add(file.name)

    def number(self) -> int:
        """One that no other trial has."""
        self._numbers += 1
        return self._numbers

    def start(self, process_id: str, **variables: Any) -> int:
        return self.engine.start_process_instance(process_id, variables=variables, by=SYSTEM).key

    def tasks(self, instance: int) -> list[UserTask]:
        """The open ones of an instance and what it called, in the order of their element ids."""
        wanted = UserTaskFilter(root_process_instance_key=instance, state="CREATED")
        found = self.engine.user_tasks(wanted, by=SYSTEM).items
        return sorted(found, key=lambda task: (task.element_id, task.key))

    def task(self, instance: int) -> UserTask:
        (task,) = self.tasks(instance)
        return task

    def job(self, type: str, **given: Any) -> Job:
        (job,) = self.engine.activate_jobs(type, by=SYSTEM, **given)
        return job

    def due_timer(self, instance: int, later: timedelta) -> Timer:
        """Move the clock; answers the timer of the instance that is due then."""
        self.clock.advance(later)
        (timer,) = [
            t for t in due_timers(self.engine.commands, 500) if t.root_process_instance_key == instance
        ]
        return timer

    def state(self, instance: int) -> str:
        return str(self.engine.process_instance(instance, by=SYSTEM).state)

    def passed(self, instance: int) -> set[str]:
        """The ids of elements that came to their end."""
        found = self.engine.element_instances(instance, by=SYSTEM)
        return {one.element_id for one in found if one.state == "COMPLETED"}

    def completed(self, instance: int) -> list[str]:
        """The ids of the user tasks that people completed, in their order."""
        entries = self.engine.timeline(instance, by=SYSTEM)
        return [str(e.details["elementId"]) for e in entries if e.action == "complete-user-task"]

    def lines(self, instance: int) -> list[str]:
        """The actions in the trail of the instance, in their order."""
        return [entry.action for entry in self.engine.timeline(instance, by=SYSTEM)]

    def expect(
        self,
        instance: int,
        *,
        lines: Mapping[str, int] | None = None,
        passed: Mapping[str, int] | None = None,
        repeats: Iterable[str] = (),
    ) -> None:
        """Write into the book what the database must hold of the instance when the kind is over. An element
        that is not named is passed once at most, unless it `repeats`."""
        self.book[instance] = Expected(
            kind=self.kind, passed=passed or {}, lines=lines or {}, repeats=frozenset(repeats)
        )

    def _found_people(self) -> None:
        engine = self.engine
        engine.create_group("racers", "Racers", permissions=["start", "publish_message"], by=SYSTEM)
        for one in WORKERS:
            engine.create_user(one.user_id, one.user_id.title(), groups=["racers"], by=SYSTEM)
        engine.create_group("admin", "Administrators", by=SYSTEM)
        engine.create_user(BOSS.user_id, "Boss", groups=["admin"], by=SYSTEM)
