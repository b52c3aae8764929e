"""What the runtime asks of its surroundings: the live state of instances, and what was deployed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..bpmn.model import Binding, ProcessModel
from .records import LiveElement, LiveInstance


class Unloaded:
    """Stands for the value of a large variable that was not read yet (`LiveState.load_variable` reads it)."""

    def __repr__(self) -> str:
        return "<not loaded>"


UNLOADED = Unloaded()


class UserTaskData(Protocol):
    """What a task listener may know and correct of a user task."""

    @property
    def assignee(self) -> str | None: ...
    @property
    def candidate_groups(self) -> tuple[str, ...]: ...
    @property
    def candidate_users(self) -> tuple[str, ...]: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def follow_up_at(self) -> datetime | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def form_key(self) -> int | None: ...
    @property
    def excluded_users(self) -> tuple[str, ...]: ...


class LiveState(Protocol):
    """The live records in the database, as they are at the beginning of the step.

    Each method is called at most once per instance and step; instances are loaded only when the step
    touches them. The records that come out belong to the runtime, which changes them.
    """

    def load_instance(self, process_instance_key: int) -> LiveInstance | None:
        """The instance, or None when it does not exist or has ended."""
        ...

    def load_elements(self, process_instance_key: int) -> list[LiveElement]:
        """All live element instances of the instance, ordered by key, the process itself included."""
        ...

    def load_variables(self, process_instance_key: int) -> Mapping[int, Mapping[str, Any]]:
        """Scope key -> name -> value; `UNLOADED` in place of a large value."""
        ...

    def load_variable(self, scope_key: int, name: str) -> Any:
        """The value for which `load_variables` answered `UNLOADED`."""
        ...

    def find_process_instance(self, element_instance_key: int) -> int | None:
        """The key of the process instance that this live element instance belongs to."""
        ...

    def load_user_task(self, key: int) -> UserTaskData:
        """An open user task that was written by an earlier step."""
        ...

    def completers(
        self,
        process_instance_key: int,
        element_ids: Collection[str],
        after: int = 0,
        until: int | None = None,
    ) -> set[str]:
        """The users who completed one of these elements in this instance: all rounds, all multi-instance
        bodies. `after` and `until` bound the position in its history."""
        ...


@dataclass(frozen=True, kw_only=True)
class DeployedProcess:
    key: int
    process_id: str
    version: int
    deployment_key: int
    model: ProcessModel


class DecisionOutcome(Protocol):
    """What `engine.dmn.evaluate_decision` answers."""

    @property
    def output(self) -> Any: ...

    @property
    def decisions(self) -> Any: ...

    @property
    def failure(self) -> str | None: ...

    def explanation(self) -> Mapping[str, Any]:
        """Everything that was looked at, as JSON; `evaluatedDecisions` in the order of `decisions`."""
        ...


@dataclass(frozen=True, kw_only=True)
class DeployedDecision:
    """`evaluate(variables, now)` runs the decision and those it requires."""

    key: int
    decision_id: str
    version: int
    evaluate: Callable[[Mapping[str, Any], datetime], DecisionOutcome]


class Definitions(Protocol):
    """What was deployed, and who there is. `caller` is the definition key of the process that asks: the
    binding `deployment` means its deployment."""

    def process(self, definition_key: int) -> DeployedProcess:
        """The definition; the same object for the same key, so that what is compiled from it can be kept."""
        ...

    def find_process(self, process_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        """The definition key to start, or None."""
        ...

    def find_decision(
        self, decision_id: str, *, binding: Binding, version_tag: str, caller: int
    ) -> DeployedDecision | None: ...

    def find_form(self, form_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        """The key of the form, or None."""
        ...

    def eligible_users(self, groups: Collection[str], users: Collection[str]) -> set[str]:
        """Active users who are named in `users` or are members of one of `groups`."""
        ...
