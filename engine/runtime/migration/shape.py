"""Whether instances that stand at the same elements could migrate, told without looking at each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count

from ...bpmn.model import Element, ElementType, ProcessModel
from ...model import ElementState
from ..joins import arrive
from ..records import LiveElement, drawn_id
from .plan import migration_problems, same_ids
from .situation import Situation

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)

Active = tuple[str, ElementType, Sequence[str]]
"""Element id, type of the record, ids of the flows on which tokens wait inside it."""


def could_migrate(source: ProcessModel, target: ProcessModel, active: Iterable[Active]) -> bool:
    """Whether instances with these active elements could go on under the target with everything under its own
    id. What new events wait for is not evaluated, so that a few may still be refused."""
    live = _records(source, active)
    at = Situation(source=source, target=target, live=live, mapping=same_ids(source, target, live))
    return not any(problem.is_error for problem in migration_problems(at))


def _records(source: ProcessModel, active: Iterable[Active]) -> list[LiveElement]:
    """One record for each active element, inside those of its containers."""
    keys = count(1)
    given = [(next(keys), *one) for one in active]
    found = {(element_id, element_type): key for key, element_id, element_type, _ in given}
    records = []
    for key, element_id, element_type, flows in given:
        record = LiveElement(
            key=key,
            process_instance_key=0,
            scope_key=None,
            element_id=element_id,
            element_type=element_type,
            state=ElementState.ACTIVE,
            started_at=_NO_TIME,
            started_position=0,
        )
        element = source.elements.get(drawn_id(record)) or source.root
        record.scope_key = _scope(element, element_type, found)
        for flow_id in flows:
            arrive(record, source.flows[flow_id])
        records.append(record)
    return records


def _scope(
    element: Element, element_type: ElementType, found: dict[tuple[str, ElementType], int]
) -> int | None:
    body = found.get((element.id, ElementType.MULTI_INSTANCE_BODY))
    if body is not None and element_type is not ElementType.MULTI_INSTANCE_BODY:
        return body
    return found.get((element.parent.id, element.parent.type)) if element.parent is not None else None
