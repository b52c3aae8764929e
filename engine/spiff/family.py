"""Family: process instances that call each other, loaded as a step touches them, and their queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from ..bpmn.model import Element, ElementType, EventType
from ..model import ElementState
from ..runtime import incidents
from ..runtime.instance import Instance
from ..runtime.migration import Migration, MigrationPlan
from ..runtime.records import THEN, LiveElement, LiveInstance
from ..runtime.sources import DeployedProcess
from ..runtime.step import Step
from .instance_workflow import InstanceWorkflow
from .process_spec import process_spec
from .token import FUTURE, WAITING, Token

BY_HAND = "by_hand"


class Family:
    """One queue for all: tokens run first in, first out, activation and completion each in its own turn."""

    def __init__(self, step: Step, max_steps: int, max_depth: int) -> None:
        self.step = step
        self._max_steps, self.max_depth = max_steps, max_depth
        self._workflows: dict[int, InstanceWorkflow] = {}
        self._queue: deque[Token] = deque()
        self._emptied: list[tuple[InstanceWorkflow, LiveElement]] = []
        self._later: list[tuple[InstanceWorkflow, LiveElement, Element, Mapping[str, Any]]] = []

    # --- instances ----------------------------------------------------------------------------

    def workflow(self, process_instance_key: int) -> InstanceWorkflow | None:
        """The workflow of a running instance; None when it has ended or never was."""
        known = self._workflows.get(process_instance_key)
        if known is not None:
            return known if known.is_alive else None
        record = self.step.store.load_instance(process_instance_key)
        if record is None:
            return None
        elements = self.step.store.load_elements(process_instance_key)
        deployed = self.step.definitions.process(record.definition_key)
        return self._open(Instance(record, deployed, elements, self.step, new=False))

    def workflow_of_element(self, element_instance_key: int) -> InstanceWorkflow | None:
        """The workflow in which this element instance is alive."""
        for known in self._workflows.values():
            if element_instance_key in known.instance.elements:
                return known
        key = self.step.store.find_process_instance(element_instance_key)
        workflow = self.workflow(key) if key is not None else None
        return (
            workflow if workflow is not None and element_instance_key in workflow.instance.elements else None
        )

    def caller_of(self, instance: Instance) -> tuple[Instance, LiveElement] | None:
        """The calling instance and its call activity."""
        record = instance.record
        if record.parent_key is None or record.parent_element_instance_key is None:
            return None
        workflow = self.workflow(record.parent_key)
        call = workflow.instance.elements.get(record.parent_element_instance_key) if workflow else None
        return (workflow.instance, call) if workflow is not None and call is not None else None

    def token_of(self, instance: Instance, record: LiveElement) -> Token:
        """The token of an element instance of a workflow that is loaded."""
        return self._workflows[instance.record.key].token_of(record)

    def broadcast(self, instance: Instance, name: str, variables: Mapping[str, Any]) -> frozenset[int]:
        """A signal reaches an instance and those that called it; answer their keys."""
        reached: list[int] = []
        place: Instance | None = instance
        while place is not None:
            reached.append(place.record.key)
            caller = self.caller_of(place)
            self._workflows[place.record.key].broadcast(name, variables)
            place = caller[0] if caller is not None else None
        return frozenset(reached)

    def start(
        self,
        deployed: DeployedProcess,
        variables: Mapping[str, Any],
        *,
        business_key: str,
        note: dict[str, Any],
        caller: tuple[Instance, LiveElement] | None = None,
    ) -> int:
        """A new instance; its token sets out with the queue."""
        key = self.step.new_key()
        parent, call = caller if caller is not None else (None, None)
        record = LiveInstance(
            key=key,
            root_key=parent.record.root_key if parent is not None else key,
            parent_key=parent.record.key if parent is not None else None,
            parent_element_instance_key=call.key if call is not None else None,
            definition_key=deployed.key,
            business_key=business_key,
            started_at=self.step.now(),
            started_by=self.step.actor,
        )
        self.step.ledger.instance_started(record)
        workflow = self._open(Instance(record, deployed, [], self.step, new=True))
        workflow.instance.variables.set_local(key, variables)
        self.enqueue(Token(workflow, workflow.spec.inner_spec_of(deployed.model.root), note=note))
        return key

    def migrate(
        self, workflow: InstanceWorkflow, target: DeployedProcess, mapping: Mapping[str, str] | None
    ) -> MigrationPlan:
        """Put an instance that stands still under another definition, unless something speaks against it."""
        migration = Migration(workflow.instance, target, mapping)
        if migration.plan.is_possible:
            opened = migration.carry_out()
            fresh = self._open(workflow.instance)
            for waiting, event in opened:
                if event.event.type is EventType.CONDITIONAL:
                    fresh.check_condition(waiting, event)
            fresh.fire_conditions()
        return migration.plan

    def _open(self, instance: Instance) -> InstanceWorkflow:
        workflow = InstanceWorkflow(instance, process_spec(instance.model), self)
        self._workflows[instance.record.key] = workflow
        return workflow

    def emptied(self, workflow: InstanceWorkflow, scope: LiveElement) -> None:
        """Something in the scope was taken away by hand: if nothing takes its place, the scope ends."""
        self._emptied.append((workflow, scope))

    def _end_empty_scopes(self) -> None:
        emptied, self._emptied = self._emptied, []
        for workflow, emptied_scope in emptied:
            scope: LiveElement | None = emptied_scope
            while scope is not None and scope.key in workflow.instance.elements and workflow.is_quiet(scope):
                outer = workflow.instance.scope_of(scope)
                self.terminate(workflow, scope)
                scope = outer

    # --- running ------------------------------------------------------------------------------

    def enqueue(self, token: Token) -> None:
        if not token.is_queued:
            token.is_queued = True
            self._queue.append(token)

    def run(self) -> None:
        """Until every token waits; past the limit each token that is still to run gets an incident."""
        self._end_empty_scopes()
        steps = 0
        queue = self._queue
        while True:
            while queue:
                token = queue.popleft()
                token.is_queued = False
                steps += 1
                if steps > self._max_steps:
                    self._halt(token)
                    continue
                if token._state & (FUTURE | WAITING):
                    token.task_spec._update(token)
                elif not token.is_finished:
                    token.run()
                workflow = token.workflow
                if workflow.spec.has_conditions:
                    workflow.fire_conditions()
            if steps > self._max_steps or not (self._fire_later() or self._fire_inclusive_join()):
                break

    def fire_conditions(self) -> None:
        """After variables were set from outside."""
        for workflow in list(self._workflows.values()):
            if workflow.spec.has_conditions:
                workflow.fire_conditions()

    def later(
        self, workflow: InstanceWorkflow, waiting: LiveElement, event: Element, variables: Mapping[str, Any]
    ) -> None:
        """Fire an event when everything else has come to rest."""
        self._later.append((workflow, waiting, event, variables))

    def _fire_later(self) -> bool:
        if not self._later:
            return False
        workflow, waiting, event, variables = self._later.pop(0)
        workflow.fire_if_waiting(waiting, event, variables)
        return True

    def _fire_inclusive_join(self) -> bool:
        return any(
            workflow.fire_inclusive_join()
            for workflow in list(self._workflows.values())
            if workflow.spec.has_inclusive_joins
        )

    def _halt(self, token: Token) -> None:
        if token.is_finished:
            return
        workflow = token.workflow
        if not token.has_record:
            workflow.begin(token)
        workflow.stop(token, incidents.step_limit_reached(self._max_steps))

    # --- terminating ----------------------------------------------------------------------------

    def terminate(self, workflow: InstanceWorkflow, record: LiveElement) -> bool:
        """End an element instance and everything inside it, children first, called instances included.

        False: it is terminating, and goes (`gone`) when the listeners of the user tasks inside have worked.
        """
        self._terminate([(workflow, record, False)])
        return record.key not in workflow.instance.elements

    def gone(self, workflow: InstanceWorkflow, record: LiveElement) -> None:
        """Nothing holds on to a terminating element instance any more: it goes, and what waited for it goes
        on: the scopes around it, the event that interrupted it, the calling instance."""
        while self._let_go(workflow, record):
            scope = workflow.instance.elements.get(record.scope_key or 0)
            if scope is None:
                caller = self.caller_of(workflow.instance)
                if caller is None:
                    return
                workflow, record = self._workflows[caller[0].record.key], caller[1]
                if record.state is not ElementState.TERMINATING:
                    workflow.child_terminated(record)
                    return
            elif scope.state is ElementState.TERMINATING:
                record = scope
            else:
                self._after(workflow, record, scope)
                return

    def _after(self, workflow: InstanceWorkflow, record: LiveElement, scope: LiveElement) -> None:
        if THEN in record.data:
            event_id, variables = record.data[THEN]
            workflow.begin_boundary(scope, workflow.instance.model.elements[event_id], variables)
        elif BY_HAND in record.data:
            self.emptied(workflow, scope)
        else:
            workflow.child_terminated(scope)

    def terminate_inside(self, workflow: InstanceWorkflow, record: LiveElement) -> bool:
        """End everything inside an element instance, called instances included; it goes on itself. False: not
        everything could go at once."""
        workflow.terminate_children(record)
        called = self._called(record)
        if called is not None:
            self._terminate([(called, called.instance.root, False)])
        return not workflow.instance.has_children(record) and self._called(record) is None

    def _called(self, record: LiveElement) -> InstanceWorkflow | None:
        if record.element_type is not ElementType.CALL_ACTIVITY or "child" not in record.data:
            return None
        return self.workflow(record.data["child"])

    def _terminate(self, stack: list[tuple[InstanceWorkflow, LiveElement, bool]]) -> None:
        while stack:
            current, live, children_gone = stack.pop()
            if children_gone:
                self._let_go(current, live)
                continue
            live.data.pop(THEN, None)
            current.instance.change(live, ElementState.TERMINATING)
            stack.append((current, live, True))
            current.forget_coming(live)
            child = self._called(live)
            if child is not None:
                stack.append((child, child.instance.root, False))
            stack.extend((current, inner, False) for inner in reversed(current.instance.children_of(live)))

    def _let_go(self, workflow: InstanceWorkflow, live: LiveElement) -> bool:
        """End a terminating element instance, unless something inside it or a listener still has to work."""
        if workflow.instance.has_children(live) or self._called(live) is not None:
            return False
        token = workflow.token_of(live)
        if token.task_spec.holds_on(token):
            return False
        token.cancel()
        return True
