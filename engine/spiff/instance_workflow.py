"""InstanceWorkflow: SpiffWorkflow's workflow over the live records of one process instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from ..bpmn.model import Element, ElementType, EventType, SequenceFlow
from ..model import ElementState, InstanceState
from ..runtime import catching, conditions, incidents, joins, subscriptions
from ..runtime.catching import Catcher
from ..runtime.failures import Failure
from ..runtime.instance import Instance
from ..runtime.records import THEN, LiveElement
from .process_spec import ProcessSpec
from .specs.base import ElementSpec
from .token import READY, WAITING, Token

if TYPE_CHECKING:
    from .family import Family


class InstanceWorkflow(BpmnWorkflow):
    """Created with `deserializing=True`: it makes no task tree of its own, and no prediction.

    `tasks` holds the tokens that this step has touched; all others are records only. `coming` holds, per
    scope, the tokens that are on their way along a flow.
    """

    spec: ProcessSpec

    def __init__(self, instance: Instance, spec: ProcessSpec, family: Family) -> None:
        super().__init__(spec, script_engine=_NO_SCRIPTS, deserializing=True)
        self.instance, self.family = instance, family
        self.coming: dict[int, dict[Token, None]] = {}
        self._conditions_to_check: list[tuple[LiveElement, Element]] = []
        instance.variables.watching = spec.has_conditions

    @property
    def is_alive(self) -> bool:
        return self.instance.record.state in (InstanceState.ACTIVE, InstanceState.SUSPENDED)

    # --- tokens -------------------------------------------------------------------------------

    def token_of(self, record: LiveElement) -> Token:
        """The token of a live record."""
        token = self.tasks.get(record.key)
        if token is None:
            token = Token(self, self.spec_of_record(record), record=record)
            self.tasks[record.key] = token
        return token

    def spec_of_record(self, record: LiveElement) -> ElementSpec:
        element = self.instance.element_of(record)
        if record.element_type is ElementType.MULTI_INSTANCE_BODY:
            return self.spec.spec_of(element)
        if record.element_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
            return self.spec.inner_instance_spec_of(element)
        return self.spec.inner_spec_of(element)

    def send(
        self,
        spec: ElementSpec,
        scope: LiveElement,
        *,
        local: dict[str, Any] | None = None,
        loop_counter: int | None = None,
        note: dict[str, Any] | None = None,
    ) -> None:
        """A token sets out for `spec` inside `scope`. `local` become its own variables, `note` its data."""
        token = Token(self, spec, scope=scope, local=local, loop_counter=loop_counter, note=note)
        self.coming.setdefault(scope.key, {})[token] = None
        self.family.enqueue(token)

    def send_to(self, element: Element, scope: LiveElement, **what: Any) -> None:
        self.send(self.spec.spec_of(element), scope, **what)

    def take(self, flow: SequenceFlow, scope: LiveElement, note: dict[str, Any] | None = None) -> None:
        """A token goes along a flow; `note` comes along to where it arrives."""
        self.instance.take(flow)
        self.spec.spec_of(flow.target).arrive(self, flow, scope, note)

    def begin(self, token: Token) -> None:
        """A token that was on its way has arrived: its record begins."""
        scope = token.scope
        if scope is not None:
            waiting = self.coming[scope.key]
            del waiting[token]
            if not waiting:
                del self.coming[scope.key]
        element = token.task_spec.element
        record = self.instance.begin(element, token.task_spec.record_type, scope, token.loop_counter)
        token.begin(record)
        self.tasks[record.key] = token
        if token.note:
            record.data.update(token.note)
        if token.local:
            self.instance.variables.set_local(record.key, token.local)

    def resume(self, token: Token) -> None:
        """The token can go on; it runs when its turn comes."""
        token._set_state(READY)
        self.family.enqueue(token)

    def stop(self, token: Token, failure: Failure) -> None:
        """The token stands still with an incident."""
        incidents.raise_incident(self.instance, token.record, failure)

    def retry(self, token: Token) -> None:
        """Try again what an incident has stopped."""
        if token.record.state is ElementState.TERMINATING:
            self.family.gone(self, token.record)
            return
        token._set_state(WAITING if token.record.state is ElementState.ACTIVATING else READY)
        self.family.enqueue(token)

    # --- scopes -------------------------------------------------------------------------------

    def is_quiet(self, scope: LiveElement) -> bool:
        """Whether nothing is active in a scope or on its way in it."""
        return not (
            scope.key in self.coming or self.instance.has_children(scope) or joins.has_waiting_tokens(scope)
        )

    def child_ended(self, scope: LiveElement, *, path_ended: bool) -> None:
        """An element instance of this scope has completed; `path_ended`: its token went no further."""
        if scope.key not in self.instance.elements:
            return
        token = self.token_of(scope)
        try:
            token.task_spec.child_ended(token, path_ended)
        except Failure as failure:
            self.stop(token, failure)

    # --- catching -----------------------------------------------------------------------------

    def throw(self, thrower: LiveElement, kind: EventType, code: str, variables: Mapping[str, Any]) -> bool:
        """Find who catches an error or escalation and trigger it there; False when nobody does."""
        catcher = catching.find_catcher(self.instance, thrower, kind, code, self.family.caller_of)
        if catcher is None:
            return False
        self.catch(catcher, variables)
        return True

    def catch(self, catcher: Catcher, variables: Mapping[str, Any]) -> None:
        workflow = self.family.workflow(catcher.instance.record.key)
        assert workflow is not None
        workflow.fire(catcher.element, catcher.event, variables)

    def fire(self, waiting: LiveElement, event: Element, variables: Mapping[str, Any]) -> None:
        """An event has happened to `waiting`: on its border, in an event subprocess of it, or its own."""
        if event.type is ElementType.BOUNDARY_EVENT:
            self._fire_boundary(waiting, event, variables)
        elif event.type is ElementType.START_EVENT and event.parent is not None:
            self._fire_event_sub_process(waiting, event, variables)
        else:
            token = self.token_of(waiting)
            token.task_spec.triggered(token, event, variables)

    def _fire_boundary(self, waiting: LiveElement, event: Element, variables: Mapping[str, Any]) -> None:
        """The event begins at once: before the activity, if it goes on, does its next step."""
        scope = self.instance.scope_of(waiting)
        assert scope is not None
        if event.interrupting:
            if not self.family.terminate(self, waiting):
                waiting.data[THEN] = [event.id, dict(variables)]
                return
        elif subscriptions.waits_for(waiting, event.id):
            subscriptions.renew_after_trigger(self.instance, waiting, event)
        self.begin_boundary(scope, event, variables)

    def begin_boundary(self, scope: LiveElement, event: Element, variables: Mapping[str, Any]) -> None:
        token = Token(self, self.spec.spec_of(event), scope=scope, local=dict(variables))
        self.coming.setdefault(scope.key, {})[token] = None
        token.task_spec._update(token)

    def _fire_event_sub_process(
        self, scope: LiveElement, start: Element, variables: Mapping[str, Any]
    ) -> None:
        sub_process = start.parent
        assert sub_process is not None
        if start.interrupting:
            subscriptions.close_subscriptions(
                self.instance, scope, lambda event: event.type is ElementType.START_EVENT
            )
            self.terminate_children(scope)
            catching.mark_interrupted(self.instance, scope, sub_process)
            holder = self.token_of(scope)
            holder.task_spec.interrupted(holder)
            if self.instance.has_children(scope):
                scope.data[THEN] = [start.id, dict(variables)]
                return
        elif subscriptions.waits_for(scope, start.id):
            subscriptions.renew_after_trigger(self.instance, scope, start)
        self.begin_event_sub_process(scope, start, variables)

    def begin_event_sub_process(
        self, scope: LiveElement, start: Element, variables: Mapping[str, Any]
    ) -> None:
        sub_process = start.parent
        assert sub_process is not None
        note = {"start": start.id, "payload": dict(variables)}
        self.send(self.spec.spec_of(sub_process), scope, note=note)

    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None:
        """A signal reaches everything in this instance that waits for it now.

        Where an event subprocess and the boundary of its container wait for the same signal, the event
        subprocess comes first and runs as far as it can before the boundary gets its turn.
        """
        for waiting in list(self.instance.elements.values()):
            caught_inside = False
            for event_id in subscriptions.waits_for_signal(waiting, name):
                event = self.instance.model.elements[event_id]
                if event.type is ElementType.BOUNDARY_EVENT and caught_inside:
                    self.family.later(self, waiting, event, variables)
                    continue
                caught_inside |= event.type is ElementType.START_EVENT
                self.fire_if_waiting(waiting, event, variables)

    def fire_if_waiting(self, waiting: LiveElement, event: Element, variables: Mapping[str, Any]) -> None:
        """Fire an event unless something has made the element instance stop waiting for it."""
        if self.accepts(waiting, event) and subscriptions.waits_for(waiting, event.id):
            self.fire(waiting, event, variables)

    # --- terminating --------------------------------------------------------------------------

    def terminate_children(self, scope: LiveElement) -> None:
        """Everything active in the scope, on its way in it or parked at a join of it goes."""
        self.forget_coming(scope)
        for child in self.instance.children_of(scope):
            self.family.terminate(self, child)

    def child_terminated(self, scope: LiveElement) -> None:
        """A terminating element instance of this scope, which had something to wait for, has gone."""
        if THEN in scope.data:
            if not self.instance.has_children(scope):
                start_id, variables = scope.data.pop(THEN)
                self.instance.change(scope)
                self.begin_event_sub_process(scope, self.instance.model.elements[start_id], variables)
            return
        token = self.token_of(scope)
        token.task_spec.child_terminated(token)

    def forget_coming(self, scope: LiveElement) -> None:
        for token in self.coming.pop(scope.key, ()):
            token.cancel()
        joins.forget_tokens(scope)
        self.instance.change(scope)

    # --- conditions and inclusive joins -------------------------------------------------------

    def check_condition(self, waiting: LiveElement, event: Element) -> None:
        """Look at a condition as soon as the token that runs now has been dealt with."""
        self._conditions_to_check.append((waiting, event))

    def fire_conditions(self) -> None:
        """Fire the conditional events that new subscriptions and changed variables call for."""
        variables = self.instance.variables
        if not variables.changed and not self._conditions_to_check:
            return
        due, self._conditions_to_check = self._conditions_to_check, []
        changed, variables.changed = variables.changed, []
        if changed:
            due.extend(self._concerned(changed))
        for waiting, event in due:
            if (
                waiting.key in self.instance.elements
                and subscriptions.waits_for(waiting, event.id)
                and self.accepts(waiting, event)
                and conditions.has_come_true(self.instance, waiting, event)
            ):
                self.fire(waiting, event, {})

    def accepts(self, waiting: LiveElement, event: Element) -> bool:
        """Whether an event may still happen to `waiting`."""
        if waiting.key not in self.instance.elements:
            return False
        if event.type is ElementType.BOUNDARY_EVENT:
            return waiting.state in (ElementState.ACTIVE, ElementState.COMPLETING)
        return waiting.state is ElementState.ACTIVE

    def fire_inclusive_join(self) -> bool:
        """Fire one inclusive join for which nothing can arrive any more; False when there is none."""
        for scope in list(self.instance.elements.values()):
            flows = joins.waiting_flows(scope)
            parked = {self.instance.model.flows[flow].target for flow in flows}
            for join in parked:
                if join.type is not ElementType.INCLUSIVE_GATEWAY:
                    continue
                active = [self.instance.element_of(child) for child in self.instance.children_of(scope)]
                others = [other for other in parked if not joins.wait_for_each_other(join, other)]
                if joins.inclusive_join_fires(scope, join, [*active, *others]):
                    self.fire_join(scope, join)
                    return True
        return False

    def fire_join(self, scope: LiveElement, join: Element) -> None:
        joins.take_tokens(scope, join)
        self.instance.change(scope)
        self.send_to(join, scope)

    def _concerned(self, changed: Iterable[tuple[int, str, bool]]) -> list[tuple[LiveElement, Element]]:
        changed = list(changed)
        found = []
        for waiting in list(self.instance.elements.values()):
            for event_id in subscriptions.waits_for_conditions(waiting):
                event = self.instance.model.elements[event_id]
                if conditions.concerns(self.instance, waiting, event, changed):
                    found.append((waiting, event))
        return found

    # --- what SpiffWorkflow tells us ------------------------------------------------------------

    def _task_completed_notify(self, task: Token) -> None:
        self.tasks.pop(task.id, None)


class _NoScripts:
    """Stands where SpiffWorkflow keeps its Python script engine: analyst text is never run as Python."""


_NO_SCRIPTS = _NoScripts()
