"""Token: SpiffWorkflow's Task as the lifecycle of an element instance, without tree, data and logging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from ..bpmn.model import SequenceFlow
from ..model import ElementState
from ..runtime.records import LiveElement

if TYPE_CHECKING:
    from .instance_workflow import InstanceWorkflow

FUTURE = TaskState.FUTURE
WAITING = TaskState.WAITING
READY = TaskState.READY
STARTED = TaskState.STARTED
FINISHED = TaskState.FINISHED_MASK

_STATE_OF = {
    ElementState.ACTIVATING: WAITING,
    ElementState.ACTIVE: STARTED,
    ElementState.COMPLETING: STARTED,
    ElementState.TERMINATING: STARTED,
}


class Token(Task):
    """FUTURE: on its way along a flow. WAITING: activating. READY: to be run. STARTED: waits for the world.

    A token on its way has no record yet; `scope`, `local`, `loop_counter` and `note` are what its record will
    be made of. `flows` are those that it takes when it completes, `actor` the user who completed it.
    """

    def __init__(
        self,
        workflow: InstanceWorkflow,
        spec: Any,
        *,
        record: LiveElement | None = None,
        scope: LiveElement | None = None,
        local: dict[str, Any] | None = None,
        loop_counter: int | None = None,
        note: dict[str, Any] | None = None,
    ) -> None:
        # Task.__init__ is not called: it draws a random id, registers with a parent and reads the clock.
        self.workflow, self.task_spec = workflow, spec
        self._state = FUTURE if record is None else _STATE_OF[record.state]
        self._parent = None
        self._children = ()
        self.id = None if record is None else record.key
        self._record = record
        self.scope, self.local, self.loop_counter, self.note = scope, local, loop_counter, note
        self.flows: list[SequenceFlow] = []
        self.actor = ""
        self.is_queued = False

    @property
    def record(self) -> LiveElement:
        assert self._record is not None, f"{self} is still on its way"
        return self._record

    @property
    def has_record(self) -> bool:
        return self._record is not None

    @property
    def is_finished(self) -> bool:
        return bool(self._state & FINISHED)

    def begin(self, record: LiveElement) -> None:
        """The token has arrived: from now on it has a record."""
        self._record = record
        self.id = record.key

    def _set_state(self, value: int) -> None:
        """A finished token stays finished: it may be cancelled by what happens during its own run."""
        if not self._state & FINISHED:
            self._state = value

    def complete(self) -> None:
        if not self._state & FINISHED:
            super().complete()

    @property
    def children(self) -> tuple[()]:
        return ()

    def __repr__(self) -> str:
        return f"<token {self.id} of {self.task_spec.name}, {TaskState.get_name(self._state)}>"
