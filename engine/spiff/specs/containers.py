"""Containers: the process itself, subprocesses, event subprocesses, transactions and ad-hoc subprocesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...bpmn.model import Element, ElementType
from ...model import ElementState, InstanceState
from ...runtime import ad_hoc
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
            enter(workflow, token.record, data.pop(ENTER), data.pop("payload", {}))
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


class AdHocSpec(ContainerSpec):
    """Starts the elements that its collection names; a completion condition may end it early."""

    def start_inside(self, token: Token) -> None:
        instance = token.workflow.instance
        for element in ad_hoc.elements_to_start(instance, token.record, self.element):
            token.workflow.send_to(element, token.record)

    def execute(self, token: Token) -> bool:
        """It never completes before something inside it has completed."""
        record = token.record
        if _BEGUN not in record.data:
            self.start_inside(token)
            record.data[_BEGUN] = True
            return not self.element.children
        return self._is_done(token)

    def child_ended(self, token: Token, path_ended: bool) -> None:
        if path_ended and token.record.state is ElementState.ACTIVE and self._is_done(token):
            self.complete(token)

    def _is_done(self, token: Token) -> bool:
        workflow, record = token.workflow, token.record
        definition = self.element.ad_hoc
        if definition is not None and definition.completion_condition is not None:
            if not record.data.get("satisfied"):
                if not ad_hoc.is_satisfied(workflow.instance, record, definition):
                    return False
                record.data["satisfied"] = True
                workflow.instance.change(record)
            if definition.cancel_remaining:
                workflow.terminate_children(record)
        return bool(workflow.is_quiet(record))


def enter(workflow: InstanceWorkflow, scope: LiveElement, path: list[str], variables: dict[str, Any]) -> None:
    """Send a token to the last element of `path`; the containers before it, inside `scope`, begin first."""
    element = workflow.instance.model.elements[path[0]]
    if len(path) == 1:
        workflow.send_to(element, scope, local=variables)
    else:
        workflow.send_to(element, scope, note={ENTER: path[1:], "payload": variables})


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
