"""Containers: the process itself, subprocesses, event subprocesses and transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...bpmn.model import Element, ElementType
from ...model import ElementState, InstanceState
from ...runtime.calls import variables_from_child
from ...runtime.records import LiveElement
from ..token import Token
from .base import ElementSpec

if TYPE_CHECKING:
    from ..instance_workflow import InstanceWorkflow

_BEGUN = "begun"
ENTER = "enter"


class ContainerSpec(ElementSpec):
    """Starts at its start event and completes when nothing is active inside it any more."""

    def execute(self, token: Token) -> bool:
        record = token.record
        if _BEGUN not in record.data:
            record.data[_BEGUN] = True
            self.start_inside(token)
        return token.workflow.is_quiet(record)

    def start_inside(self, token: Token) -> None:
        """Send the first tokens on their way."""
        data, workflow = token.record.data, token.workflow
        if ENTER in data:
            self.enter(workflow, token.record, data.pop(ENTER), data.pop("payload", {}))
            return
        if "start" in data:
            triggered = workflow.instance.model.elements[data.pop("start")]
            workflow.send_to(triggered, token.record, local=data.pop("payload", None))
            return
        start = self.element.none_start
        for first in [start] if start is not None else _without_incoming(self.element):
            workflow.send_to(first, token.record)

    def child_ended(self, token: Token, path_ended: bool) -> None:
        if token.workflow.is_quiet(token.record) and token.record.state is ElementState.ACTIVE:
            self.complete(token)

    def child_terminated(self, token: Token) -> None:
        self.child_ended(token, True)

    def enter(
        self, workflow: InstanceWorkflow, scope: LiveElement, path: list[str], variables: dict[str, Any]
    ) -> None:
        """Send a token to the last of `path`; the containers before it, inside `scope`, begin first."""
        element = workflow.instance.model.elements[path[0]]
        if len(path) == 1:
            workflow.send_to(element, scope, local=variables)
        else:
            workflow.send_to(element, scope, note={ENTER: path[1:], "payload": variables})


class ProcessSpecRoot(ContainerSpec):
    """The process itself: when it ends, its instance ends, and the call activity that waits goes on."""

    def _on_complete_hook(self, token: Token) -> None:
        workflow = token.workflow
        instance = workflow.instance
        caller = workflow.family.caller_of(instance)
        super()._on_complete_hook(token)
        instance.finish(InstanceState.COMPLETED)
        if caller is not None:
            calling, call = caller
            waiting = workflow.family.token_of(calling, call)
            waiting.task_spec.finish(waiting, variables_from_child(instance, waiting.task_spec.element))

    def _on_cancel(self, token: Token) -> None:
        super()._on_cancel(token)
        if token.has_record:
            token.workflow.instance.finish(InstanceState.TERMINATED)


class EventSubProcessSpec(ContainerSpec):
    """Inside an ad-hoc subprocess its output is collected like that of what was activated."""

    def _leave(self, token: Token) -> bool:
        if not super()._leave(token):
            return False
        self.leave_round(token)
        return True


def _without_incoming(container: Element) -> list[Element]:
    """BPMN's rule for a container that has no start event: everything that nothing leads to."""
    return [
        element
        for element in container.children
        if not element.incoming
        and not element.is_for_compensation
        and element.type
        not in (ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS, ElementType.START_EVENT)
    ]
