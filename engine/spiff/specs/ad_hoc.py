"""Ad-hoc subprocesses: what is activated runs in an inner instance; a condition or a worker ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...bpmn.model import Element, ElementType
from ...errors import InvalidInput
from ...model import AdHocResult, ElementState, JobKind, JobResult
from ...runtime import ad_hoc, catching, compensation, incidents, jobs, listeners
from ...runtime.failures import IncidentType
from ...runtime.records import LiveElement
from ..token import Token
from .base import SKIPPED
from .containers import ENTER, ContainerSpec

if TYPE_CHECKING:
    from ..instance_workflow import InstanceWorkflow
    from ..process_spec import ProcessSpec

_BEGUN = "begun"


class AdHocSpec(ContainerSpec):
    """Its collection, a person or a worker says what is activated; never does it end by itself before."""

    no_retries = IncidentType.AD_HOC_SUB_PROCESS_NO_RETRIES

    def __init__(self, process_spec: ProcessSpec, element: Element, name: str) -> None:
        super().__init__(process_spec, element, name)
        self.described = ad_hoc.described_elements(element)

    def _activate(self, token: Token) -> bool:
        if listeners.current_listener(token.record) is None:
            ad_hoc.begin(token.workflow.instance, token.record, self.element, self.described)
        return super()._activate(token)

    def execute(self, token: Token) -> bool:
        record = token.record
        if _BEGUN in record.data:
            return self._goes_on(token)
        self.start_inside(token)
        record.data[_BEGUN] = True
        return False

    def start_inside(self, token: Token) -> None:
        data, workflow = token.record.data, token.workflow
        if ENTER in data:
            super().start_inside(token)
        elif self.element.job is not None:
            self._ask(token)
        else:
            for element_id in ad_hoc.elements_to_start(workflow.instance, token.record, self.element):
                self.enter(workflow, token.record, [element_id], {})

    def enter(
        self, workflow: InstanceWorkflow, scope: LiveElement, path: list[str], variables: dict[str, Any]
    ) -> None:
        """Activate an element: in an inner instance of its own, which has these variables."""
        local = ad_hoc.inner_variables(self.element, variables)
        inner = workflow.spec.inner_instance_spec_of(self.element)
        workflow.send(inner, scope, local=local, note={ENTER: path, "payload": {}})

    def child_ended(self, token: Token, path_ended: bool) -> None:
        if path_ended and token.record.state is ElementState.ACTIVE and self._goes_on(token):
            self.complete(token)

    def child_terminated(self, token: Token) -> None:
        record = token.record
        over = ad_hoc.is_satisfied(record) or SKIPPED in record.data
        if over and record.state is ElementState.ACTIVE and token.workflow.is_quiet(record):
            self.complete(token)

    def round_leaves(self, body: LiveElement, token: Token) -> None:
        ad_hoc.collect_output(token.workflow.instance, body, self.element, token.record)

    def _leave(self, token: Token) -> bool:
        if SKIPPED not in token.record.data and listeners.current_listener(token.record) is None:
            ad_hoc.give_output(token.workflow.instance, token.record, self.element)
        return super()._leave(token)

    # --- with a worker ----------------------------------------------------------------------------

    def check_result(self, token: Token, variables: Mapping[str, Any], result: JobResult | None) -> None:
        if result is None:
            return
        if not isinstance(result, AdHocResult):
            raise InvalidInput("the job of an ad-hoc subprocess activates elements or ends it, nothing else")
        unknown = ad_hoc.unknown_elements(self.element, [one.element_id for one in result.activate])
        if unknown:
            raise InvalidInput(
                f"ad-hoc subprocess '{self.element.id}' has no element {', '.join(unknown)} to activate; "
                f"it has {', '.join(ad_hoc.activatable(self.element))}"
            )
        if result.activate and result.completion_condition_fulfilled:
            raise InvalidInput("no elements can be activated when the completion condition is fulfilled")

    def job_done(self, token: Token, variables: Mapping[str, Any], result: JobResult | None) -> bool:
        if self.element.job is None:
            return False
        workflow, record = token.workflow, token.record
        jobs.complete_job(workflow.instance, record)
        workflow.instance.variables.propagate(record.key, variables)
        if isinstance(result, AdHocResult):
            chosen = [(one.element_id, one.variables) for one in result.activate]
            self.activate(token, chosen, cancel_remaining=result.cancel_remaining_instances)
            if result.completion_condition_fulfilled:
                ad_hoc.satisfy(workflow.instance, record)
                self.child_terminated(token)
        return True

    def activate(
        self, token: Token, chosen: Sequence[tuple[str, Mapping[str, Any]]], *, cancel_remaining: bool
    ) -> None:
        """Activate elements, each with its variables; with `cancel_remaining` in place of what is active."""
        workflow = token.workflow
        if cancel_remaining:
            workflow.terminate_children(token.record)
        for element_id, variables in chosen:
            self.enter(workflow, token.record, [element_id], dict(variables))

    def interrupted(self, token: Token) -> None:
        """An event subprocess has taken over: nobody is asked any more."""
        jobs.cancel_job(token.workflow.instance, token.record)

    # --- inside -----------------------------------------------------------------------------------

    def _goes_on(self, token: Token) -> bool:
        """What follows the end of a flow inside; True when that is the end of all."""
        workflow, record = token.workflow, token.record
        if catching.is_interrupted(record):
            return workflow.is_quiet(record)
        if self.element.job is None:
            return self._is_done(token)
        jobs.cancel_job(workflow.instance, record)
        incidents.resolve_incident(workflow.instance, record)
        if ad_hoc.is_satisfied(record):
            return workflow.is_quiet(record)
        self._ask(token)
        return False

    def _is_done(self, token: Token) -> bool:
        workflow, record = token.workflow, token.record
        definition = self.element.ad_hoc
        if definition is not None and definition.completion_condition is not None:
            if not ad_hoc.condition_holds(workflow.instance, record, definition):
                return False
            if definition.cancel_remaining:
                workflow.terminate_children(record)
        return workflow.is_quiet(record)

    def _ask(self, token: Token) -> None:
        """The worker's job: what is next?"""
        assert self.element.job is not None
        jobs.create_job(
            token.workflow.instance,
            token.record,
            self.element.job,
            kind=JobKind.AD_HOC_SUB_PROCESS,
            headers=self.element.headers,
        )


class InnerInstanceSpec(ContainerSpec):
    """The scope of one activation. Boundaries, mappings and listeners are those of the ad-hoc subprocess."""

    def type_of_records(self) -> ElementType:
        return ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE

    def remember(self, token: Token, scope: LiveElement) -> None:
        compensation.hand_up(token.workflow.instance, scope, token.record)

    def _activate(self, token: Token) -> bool:
        return True

    def _leave(self, token: Token) -> bool:
        if SKIPPED not in token.record.data:
            self.leave_round(token)
        return True
