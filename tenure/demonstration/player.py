"""Plays a story on a simulated clock through the facade that the pages use.

Everything the player knows it reads from the database: the clock goes on from the last line of the
instance's timeline, the next step from the open tasks and the records. So a player that was killed at any
moment goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from engine import (
    Actor,
    Channel,
    FixedClock,
    IncidentFilter,
    InstanceState,
    JobFilter,
    JobState,
    ProcessEngine,
    ProcessInstance,
    ProcessInstanceFilter,
    Refused,
    UserTask,
    UserTaskFilter,
    UserTaskState,
)

from .cast import DIRECTOR

PAUSE = timedelta(hours=3)
"""How long a person takes over a task."""

_MANY = 500


class DemonstrationStuck(Exception):
    """The story cannot go on; the message names the instance and what it waits for."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person fills in, and the button pressed."""

    values: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None


class Story(Protocol):
    """One engagement to play."""

    business_key: str
    start_at: datetime
    steps: int
    """About how many tasks people complete, for the progress bar."""

    def start(self, player: Player) -> None:
        """Start the process instance, with `business_key`."""
        ...

    def happen(self, player: Player) -> bool:
        """Do one thing that is due and is no task: a bid, a payment, a message. Answers whether it did."""
        ...

    def next_moment(self, player: Player) -> datetime | None:
        """When the next such thing is due."""
        ...

    def answer(self, player: Player, task: UserTask) -> Answer | None:
        """What the person answers; None when nobody does, or not yet."""
        ...


class Player:
    """Plays one story. `progress` is called with the number of tasks that were completed so far."""

    def __init__(
        self, engine: ProcessEngine, clock: FixedClock, story: Story, progress: Callable[[int], None]
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.story = story
        self._progress = progress
        self._engagement_id: int | None = None

    @cached_property
    def root_key(self) -> int:
        """The key of the story's outermost process instance."""
        found = self._find_root()
        assert found is not None
        return found.key

    def play(self) -> None:
        """To the end of the instance. Raises DemonstrationStuck."""
        self.clock.set(self.story.start_at)
        if self._find_root() is None:
            self.story.start(self)
        else:
            self.clock.set(max(self.story.start_at, self._last_moment()))
        while self._is_active():
            self.engine.run_until_idle()
            self._refuse_incidents()
            if not self._is_active():
                return
            if not (self.story.happen(self) or self._complete_one() or self._let_time_pass()):
                raise DemonstrationStuck(self._waiting_for())

    def open_tasks(self) -> list[UserTask]:
        """Of the whole family, oldest first."""
        return self._tasks(UserTaskState.CREATED)

    def completed(self, element_id: str, outcome: str | None = None) -> int:
        """How often people completed that element (with that button)."""
        found = self._tasks(UserTaskState.COMPLETED, element_id)
        return sum(1 for task in found if outcome in (None, task.outcome))

    def steps_done(self) -> int:
        """How many tasks of the family were completed."""
        wanted = UserTaskFilter(state=UserTaskState.COMPLETED, root_process_instance_key=self.root_key)
        return self.engine.user_tasks(wanted, by=DIRECTOR, limit=1).total

    def variables(self, task: UserTask) -> dict[str, Any]:
        """What the person sees on the task."""
        return self.engine.user_task_variables(task.key, by=DIRECTOR)

    @property
    def engagement_id(self) -> int | None:
        """The engagement's record, once the instance has made it."""
        if self._engagement_id is None:
            self._engagement_id = self._find_engagement()
        return self._engagement_id

    def advance_to(self, moment: datetime) -> None:
        """Move the clock forward; never back."""
        self.clock.set(max(self.clock.now(), moment))

    def _find_engagement(self) -> int | None:
        for variable in self.engine.variables(self.root_key, by=DIRECTOR):
            if variable.name == "engagementId" and variable.scope_key == self.root_key:
                return int(variable.value)
        return None

    def _is_active(self) -> bool:
        return self.engine.process_instance(self.root_key, by=DIRECTOR).state is InstanceState.ACTIVE

    def _find_root(self) -> ProcessInstance | None:
        found = self.engine.process_instances(
            ProcessInstanceFilter(business_key=self.story.business_key), by=DIRECTOR, limit=_MANY
        )
        roots = [instance for instance in found.items if instance.root_key == instance.key]
        return roots[0] if roots else None

    def _tasks(self, state: UserTaskState, element_id: str | None = None) -> list[UserTask]:
        wanted = UserTaskFilter(state=state, root_process_instance_key=self.root_key, element_id=element_id)
        return list(self.engine.user_tasks(wanted, by=DIRECTOR, limit=_MANY).items)

    def _complete_one(self) -> bool:
        for task in self.open_tasks():
            answer = self.story.answer(self, task)
            if answer is not None:
                self.clock.advance(PAUSE)
                self._complete(task, answer)
                self._progress(self.steps_done())
                return True
        return False

    def _complete(self, task: UserTask, answer: Answer) -> None:
        """By the assignee, or by the first of those it is offered to who may."""
        refused: Refused | None = None
        for user_id in self._people(task):
            actor = Actor(user_id=user_id, channel=Channel.DEMO)
            try:
                if task.assignee is None:
                    self.engine.claim_user_task(task.key, by=actor)
                self.engine.complete_user_task(task.key, answer.values, by=actor, outcome=answer.outcome)
            except Refused as error:
                refused = error
                continue
            return
        raise DemonstrationStuck(
            f"nobody may do '{task.name}' ({task.element_id}, key {task.key}): {refused}"
        )

    def _people(self, task: UserTask) -> list[str]:
        if task.assignee is not None:
            return [task.assignee]
        people = list(task.candidate_users)
        for group in task.candidate_groups:
            people += [user.user_id for user in self.engine.users(group=group) if user.active]
        return [user_id for user_id in dict.fromkeys(people) if user_id not in task.excluded_users]

    def _let_time_pass(self) -> bool:
        """To the next timer or retry of the family, or to the next thing that happens."""
        waiting = (JobState.CREATED, JobState.FAILED)
        moments: list[datetime] = []
        for key in self._family():
            jobs = self.engine.jobs(
                JobFilter(process_instance_key=key, states=waiting), by=DIRECTOR, limit=_MANY
            )
            moments += [job.due_at for job in jobs.items]
            moments += [timer.due_at for timer in self.engine.timers(key, by=DIRECTOR)]
        happening = self.story.next_moment(self)
        moments += [happening] if happening is not None else []
        moments = [moment for moment in moments if moment > self.clock.now()]
        if not moments:
            return False
        self.advance_to(min(moments))
        return True

    def _family(self) -> list[int]:
        found = self.engine.process_instances(
            ProcessInstanceFilter(root_key=self.root_key, states=(InstanceState.ACTIVE,)),
            by=DIRECTOR,
            limit=_MANY,
        )
        return [instance.key for instance in found.items]

    def _last_moment(self) -> datetime:
        """The newest line in the timelines of the family."""
        found = self.engine.process_instances(
            ProcessInstanceFilter(root_key=self.root_key), by=DIRECTOR, limit=_MANY
        )
        moments = [
            line.at
            for instance in found.items
            for line in self.engine.timeline(instance.key, by=DIRECTOR)[-1:]
        ]
        return max(moments, default=self.story.start_at)

    def _refuse_incidents(self) -> None:
        found = self.engine.incidents(
            IncidentFilter(root_process_instance_key=self.root_key), by=DIRECTOR, limit=1
        ).items
        if found:
            raise DemonstrationStuck(
                f"incident at '{found[0].element_id}' of process instance "
                f"{found[0].process_instance_key}: {found[0].message}"
            )

    def _waiting_for(self) -> str:
        names = ", ".join(task.element_id for task in self.open_tasks()) or "nothing that will ever come"
        return f"process instance {self.root_key} ({self.story.business_key}) waits for {names}"
