"""ProcessRuntime: moves the tokens of process instances; everything it does comes out as `Changes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bpmn.model import EventType
from ..clock import Clock
from ..errors import Conflict, ElementInstanceNotFound, InvalidInput, ProcessInstanceNotFound
from ..model import ElementState, JobResult
from ..runtime import ad_hoc, incidents, jobs, listeners, subscriptions
from ..runtime.changes import Changes, JobCreated, MessageSubscriptionOpened
from ..runtime.failures import Failure, IncidentType
from ..runtime.migration import Migration, MigrationPlan
from ..runtime.records import LiveElement, LiveInstance
from ..runtime.sources import Definitions, LiveState
from ..runtime.step import Step
from ..runtime.variables import exact
from . import modification
from .family import Family
from .instance_workflow import InstanceWorkflow
from .specs.ad_hoc import AdHocSpec
from .specs.events import throw_error
from .token import Token


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`steps` bounds how often one `run` may move a token; then what is still to move gets an incident in
    place of a hang. `call_depth` bounds call activities inside each other."""

    steps: int = 200_000
    call_depth: int = 100


class ProcessRuntime:
    """One step over one family of process instances: load lazily, change in memory, hand out the changes.

    Commands call one or more of the verbs, each followed by `run()`, then write `changes()`. The caller holds
    the lock of the root instance. `actor` is the user id in whose name the step happens: who completes user
    tasks and starts instances. Verbs raise ElementInstanceNotFound or ProcessInstanceNotFound when their
    target is not alive any more.
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
        limits = limits or Limits()
        self._step = Step(store=store, definitions=definitions, new_key=keys, clock=clock, actor=actor)
        self._family = Family(self._step, limits.steps, limits.call_depth)

    # --- verbs --------------------------------------------------------------------------------

    def start_instance(
        self,
        definition_key: int,
        variables: Mapping[str, Any],
        *,
        business_key: str = "",
        start_event_id: str | None = None,
    ) -> int:
        """Start a process at its none start event, or at the given one; answer the instance's key."""
        deployed = self._step.definitions.process(definition_key)
        if start_event_id is None and deployed.model.root.none_start is None:
            raise InvalidInput(
                f"process '{deployed.process_id}' has no none start event; it starts with a message, "
                "a signal or a timer only"
            )
        note = {"start": start_event_id} if start_event_id is not None else {}
        return self._family.start(deployed, _exact(variables), business_key=business_key, note=note)

    def complete_element(
        self,
        element_instance_key: int,
        variables: Mapping[str, Any],
        *,
        outcome: str = "",
        result: JobResult | None = None,
    ) -> None:
        """The work of a waiting element is done: a user task (with this `outcome`), a job (with this
        `result`), a listener's job. Raises InvalidInput when the job may not answer that."""
        workflow, token = self._find(element_instance_key)
        record = token.record
        self.check_job_result(element_instance_key, variables, result)
        self._drop_incident(workflow, record)
        event = listeners.current_listener(record)
        if event is not None and jobs.has_job(record):
            self._listener_job_done(workflow, token, event, _exact(variables), result)
            return
        if record.state is not ElementState.ACTIVE:
            raise ElementInstanceNotFound(element_instance_key, "it does not wait for work any more")
        if jobs.has_job(record) and token.task_spec.job_done(token, _exact(variables), result):
            return
        jobs.complete_job(workflow.instance, record)
        self._family.terminate_inside(workflow, record)
        token.task_spec.finish(token, _exact(variables), self._step.actor, outcome)

    def check_job_result(
        self, element_instance_key: int, variables: Mapping[str, Any], result: JobResult | None
    ) -> None:
        """Raises InvalidInput for what the open job of the element instance may not answer. A result that no
        one asks for, such as a service task's, is nothing wrong."""
        _, token = self._find(element_instance_key)
        if not jobs.has_job(token.record):
            return
        if listeners.current_listener(token.record) in listeners.EXECUTION_EVENTS:
            return
        token.task_spec.check_result(token, variables, result)

    def change_user_task(
        self, element_instance_key: int, event: str, action: str, changes: Mapping[str, Any]
    ) -> None:
        """Change an open user task as soon as its listeners of `event` agree. Raises UserTaskBusy."""
        _, token = self._find(element_instance_key)
        token.task_spec.begin(token, event, action, changes)

    def throw_error(
        self, element_instance_key: int, code: str, message: str, variables: Mapping[str, Any]
    ) -> None:
        """A job ended with a business error. Uncaught it is an incident, UNHANDLED_ERROR_EVENT; the job then
        stays open, and resolving the incident lets it be taken again."""
        workflow, token = self._find(element_instance_key)
        self._drop_incident(workflow, token.record)
        try:
            throw_error(token, code, message, _exact(variables))
        except Failure as failure:
            key = token.record.data.get("job")
            incidents.raise_incident(workflow.instance, token.record, failure, key)

    def throw_escalation(self, element_instance_key: int, code: str, variables: Mapping[str, Any]) -> bool:
        """A waiting element escalates and, unless that interrupts it, goes on waiting; False: not caught."""
        workflow, token = self._find(element_instance_key)
        return workflow.throw(token.record, EventType.ESCALATION, code, _exact(variables))

    def trigger(self, element_instance_key: int, event_element_id: str, variables: Mapping[str, Any]) -> bool:
        """The timer, message or signal that this element instance waits for has come.

        `event_element_id` is that of the timer or subscription: the catching element itself, a boundary
        event, a start event of an event subprocess, an event behind an event-based gateway. A cycle opens its
        next timer. False: it waits for this no longer.
        """
        workflow = self._family.workflow_of_element(element_instance_key)
        if workflow is None:
            return False
        record = workflow.instance.elements[element_instance_key]
        event = workflow.instance.model.elements.get(event_element_id)
        if event is None or not subscriptions.waits_for(record, event_element_id):
            return False
        if not workflow.accepts(record, event):
            return False
        workflow.fire(record, event, _exact(variables))
        return True

    def job_failed(self, element_instance_key: int, job_key: int, message: str, trace: str = "") -> None:
        """A job has no retries left: raises the incident JOB_NO_RETRIES (or that of a listener)."""
        workflow, token = self._find(element_instance_key)
        event = listeners.current_listener(token.record)
        kind = token.task_spec.no_retries
        if event is not None:
            in_execution = event in listeners.EXECUTION_EVENTS
            kind = (
                IncidentType.EXECUTION_LISTENER_NO_RETRIES
                if in_execution
                else IncidentType.TASK_LISTENER_NO_RETRIES
            )
        failure = Failure(
            kind,
            message or "No more retries left.",
            "correct the cause, give the job new retries and resolve the incident",
            trace,
        )
        incidents.raise_incident(workflow.instance, token.record, failure, job_key)

    def resolve_incident(self, element_instance_key: int) -> None:
        """Try the failed step again. For the incident of a job, set the job's retries first."""
        workflow, token = self._find(element_instance_key)
        if not self._drop_incident(workflow, token.record):
            return
        if not jobs.has_job(token.record):
            workflow.retry(token)

    def set_variables(
        self, scope_key: int, variables: Mapping[str, Any], *, local: bool = False, listened: bool = True
    ) -> None:
        """Set variables as seen from a scope (an element instance or a process instance).

        Not local: each goes to the nearest scope that has it, else to the process instance. At a user task
        its `updating` listeners are asked first, unless not `listened`.
        """
        _, token = self._find(scope_key)
        values = _exact(variables)
        if not listened or not token.task_spec.set_variables(token, values, local=local):
            token.task_spec.take_variables(token, values, local=local)

    def cancel_instance(self, process_instance_key: int) -> None:
        """Terminate the instance and the instances it called."""
        workflow = self._workflow(process_instance_key)
        self._check_not_terminating(workflow)
        self._family.terminate(workflow, workflow.instance.root)

    def start_element(
        self,
        process_instance_key: int,
        element_id: str,
        variables: Mapping[str, Any],
        *,
        scope_key: int | None = None,
    ) -> None:
        """Start an element of a running instance by hand, with variables of its own.

        Containers around it that do not run yet begin first, without their start events; `scope_key` says in
        which of several running ones. Raises InvalidInput with what is in the way.
        """
        workflow = self._workflow(process_instance_key)
        self._check_not_terminating(workflow)
        element = workflow.instance.model.elements.get(element_id)
        if element is None:
            raise InvalidInput(
                f"process '{workflow.instance.deployed.process_id}' has no element '{element_id}'"
            )
        scope = None
        if scope_key is not None:
            scope = workflow.instance.elements.get(scope_key)
            if scope is None:
                raise ElementInstanceNotFound(scope_key)
        modification.start_element(workflow, element, _exact(variables), scope)

    def start_beside(self, element_instance_key: int, element_id: str, variables: Mapping[str, Any]) -> None:
        """Start an element in the innermost scope around an element instance that also surrounds the
        element: where its token goes when it is moved."""
        workflow, token = self._find(element_instance_key)
        instance, scope = workflow.instance, workflow.instance.scope_of(token.record)
        element = instance.model.elements.get(element_id)
        around = [] if element is None else list(element.ancestors())
        while scope is not None and instance.element_of(scope) not in around:
            scope = instance.scope_of(scope)
        inner = scope is not None and scope.key != instance.record.key
        self.start_element(
            instance.record.key, element_id, variables, scope_key=scope.key if scope and inner else None
        )

    def activate_ad_hoc(
        self,
        element_instance_key: int,
        elements: Sequence[tuple[str, Mapping[str, Any]]],
        *,
        cancel_remaining: bool = False,
    ) -> None:
        """Activate elements in a running ad-hoc subprocess, each with variables of its own. Raises
        ElementInstanceNotFound, Conflict when it is being left already, InvalidInput."""
        _, token = self._find(element_instance_key)
        if not isinstance(token.task_spec, AdHocSpec):
            raise ElementInstanceNotFound(element_instance_key, "it is no ad-hoc subprocess")
        if token.record.state is not ElementState.ACTIVE or ad_hoc.is_satisfied(token.record):
            raise Conflict(f"ad-hoc subprocess {element_instance_key} is not active any more")
        chosen = [(element_id, _exact(variables)) for element_id, variables in elements]
        unknown = ad_hoc.unknown_elements(token.task_spec.element, [one for one, _ in chosen])
        if unknown:
            raise InvalidInput(
                f"ad-hoc subprocess {element_instance_key} has no element {', '.join(unknown)} to activate"
            )
        token.task_spec.activate(token, chosen, cancel_remaining=cancel_remaining)

    def skip_element(self, element_instance_key: int, variables: Mapping[str, Any]) -> None:
        """Go on behind an element instance by hand, whatever it does or fails at, with these variables in
        place of its result. What runs inside it is terminated."""
        workflow, token = self._find(element_instance_key)
        self._drop_incident(workflow, token.record)
        modification.skip_element(self._family, workflow, token.record, _exact(variables))

    def cancel_element(self, element_instance_key: int) -> None:
        """End an element instance by hand. When `run` finds its scope empty, the scope ends too: to move a
        token, start the other element before running."""
        workflow, token = self._find(element_instance_key)
        modification.cancel_element(self._family, workflow, token.record)

    def migration_plan(
        self, process_instance_key: int, definition_key: int, mapping: Mapping[str, str] | None
    ) -> MigrationPlan:
        """What `migrate` would do. `mapping` None: everything keeps its id."""
        target = self._step.definitions.process(definition_key)
        return Migration(self._workflow(process_instance_key).instance, target, mapping).plan

    def migrate(
        self, process_instance_key: int, definition_key: int, mapping: Mapping[str, str] | None
    ) -> MigrationPlan:
        """Let an instance go on under another definition. The first verb of its step; when the plan in the
        answer is not possible, nothing has changed."""
        target = self._step.definitions.process(definition_key)
        return self._family.migrate(self._workflow(process_instance_key), target, mapping)

    def run(self) -> None:
        """Go on until every token waits. Nothing moves before this is called."""
        self._family.run()

    # --- what came of it ----------------------------------------------------------------------

    def changes(self) -> Changes:
        """The net changes since the last call. More verbs may follow; then call again."""
        return self._step.ledger.drain()

    def open_jobs(self) -> list[JobCreated]:
        """The jobs created since the last `changes()` that still wait."""
        return self._step.ledger.open_jobs()

    def open_message_subscriptions(self) -> list[MessageSubscriptionOpened]:
        """The message subscriptions opened since the last `changes()` that still wait."""
        return self._step.ledger.open_message_subscriptions()

    def instance(self, process_instance_key: int) -> LiveInstance:
        """The record of a running instance."""
        workflow = self._workflow(process_instance_key)
        return workflow.instance.record

    def visible_variables(self, element_instance_key: int) -> Mapping[str, Any]:
        """A lazy view of the variables that an element instance sees, nearest scope first."""
        workflow, token = self._find(element_instance_key)
        return workflow.instance.visible(token.record)

    # --- inside -------------------------------------------------------------------------------

    def _workflow(self, process_instance_key: int) -> InstanceWorkflow:
        workflow = self._family.workflow(process_instance_key)
        if workflow is None:
            raise ProcessInstanceNotFound(process_instance_key)
        return workflow

    def _find(self, element_instance_key: int) -> tuple[InstanceWorkflow, Token]:
        workflow = self._family.workflow_of_element(element_instance_key)
        if workflow is None:
            raise ElementInstanceNotFound(element_instance_key)
        return workflow, workflow.token_of(workflow.instance.elements[element_instance_key])

    def _check_not_terminating(self, workflow: InstanceWorkflow) -> None:
        if workflow.instance.root.state is ElementState.TERMINATING:
            raise Conflict(
                f"process instance {workflow.instance.record.key} is being terminated already;"
                " it waits for the 'canceling' listeners of its user tasks"
            )

    def _listener_job_done(
        self,
        workflow: InstanceWorkflow,
        token: Token,
        event: str,
        variables: dict[str, Any],
        result: JobResult | None,
    ) -> None:
        instance, record = workflow.instance, token.record
        jobs.complete_job(instance, record)
        listeners.listener_done(record)
        if event not in listeners.EXECUTION_EVENTS:
            token.task_spec.listener_done(token, result)
            return
        if event == "end" and record.scope_key is not None:
            instance.variables.propagate(record.scope_key, variables)
        else:
            instance.variables.set_local(record.key, variables)
        workflow.retry(token)

    def _drop_incident(self, workflow: InstanceWorkflow, record: LiveElement) -> bool:
        return incidents.resolve_incident(workflow.instance, record)


def _exact(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: exact(value) for name, value in variables.items()}
