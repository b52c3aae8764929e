"""MigrationPlan: what a migration would do to an instance, and everything that speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...bpmn.model import Element, ElementType, ProcessModel
from ...errors import Problem, Severity
from ..joins import waiting_flows
from ..records import LiveElement
from ..subscriptions import catching_events, subscriptions_of
from .element_rules import element_problems, mapping_problems
from .event_rules import event_problems, kept_events, new_events, trigger_notes
from .join_rules import flows_with_tokens, join_problems
from .records import pending_problems
from .situation import Situation, kind, named
from .undo_rules import undo_ids, undo_problems


@dataclass(frozen=True, kw_only=True)
class MovedElement:
    """Live element instances of one element, and the element that they become; `target_id` is empty while the
    mapping does not say. `kind` is the kind of element in words. `waits` marks a join that holds tokens, and
    `flow` the flow on which one waits."""

    element_id: str
    name: str
    element_type: str
    kind: str
    count: int
    target_id: str
    waits: bool = False
    flow: bool = False


@dataclass(frozen=True, kw_only=True)
class PlannedEvent:
    """An event that `element_id` (in the source) waits for, by now or from then on. `event_id` is empty for
    one that is new, `target_id` for one that is waited for no longer."""

    element_id: str
    event_id: str
    target_id: str
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class MigrationPlan:
    """`elements` are the active ones, the joins at which tokens wait, and the flows on which they do. Of the
    events that those wait for, `kept` go on as they are (a timer with its due time, a message with its
    correlation key), `closed` are waited for no longer, and `opened` from then on.

    `problems` holds errors, which forbid the migration, and warnings.
    """

    source_key: int
    target_key: int
    mapping: Mapping[str, str]
    elements: tuple[MovedElement, ...]
    kept: tuple[PlannedEvent, ...]
    closed: tuple[PlannedEvent, ...]
    opened: tuple[PlannedEvent, ...]
    problems: tuple[Problem, ...]

    @property
    def is_possible(self) -> bool:
        return not any(problem.is_error for problem in self.problems)


def plan_migration(
    at: Situation, *, source_key: int, target_key: int, more: Sequence[Problem] = ()
) -> MigrationPlan:
    """The plan, with every problem at once. `more` are problems that only the caller can know."""
    events = list(_events(at))
    return MigrationPlan(
        source_key=source_key,
        target_key=target_key,
        mapping=dict(at.mapping),
        elements=tuple(_moved(at)),
        kept=tuple(dict.fromkeys(e for e in events if e.event_id and e.target_id)),
        closed=tuple(dict.fromkeys(e for e in events if not e.target_id)),
        opened=tuple(dict.fromkeys(e for e in events if not e.event_id)),
        problems=tuple(dict.fromkeys([*migration_problems(at), *more])),
    )


def migration_problems(at: Situation) -> Iterator[Problem]:
    """Everything that the two definitions, the mapping and the live records tell."""
    yield from mapping_problems(at)
    if not at.target.executable:
        yield Problem(
            file=at.target.file,
            code="TARGET_NOT_EXECUTABLE",
            message=f"The process '{at.target.process_id}' of the target is not executable.",
            hint="choose a version that was deployed to run",
        )
    yield from element_problems(at)
    yield from event_problems(at)
    yield from join_problems(at)
    yield from undo_problems(at)
    yield from pending_problems(at)
    yield from trigger_notes(at)
    yield from _exclusion_notes(at)


def same_ids(source: ProcessModel, target: ProcessModel, live: Sequence[LiveElement]) -> dict[str, str]:
    """The mapping to begin with: what has the same id and the same kind in both, as far as it matters.

    An event that belongs to another element in the target is left out: it is closed, and opened there.
    """
    at = Situation(source=source, target=target, live=live, mapping={})
    mapping = {e.id: e.id for e in _mappable(at) if _same(target.elements.get(e.id), e)}
    for record in live:
        for flow_id in waiting_flows(record):
            if flow_id in target.flows:
                mapping[flow_id] = flow_id
    found = Situation(source=source, target=target, live=live, mapping=mapping)
    detached = {p.element_id for p in event_problems(found) if p.code == "EVENT_DETACHED"}
    return {source_id: target_id for source_id, target_id in mapping.items() if source_id not in detached}


def _mappable(at: Situation) -> Iterator[Element]:
    """The elements that a mapping may have to name: active ones, their events, joins, what can be undone."""
    for record in at.live:
        element = at.element_of(record)
        if element is not at.source.root:
            yield element
        yield from catching_events(element, record.element_type)
    for waiting in flows_with_tokens(at):
        yield waiting.flow.target
    yield from undo_ids(at)


def _same(target: Element | None, source: Element) -> bool:
    return target is not None and target.type is source.type and target.event.type is source.event.type


# Records that stand beside one of the element itself: around its rounds, and inside an ad-hoc subprocess.
_BESIDE = (ElementType.MULTI_INSTANCE_BODY, ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE)


def _moved(at: Situation) -> Iterator[MovedElement]:
    counts: dict[Element, int] = {}
    for record in at.live:
        element = at.element_of(record)
        if element is not at.source.root and record.element_type not in _BESIDE:
            counts[element] = counts.get(element, 0) + 1
    for record in at.live:
        element = at.element_of(record)
        if record.element_type is ElementType.MULTI_INSTANCE_BODY:
            counts.setdefault(element, 1)
    for element, count in counts.items():
        yield _line(at, element, count=count)
    joins = {}
    for waiting in flows_with_tokens(at):
        join, flow = waiting.flow.target, waiting.flow
        if join not in joins:
            joins[join] = True
            yield _line(at, join, count=1, waits=True)
        target = waiting.target(at)
        yield MovedElement(
            element_id=flow.id,
            name=flow.name or f"{named(flow.source)} → {named(join)}",
            element_type="SEQUENCE_FLOW",
            kind="sequence flow",
            count=1,
            target_id=target.id if target is not None else "",
            flow=True,
        )


def _line(at: Situation, element: Element, *, count: int, waits: bool = False) -> MovedElement:
    becomes = at.target_of(element)
    return MovedElement(
        element_id=element.id,
        name=element.name,
        element_type=element.type.value,
        kind=kind(element),
        count=count,
        target_id=becomes.id if becomes is not None else "",
        waits=waits,
    )


def _events(at: Situation) -> Iterator[PlannedEvent]:
    for record in at.live:
        element = at.element_of(record)
        kept = kept_events(at, record)
        for event_id in subscriptions_of(record):
            event = at.source.elements[event_id]
            if event is not element:
                target = kept.get(event_id)
                yield _event(element, event, event_id, target.id if target is not None else "")
        for event in new_events(at, record):
            if event is not at.target_of(element):
                yield _event(element, event, "", event.id)


def _event(element: Element, event: Element, event_id: str, target_id: str) -> PlannedEvent:
    return PlannedEvent(
        element_id=element.id, event_id=event_id, target_id=target_id, name=event.name, kind=kind(event)
    )


def _exclusion_notes(at: Situation) -> Iterator[Problem]:
    """A four-eyes rule of the target that names a step under an id which this instance has never known."""
    known = set(at.source.elements) | set(at.mapping.values())
    for element in at.target.elements.values():
        if element.user_task is None:
            continue
        for reference in element.user_task.excluded_elements:
            if not reference.startswith("parent:") and reference not in known:
                yield at.wrong(
                    "EXCLUSION_WITHOUT_HISTORY",
                    element,
                    f"{named(element)} keeps those away who have completed '{reference}', a step which this "
                    "instance does not know by that name.",
                    "if it had another id before, map that id as well",
                    severity=Severity.WARNING,
                )
