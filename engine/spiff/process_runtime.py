"""ProcessRuntime: moves the tokens of process instances; everything it does comes out as `Changes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..clock import Clock
from ..runtime.changes import Changes
from ..runtime.sources import Definitions, LiveState


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`steps` bounds how many element instances one call of `run` may complete; then the next one gets an
    incident (EXECUTION_LIMIT) in place of a hang. `call_depth` bounds call activities inside each other."""

    steps: int = 100_000
    call_depth: int = 100


class ProcessRuntime:
    """One step over one family of process instances: load lazily, change in memory, hand out the changes.

    Commands call one or more of the verbs, then `run()`, then write `changes()`. The caller holds the lock
    of the root instance. `actor` is the user id in whose name the step happens: who completes user tasks and
    starts instances.
    """

    def __init__(
        self,
        *,
        store: LiveState,
        definitions: Definitions,
        keys: Callable[[], int],
        clock: Clock,
        actor: str = "",
        limits: Limits | None = None,
    ) -> None:
        raise NotImplementedError

    # --- verbs; each answers False (or raises ElementInstanceNotFound) when the target is gone ---------------

    def start_instance(
        self,
        definition_key: int,
        variables: Mapping[str, Any],
        *,
        business_key: str = "",
        start_event_id: str | None = None,
    ) -> int:
        """Start a process at its none start event, or at the given one; answer the instance's key."""
        raise NotImplementedError

    def complete_element(self, element_instance_key: int, variables: Mapping[str, Any]) -> None:
        """The work of a waiting element is done: a user task, a job (listener jobs too)."""
        raise NotImplementedError

    def throw_error(
        self, element_instance_key: int, code: str, message: str, variables: Mapping[str, Any]
    ) -> None:
        """A job ended with a business error. Uncaught: an incident UNHANDLED_ERROR_EVENT."""
        raise NotImplementedError

    def throw_escalation(self, element_instance_key: int, code: str, variables: Mapping[str, Any]) -> None:
        """A waiting user task or job escalates and, unless that interrupts it, goes on waiting."""
        raise NotImplementedError

    def trigger(self, element_instance_key: int, event_element_id: str, variables: Mapping[str, Any]) -> bool:
        """The timer, message or signal that this element instance waits for has come.

        `event_element_id` is that of the timer or subscription: the catching element itself, a boundary event,
        a start event of an event subprocess, an event behind an event-based gateway. False: it waits no longer.
        """
        raise NotImplementedError

    def job_failed(self, element_instance_key: int, job_key: int, message: str, trace: str = "") -> None:
        """A job has no retries left: raises the incident JOB_NO_RETRIES."""
        raise NotImplementedError

    def resolve_incident(self, element_instance_key: int) -> None:
        """Try the failed step again. For a job incident, set the job's retries first (commands do)."""
        raise NotImplementedError

    def set_variables(self, scope_key: int, variables: Mapping[str, Any], *, local: bool = False) -> None:
        """Set variables as seen from a scope (an element instance or a process instance).

        Not local: each goes to the nearest scope that has it, else to the process instance.
        """
        raise NotImplementedError

    def cancel_instance(self, process_instance_key: int) -> None:
        """Terminate the instance and the instances it called."""
        raise NotImplementedError

    def run(self) -> None:
        """Go on until every token waits. Nothing moves before this is called."""
        raise NotImplementedError

    # --- what came of it -------------------------------------------------------------------------------------

    def changes(self) -> Changes:
        """The net changes since the last call. More verbs may follow; then call again."""
        raise NotImplementedError

    def visible_variables(self, element_instance_key: int) -> Mapping[str, Any]:
        """A lazy view of the variables that an element instance sees, nearest scope first."""
        raise NotImplementedError
