"""What the migration page shows: a row for everything that may be mapped, with its choices in the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine import Element, MigrationPlan, MovedElement, PlannedEvent, Problem, ProcessModel

from .i18n import gettext as _
from .i18n import lazy, localized

PROBLEMS = {
    "MAPPING_SOURCE_UNKNOWN": lazy("The mapping names something that is not in the process"),
    "MAPPING_TARGET_UNKNOWN": lazy("The mapping names something that is not in the target"),
    "TARGET_NOT_EXECUTABLE": lazy("The target is not made to run"),
    "ELEMENT_NOT_MAPPED": lazy("Not mapped"),
    "ELEMENT_TYPE_CHANGED": lazy("Another kind of element"),
    "EVENT_TYPE_CHANGED": lazy("Another kind of event"),
    "FLOW_SCOPE_CHANGED": lazy("Inside another container"),
    "REPETITION_CHANGED": lazy("Repeats otherwise"),
    "USER_TASK_IMPLEMENTATION_CHANGED": lazy("The task is done otherwise"),
    "COMPENSATION_CHANGED": lazy("Compensation became something else"),
    "EVENT_DETACHED": lazy("The event belongs to another step"),
    "EVENT_MAPPED_TWICE": lazy("Two events become one"),
    "EVENT_NOT_OPENED": lazy("A new event cannot be waited for"),
    "JOIN_HAS_FEWER_FLOWS": lazy("The gateway joins fewer flows"),
    "FLOW_NOT_MAPPED": lazy("A waiting token has no flow"),
    "FLOW_DETACHED": lazy("The flow leads elsewhere"),
    "FLOW_MAPPED_TWICE": lazy("Two flows become one"),
    "MESSAGE_START_TAKEN": lazy("Another instance runs for this key"),
    "EVENT_KEEPS_ITS_TRIGGER": lazy("Goes on waiting as before"),
    "COMPENSATION_LOST": lazy("Can no longer be undone"),
    "EXCLUSION_WITHOUT_HISTORY": lazy("A four-eyes rule finds nobody"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing to map. `group` is `element`, `flow` or `event`; `choices` are (id, label) in the target."""

    group: str
    id: str
    name: str
    element_type: str
    count: int
    choices: tuple[tuple[str, str], ...]
    chosen: str

    @property
    def field(self) -> str:
        return f"map:{self.id}"


def rows(plan: MigrationPlan, source: ProcessModel, target: ProcessModel) -> list[Row]:
    """What is active, the flows on which tokens wait, and the events that are waited for."""
    found = {row.id: row for row in _rows(plan, source, target)}
    return list(found.values())


def problem_title(problem: Problem) -> str:
    return _(PROBLEMS[problem.code]) if problem.code in PROBLEMS else problem.code


def event_names(events: tuple[PlannedEvent, ...], model: ProcessModel) -> list[str]:
    """The names of events in `model`, each once."""
    ids = [event.target_id if event.target_id in model.elements else event.event_id for event in events]
    return list(dict.fromkeys(_label(model.elements[one]) for one in ids if one in model.elements))


def _rows(plan: MigrationPlan, source: ProcessModel, target: ProcessModel) -> Iterator[Row]:
    for moved in plan.elements:
        yield _flow(moved, source, target, plan) if moved.flow else _element(moved, source, target, plan)
    for event in (*plan.kept, *plan.closed):
        drawn = source.elements[event.event_id]
        yield Row(
            group="event",
            id=drawn.id,
            name=localized(drawn.names, drawn.name) or drawn.id,
            element_type=drawn.type.value,
            count=1,
            choices=_alike(drawn, target),
            chosen=plan.mapping.get(drawn.id, ""),
        )


def _element(moved: MovedElement, source: ProcessModel, target: ProcessModel, plan: MigrationPlan) -> Row:
    drawn = source.elements[moved.element_id]
    return Row(
        group="element",
        id=drawn.id,
        name=localized(drawn.names, drawn.name) or drawn.id,
        element_type=moved.element_type,
        count=moved.count,
        choices=_alike(drawn, target),
        chosen=plan.mapping.get(drawn.id, ""),
    )


def _flow(moved: MovedElement, source: ProcessModel, target: ProcessModel, plan: MigrationPlan) -> Row:
    flow = source.flows[moved.element_id]
    return Row(
        group="flow",
        id=flow.id,
        name=f"{_label(flow.source)} → {_label(flow.target)}",
        element_type="SEQUENCE_FLOW",
        count=moved.count,
        choices=tuple(
            (one.id, f"{_label(one.source)} → {_label(one.target)}")
            for one in target.flows.values()
            if len(one.target.incoming) > 1 and one.target.type is flow.target.type
        ),
        chosen=plan.mapping.get(flow.id, ""),
    )


def _alike(drawn: Element, target: ProcessModel) -> tuple[tuple[str, str], ...]:
    """The elements of the target of the same kind, that of the same id first."""
    alike = [
        (one.id, _label(one))
        for one in target.elements.values()
        if one is not target.root and one.type is drawn.type and one.event.type is drawn.event.type
    ]
    return tuple(sorted(alike, key=lambda choice: choice[0] != drawn.id))


def _label(element: Element) -> str:
    name = localized(element.names, element.name)
    return f"{name} ({element.id})" if name and name != element.id else element.id
