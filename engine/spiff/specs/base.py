"""ElementSpec: the lifecycle that all elements share, in SpiffWorkflow's hooks.

    _update_hook         activating: input mappings, start listeners, subscriptions
    _on_ready_hook       active
    _run_hook            `execute` the behaviour, then completing: output mappings, end listeners
    _on_complete_hook    completed: history, flows
    _on_cancel           terminated: history

Each stage may raise a Failure, which stops the token with an incident; a later retry repeats the stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from ...bpmn.model import Element, ElementType, EventType, SequenceFlow
from ...model import ElementState, JobResult, TaskListenerResult
from ...runtime import compensation, incidents, jobs, listeners, subscriptions, user_tasks
from ...runtime.failures import Failure, IncidentType
from ...runtime.flows import inclusive_choice
from ...runtime.instance import Instance
from ...runtime.mappings import mapped
from ...runtime.records import LiveElement
from ..token import WAITING, Token

if TYPE_CHECKING:
    from ..instance_workflow import InstanceWorkflow
    from ..process_spec import ProcessSpec

COMPENSATES = "compensates"
TRIGGERED = "triggered"
SKIPPED = "skipped"


class ElementSpec(BpmnTaskSpec):
    """An element that does nothing of its own: tasks without type, manual tasks, none events."""

    def __init__(self, process_spec: ProcessSpec, element: Element, name: str) -> None:
        super().__init__(process_spec, name, lane=element.lane or None)
        self.element = element
        self.bpmn_id = element.id
        self.record_type = self.type_of_records()
        self.repeats = element.multi_instance is not None or element.standard_loop is not None
        self.is_round = self.repeats and self.record_type is element.type
        self.waited_for = subscriptions.awaited_events(element, self.record_type)
        self.can_be_undone = element.compensation_boundary is not None or element.type.is_container
        self.has_conditional_flows = any(
            flow.condition is not None or flow is element.default_flow for flow in element.outgoing
        )

    # --- what kinds of elements differ in -------------------------------------------------------

    no_retries = IncidentType.JOB_NO_RETRIES
    """The incident when the job of the element has no retries left."""

    def type_of_records(self) -> ElementType:
        return self.element.type

    def arrive(
        self, workflow: InstanceWorkflow, flow: SequenceFlow, scope: LiveElement, note: dict[str, Any] | None
    ) -> None:
        """A token has gone along `flow`, which ends here."""
        workflow.send(self, scope, note=note)

    def execute(self, token: Token) -> bool:
        """The behaviour; False when the element waits. Repeated after an incident."""
        return True

    def triggered(self, token: Token, event: Element, variables: Mapping[str, Any]) -> None:
        """The element's own event has happened."""
        self.finish(token, variables)

    def child_ended(self, token: Token, path_ended: bool) -> None:
        """An element instance inside this one has completed."""

    def choose(self, token: Token) -> list[SequenceFlow]:
        """The flows to take at completion."""
        if not self.has_conditional_flows:
            return self.element.outgoing
        instance = token.workflow.instance
        return inclusive_choice(self.element, instance.visible(token.record), instance.step.now())

    def go_on(self, token: Token, scope: LiveElement) -> None:
        """The element instance has completed: tokens go along its flows."""
        for flow in token.flows:
            token.workflow.take(flow, scope)

    def set_variables(self, token: Token, variables: Mapping[str, Any], *, local: bool) -> bool:
        """Whether the element sees to variables itself that are set at it from outside; most do not."""
        return False

    def check_result(self, token: Token, variables: Mapping[str, Any], result: JobResult | None) -> None:
        """Raises InvalidInput for what the open job of the element may not answer."""

    def job_done(self, token: Token, variables: Mapping[str, Any], result: JobResult | None) -> bool:
        """Whether the element sees to a completed job itself; for most it is the end of their work."""
        return False

    def interrupted(self, token: Token) -> None:
        """An interrupting event subprocess inside this element has taken over."""

    def listener_done(self, token: Token, result: TaskListenerResult | None) -> None:
        """The job of a task listener is done."""

    def holds_on(self, token: Token) -> bool:
        """Whether something has to be done first before a terminating element instance may go."""
        return False

    def child_terminated(self, token: Token) -> None:
        """An element instance inside this one has gone that could not go at once when it was terminated."""
        if SKIPPED in token.record.data and token.workflow.is_quiet(token.record):
            self.complete(token)

    def give_back(self, token: Token) -> None:
        """What an element without output mappings leaves behind; most leave nothing."""

    # --- from outside -----------------------------------------------------------------------------

    def finish(self, token: Token, variables: Mapping[str, Any], actor: str = "", outcome: str = "") -> None:
        """The work that the element waited for is done, with this result. `outcome`: the decision, if any."""
        workflow, record = token.workflow, token.record
        scopes = workflow.instance.variables
        if self.element.outputs:
            scopes.set_local(record.key, variables)
        else:
            scopes.propagate(record.key, variables)
        token.actor = actor
        self.complete(token)

    def take_variables(self, token: Token, variables: Mapping[str, Any], *, local: bool) -> None:
        """Variables that are set at the element instance from outside."""
        scopes, key = token.workflow.instance.variables, token.record.key
        if local:
            scopes.set_local(key, variables)
        else:
            scopes.propagate(key, variables)
        token.workflow.family.fire_conditions()

    def complete(self, token: Token) -> None:
        """The element has nothing more to do: it completes when its turn comes."""
        token.workflow.instance.change(token.record, ElementState.COMPLETING)
        token.workflow.resume(token)

    # --- SpiffWorkflow's hooks --------------------------------------------------------------------

    def test(self) -> None:
        """The model was checked at deployment; SpiffWorkflow asks again at every token."""

    def _update_hook(self, token: Token) -> bool:
        workflow = token.workflow
        if not token.has_record:
            workflow.begin(token)
            token._set_state(WAITING)
        try:
            return self._activate(token)
        except Failure as failure:
            workflow.stop(token, failure)
            return False

    def _on_ready_hook(self, token: Token) -> None:
        workflow = token.workflow
        workflow.instance.change(token.record, ElementState.ACTIVE)
        workflow.family.enqueue(token)

    def _run_hook(self, token: Token) -> bool | None:
        workflow, record = token.workflow, token.record
        try:
            if record.state is ElementState.ACTIVE:
                if not self.execute(token) or token.is_finished:
                    return None
                record.state = ElementState.COMPLETING
            return True if self._leave(token) else None
        except Failure as failure:
            workflow.instance.change(record)
            workflow.stop(token, failure)
            return None

    def _on_complete_hook(self, token: Token) -> None:
        workflow, record = token.workflow, token.record
        instance: Instance = workflow.instance
        scope = instance.scope_of(record)
        if subscriptions.has_subscriptions(record):
            subscriptions.close_subscriptions(instance, record)
        if self.can_be_undone and scope is not None:
            self.remember(token, scope)
        instance.end(record, ElementState.COMPLETED, token.actor)
        if scope is not None:
            self.go_on(token, scope)
            self._compensated(token)
            workflow.child_ended(scope, path_ended=not token.flows)

    def _on_cancel(self, token: Token) -> None:
        if not token.has_record:
            return
        workflow, record = token.workflow, token.record
        instance: Instance = workflow.instance
        jobs.cancel_job(instance, record)
        user_tasks.cancel_user_task(instance, record)
        subscriptions.close_subscriptions(instance, record)
        incidents.resolve_incident(instance, record)
        instance.end(record, ElementState.TERMINATED)
        workflow.tasks.pop(record.key, None)
        self._compensated(token)

    # --- inside -----------------------------------------------------------------------------------

    def _activate(self, token: Token) -> bool:
        """Input mappings, start listeners, subscriptions, in this order; repeated from what waited."""
        instance: Instance = token.workflow.instance
        record = token.record
        if self.element.inputs and listeners.current_listener(record) is None:
            seen = instance.visible(record)
            made = mapped(self.element.inputs, seen, instance.step.now(), merge=False)
            instance.variables.set_local(record.key, made)
        if self.element.start_listeners and listeners.open_next_listener(
            instance, record, self.element.start_listeners, "start", self.element.headers
        ):
            return False
        self.subscribe(token)
        listeners.forget_listeners(record)
        return True

    def subscribe(self, token: Token) -> None:
        """Wait for the events of the element."""
        if self.waited_for:
            workflow, record = token.workflow, token.record
            subscriptions.open_subscriptions(workflow.instance, record, self.waited_for)
            for event in self.waited_for:
                if event.event.type is EventType.CONDITIONAL:
                    workflow.check_condition(record, event)

    def _leave(self, token: Token) -> bool:
        """Output mappings, end listeners, choice of flows; False when a listener has to work first."""
        instance: Instance = token.workflow.instance
        element, record = self.element, token.record
        skipped = SKIPPED in record.data
        if not skipped and listeners.current_listener(record) is None:
            if element.outputs:
                seen = instance.visible(record)
                made = mapped(element.outputs, seen, instance.step.now(), merge=True)
                instance.variables.propagate(record.scope_key or record.key, made)
            else:
                self.give_back(token)
            if element.end_listeners and subscriptions.has_subscriptions(record):
                subscriptions.close_subscriptions(instance, record)
        if (
            element.end_listeners
            and not skipped
            and listeners.open_next_listener(instance, record, element.end_listeners, "end", element.headers)
        ):
            instance.change(record, ElementState.COMPLETING)
            return False
        if self.is_round:
            self.leave_round(token)
        else:
            token.flows = self.choose(token)
        return True

    def leave_round(self, token: Token) -> None:
        """A round of a body is about to complete: the body collects its output."""
        body = token.workflow.instance.scope_of(token.record)
        assert body is not None
        token.workflow.spec_of_record(body).round_leaves(body, token)

    def round_leaves(self, body: LiveElement, token: Token) -> None:
        """Bodies collect the output of a round here, before it completes."""

    def remember(self, token: Token, scope: LiveElement) -> None:
        """A completed activity can be compensated; what a round could undo belongs to the body."""
        if self.is_round:
            compensation.hand_up(token.workflow.instance, scope, token.record)
        else:
            compensation.remember(token.workflow.instance, scope, self.element, token.record)

    def _compensated(self, token: Token) -> None:
        """A compensation handler has ended: tell the event that called for it."""
        thrower_key = token.record.data.get(COMPENSATES)
        if thrower_key is None or self.element.type is ElementType.BOUNDARY_EVENT:
            return
        workflow = token.workflow
        thrower = workflow.instance.elements.get(thrower_key)
        if thrower is not None:
            waiting = workflow.token_of(thrower)
            waiting.task_spec.handler_ended(waiting)
