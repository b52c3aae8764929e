"""What has completed and can be undone: it stays so where the compensation event is mapped, as in Camunda."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...bpmn.model import Element
from ...errors import Problem, Severity
from ..compensation import handling_event, remembered
from .element_rules import same_place, same_type
from .situation import Situation, named


@dataclass(kw_only=True)
class _Sorted:
    """The entries of a scope as they go on, and the elements whose work can be undone no longer."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    lost: list[Element] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def undo_problems(at: Situation) -> Iterator[Problem]:
    """A completed activity stays inside its scope; what is not mapped is lost, and the plan says so."""
    for record in at.live:
        element = at.element_of(record)
        found = _sorted(at, remembered(record), element)
        yield from found.problems
        for lost in found.lost:
            event = handling_event(lost)
            yield at.wrong(
                "COMPENSATION_LOST",
                lost,
                f"What {named(lost)} has done can no longer be undone.",
                f"map its compensation event {named(event)} to one of the target" if event else "",
                severity=Severity.WARNING,
            )


def entries_after(
    at: Situation, entries: Sequence[Mapping[str, Any]], around: Element
) -> list[dict[str, Any]]:
    """The records of what can be undone in a scope, under the ids of the target."""
    return _sorted(at, entries, around).kept


def undo_ids(at: Situation) -> Iterator[Element]:
    """The compensation events that records wait for, those of nested records included."""
    todo = [entry for record in at.live for entry in remembered(record)]
    while todo:
        entry = todo.pop()
        todo.extend(entry.get("undo", ()))
        element = at.source.elements[entry["id"]]
        yield handling_event(element) or element


def _sorted(at: Situation, entries: Sequence[Mapping[str, Any]], around: Element) -> _Sorted:
    found = _Sorted()
    for entry in entries:
        element = at.source.elements[entry["id"]]
        inside = _sorted(at, entry.get("undo", ()), element)
        found.lost += inside.lost
        found.problems += inside.problems
        event = handling_event(element)
        becomes = _place(at, element, event, inside)
        if becomes is None:
            found.lost += [element] if event is not None else []
            continue
        after = at.target_of(event) if event is not None else None
        if event is not None and after is not None:
            found.problems += same_type(at, event, after)
        found.problems += same_place(at, element, becomes, around)
        found.kept.append({"id": becomes.id, **({"undo": inside.kept} if inside.kept else {})})
    return found


def _place(at: Situation, element: Element, event: Element | None, inside: _Sorted) -> Element | None:
    """The element of the target under whose id an entry goes on; a subprocess that only holds others goes
    where those are."""
    if event is not None:
        after = at.target_of(event)
        if after is None:
            return None
        return after.attached_to or (after.parent.parent if after.parent is not None else None)
    if not inside.kept:
        return None
    return at.target_of(element) or at.target.elements[inside.kept[0]["id"]].parent
