"""Instance: the live records of one process instance in memory, as a tree of element instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..bpmn.model import Element, ElementType, SequenceFlow
from ..model import ElementState, FlowTaken, InstanceState
from .changes import LogEntry
from .records import LiveElement, LiveInstance, drawn_id, inner_id
from .sources import DeployedProcess
from .step import Step
from .variables import VariableScopes, VariableView


class Instance:
    """Everything here is a fact that the ledger learns of; which facts may follow is for the rules."""

    __slots__ = ("children", "deployed", "elements", "model", "record", "step", "variables")

    def __init__(
        self,
        record: LiveInstance,
        deployed: DeployedProcess,
        elements: list[LiveElement],
        step: Step,
        new: bool,
    ) -> None:
        self.record, self.deployed, self.model, self.step = record, deployed, deployed.model, step
        self.elements: dict[int, LiveElement] = {}
        self.children: dict[int, dict[int, LiveElement]] = {}
        for element in elements:
            self._add(element)
        self.variables = VariableScopes(record.key, self.elements, step.ledger, None if new else step.store)

    # --- the tree -----------------------------------------------------------------------------

    @property
    def root(self) -> LiveElement:
        return self.elements[self.record.key]

    def children_of(self, scope: LiveElement) -> list[LiveElement]:
        return list(self.children.get(scope.key, {}).values())

    def has_children(self, scope: LiveElement) -> bool:
        return bool(self.children.get(scope.key))

    def scope_of(self, element: LiveElement) -> LiveElement | None:
        return self.elements[element.scope_key] if element.scope_key is not None else None

    def outwards(self, element: LiveElement) -> Iterator[LiveElement]:
        """The element instance itself, then the scopes around it."""
        scope: LiveElement | None = element
        while scope is not None:
            yield scope
            scope = self.scope_of(scope)

    def element_of(self, record: LiveElement) -> Element:
        """The drawn element of a record."""
        return self.model.elements.get(drawn_id(record)) or self.model.root

    # --- the life of element instances --------------------------------------------------------

    def begin(
        self,
        element: Element,
        element_type: ElementType,
        scope: LiveElement | None,
        loop_counter: int | None = None,
    ) -> LiveElement:
        """A new element instance, activating. The process itself has no scope and the instance's key."""
        record = self.record
        record.position += 1
        live = LiveElement(
            key=record.key if scope is None else self.step.new_key(),
            process_instance_key=record.key,
            scope_key=scope.key if scope is not None else None,
            element_id=inner_id(element.id, element_type),
            element_type=element_type,
            state=ElementState.ACTIVATING,
            started_at=self.step.clock.now(),
            started_position=record.position,
            loop_counter=loop_counter,
        )
        self._add(live)
        self.step.ledger.instance_changed(record)
        self.step.ledger.element_started(live)
        return live

    def change(self, element: LiveElement, state: ElementState | None = None) -> None:
        """Note that a record has changed; optionally move it to `state`."""
        if state is not None:
            element.state = state
        self.step.ledger.element_changed(element)

    def end(self, element: LiveElement, state: ElementState, actor: str = "") -> None:
        """The element instance is history; its variables end with it, except those of the process."""
        record = self.record
        record.position += 1
        del self.elements[element.key]
        self.children.pop(element.key, None)
        if element.scope_key is not None:
            self.children[element.scope_key].pop(element.key, None)
            self.variables.drop(element.key)
        self.step.ledger.instance_changed(record)
        self.step.ledger.element_ended(element, state, self.step.clock.now(), record.position, actor)

    def take(self, flow: SequenceFlow) -> None:
        """A token goes along the flow."""
        self.record.position += 1
        self.step.ledger.flows_taken.append(
            FlowTaken(process_instance_key=self.record.key, flow_id=flow.id, position=self.record.position)
        )

    def put_under(self, deployed: DeployedProcess) -> None:
        """From now on the instance is one of another definition."""
        self.deployed, self.model = deployed, deployed.model
        self.record.definition_key = deployed.key

    def finish(self, state: InstanceState) -> None:
        """The process instance itself has ended."""
        self.record.state = state
        self.step.ledger.instance_ended(self.record, self.step.clock.now())

    # --- around it ----------------------------------------------------------------------------

    def visible(self, element: LiveElement, extra: Mapping[str, Any] | None = None) -> VariableView:
        return self.variables.view(element.key, extra)

    def log(self, action: str, element: LiveElement, **details: Any) -> None:
        self.step.ledger.log.append(
            LogEntry(
                process_instance_key=self.record.key,
                action=action,
                element_id=element.element_id,
                element_instance_key=element.key,
                details=details,
            )
        )

    def _add(self, element: LiveElement) -> None:
        self.elements[element.key] = element
        if element.scope_key is not None:
            self.children.setdefault(element.scope_key, {})[element.key] = element
