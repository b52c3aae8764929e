"""Events that throw, end or stand on a border. Catching ones are in `activities.ReceiveSpec`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...bpmn.model import Element, ElementType, EventType
from ...runtime import catching, compensation
from ...runtime.changes import MessageThrown, SignalThrown
from ...runtime.expressions import optional_text, text
from ...runtime.failures import Failure, IncidentType
from ...runtime.instance import Instance
from ...runtime.messages import correlation_key_text, time_to_live
from ...runtime.records import LiveElement
from ..token import Token
from .activities import JobSpec, ReceiveSpec, give_locals_to_scope
from .base import COMPENSATES, ElementSpec


class StartEventSpec(ElementSpec):
    """The variables that came with the trigger of an event subprocess go to the scope."""

    def give_back(self, token: Token) -> None:
        give_locals_to_scope(token)

    def execute(self, token: Token) -> bool:
        if self.element.parent is not None and self.element.parent.type is ElementType.PROCESS:
            token.actor = token.workflow.instance.record.started_by
        return True


class BoundaryEventSpec(ElementSpec):
    """Has happened already when its token begins; a compensation boundary goes to its handler."""

    def give_back(self, token: Token) -> None:
        give_locals_to_scope(token)

    def go_on(self, token: Token, scope: LiveElement) -> None:
        handler = self.element.handler
        if self.element.event.type is EventType.COMPENSATION and handler is not None:
            note = {COMPENSATES: token.record.data.get(COMPENSATES)}
            token.workflow.send_to(handler, scope, note=note)
        else:
            super().go_on(token, scope)


class SignalThrowSpec(ElementSpec):
    """Broadcasts its signal, with the variables of its own: first to those who wait in its own instance."""

    def execute(self, token: Token) -> bool:
        workflow, record = token.workflow, token.record
        instance = workflow.instance
        name = text(self.element.event.name or "", instance.visible(record), instance.step.now())
        variables = instance.variables.local(record.key)
        reached = workflow.family.broadcast(instance, name, variables)
        instance.step.ledger.signals_thrown.append(
            SignalThrown(
                name=name,
                variables=variables,
                process_instance_key=instance.record.key,
                element_id=self.element.id,
                reached=reached,
            )
        )
        if not token.is_finished:
            self.complete(token)
        return False


class MessageThrowSpec(ElementSpec):
    """Publishes its message itself, where no worker does."""

    def execute(self, token: Token) -> bool:
        instance, record = token.workflow.instance, token.record
        seen, now = instance.visible(record), instance.step.now()
        event = self.element.event
        if event.name is None:
            return True
        key = event.correlation_key
        instance.step.ledger.messages_thrown.append(
            MessageThrown(
                name=text(event.name, seen, now),
                correlation_key=correlation_key_text(key, seen, now) if key is not None else "",
                message_id=optional_text(event.message_id, seen, now) or "",
                time_to_live=time_to_live(event.time_to_live, seen, now) or timedelta(),
                variables=instance.variables.local(record.key),
                process_instance_key=instance.record.key,
                element_id=self.element.id,
            )
        )
        return True


class ErrorEndSpec(ElementSpec):
    """Throws its error; uncaught, it is an incident."""

    def execute(self, token: Token) -> bool:
        instance = token.workflow.instance
        code = text(self.element.event.code or "", instance.visible(token.record), instance.step.now())
        throw_error(token, code, "", {})
        return False


class EscalationSpec(ElementSpec):
    """Throws its escalation and goes on, unless what catches it interrupts this scope."""

    def execute(self, token: Token) -> bool:
        workflow, record = token.workflow, token.record
        instance = workflow.instance
        code = text(self.element.event.code or "", instance.visible(record), instance.step.now())
        local = instance.variables.local(record.key)
        if not workflow.throw(record, EventType.ESCALATION, code, local):
            instance.log("escalation-not-caught", record, code=code)
            return True
        if not token.is_finished:
            self.complete(token)
        return False


class TerminateEndSpec(ElementSpec):
    """Ends everything else in its scope; the scope counts as completed."""

    def go_on(self, token: Token, scope: LiveElement) -> None:
        token.workflow.terminate_children(scope)


class LinkThrowSpec(ElementSpec):
    """Goes to the catching link of the same name in its scope."""

    def go_on(self, token: Token, scope: LiveElement) -> None:
        catch = self._catch()
        if catch is not None:
            token.workflow.send_to(catch, scope)
            token.flows = catch.outgoing

    def _catch(self) -> Element | None:
        siblings = self.element.parent.children if self.element.parent is not None else []
        return next(
            (
                element
                for element in siblings
                if element.type is ElementType.INTERMEDIATE_CATCH_EVENT
                and element.event.type is EventType.LINK
                and element.event.link == self.element.event.link
            ),
            None,
        )


class CompensationThrowSpec(ElementSpec):
    """Calls the compensation handlers of what has completed in its scope, and waits for them."""

    def execute(self, token: Token) -> bool:
        workflow, record = token.workflow, token.record
        scope = workflow.instance.scope_of(record)
        assert scope is not None
        todo = compensation.take_handlers(workflow.instance, scope, self.element.event.activity_ref)
        if not todo:
            return True
        record.data["handlers"] = len(todo)
        workflow.instance.change(record)
        for undo in todo:
            note: dict[str, Any] = {COMPENSATES: record.key}
            if undo.event.type is ElementType.START_EVENT and undo.event.parent is not None:
                note |= {"start": undo.event.id, "payload": {}, "undo": undo.inside}
                workflow.send_to(undo.event.parent, scope, note=note)
            else:
                workflow.send_to(undo.event, scope, note=note)
        return False

    def handler_ended(self, token: Token) -> None:
        record = token.record
        record.data["handlers"] -= 1
        token.workflow.instance.change(record)
        if not record.data["handlers"]:
            self.complete(token)


class CancelEndSpec(CompensationThrowSpec):
    """Compensates the transaction, then leaves it through its cancel boundary event."""

    def go_on(self, token: Token, scope: LiveElement) -> None:
        workflow = token.workflow
        for place in workflow.instance.outwards(scope):
            if place.element_type is ElementType.TRANSACTION:
                drawn = workflow.instance.element_of(place)
                cancel = next((b for b in drawn.boundaries if b.event.type is EventType.CANCEL), None)
                if cancel is not None:
                    holder = _body_of(workflow.instance, place)
                    workflow.fire(holder, cancel, {})
                else:
                    workflow.terminate_children(place)
                return


def _body_of(instance: Instance, place: LiveElement) -> LiveElement:
    """The element instance that carries the boundary events: the body, when the activity repeats."""
    scope = instance.scope_of(place)
    is_body = scope is not None and scope.element_type is ElementType.MULTI_INSTANCE_BODY
    return scope if scope is not None and is_body else place


def throw_error(token: Token, code: str, message: str, variables: dict[str, object]) -> None:
    """Throw an error from an element instance; raises Failure UNHANDLED_ERROR_EVENT when uncaught."""
    workflow, record = token.workflow, token.record
    if workflow.throw(record, EventType.ERROR, code, variables):
        return
    codes = catching.available_codes(workflow.instance, record, EventType.ERROR, workflow.family.caller_of)
    available = (
        f"Available error events are [{', '.join(codes)}]"
        if codes
        else "No error events are available in the scope."
    )
    said = f" with message '{message}'" if message else ""
    raise Failure(
        IncidentType.UNHANDLED_ERROR_EVENT,
        f"Expected to throw an error event with the code '{code}'{said}, but it was not caught. {available}",
        f"draw an error boundary event with the code '{code}', or correct the cause",
    )


def event_class(element: Element) -> type[ElementSpec]:
    """The class for an event."""
    match element.type:
        case ElementType.START_EVENT:
            return StartEventSpec
        case ElementType.BOUNDARY_EVENT:
            return BoundaryEventSpec
        case ElementType.INTERMEDIATE_CATCH_EVENT:
            return ElementSpec if element.event.type in (EventType.LINK, EventType.NONE) else ReceiveSpec
        case _:
            if element.job is not None:
                return JobSpec
            return _THROWING.get(element.event.type, ElementSpec)


_THROWING: dict[EventType, type[ElementSpec]] = {
    EventType.SIGNAL: SignalThrowSpec,
    EventType.MESSAGE: MessageThrowSpec,
    EventType.ERROR: ErrorEndSpec,
    EventType.ESCALATION: EscalationSpec,
    EventType.TERMINATE: TerminateEndSpec,
    EventType.LINK: LinkThrowSpec,
    EventType.COMPENSATION: CompensationThrowSpec,
    EventType.CANCEL: CancelEndSpec,
}
