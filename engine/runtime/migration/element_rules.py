"""What a live element may become: an element of the same kind, in the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...bpmn.model import Element, ElementType
from ...errors import Problem
from ..records import LiveElement
from .situation import Situation, is_round, kind, named

Rule = Callable[[Situation, LiveElement, Element, Element], Iterator[Problem]]


def mapping_problems(at: Situation) -> Iterator[Problem]:
    """Ids in the mapping that the two definitions do not have."""
    for source_id, target_id in at.mapping.items():
        if source_id not in at.source.elements and source_id not in at.source.flows:
            yield Problem(
                file=at.source.file,
                code=SOURCE_UNKNOWN,
                element_id=source_id,
                message=f"The instance's definition has no element or flow '{source_id}'.",
                hint="leave it out of the mapping",
            )
        elif target_id not in at.target.elements and target_id not in at.target.flows:
            yield Problem(
                file=at.target.file,
                code=TARGET_UNKNOWN,
                element_id=source_id,
                message=f"'{source_id}' is mapped to '{target_id}', which the target does not have.",
                hint="map it to an element of the target, or deploy a version that has it",
            )


def element_problems(at: Situation) -> Iterator[Problem]:
    """Everything that keeps a live element from becoming what it is mapped to."""
    for record in at.live:
        element = at.element_of(record)
        if element is at.source.root:
            continue
        becomes = at.target_of(element)
        if becomes is not None:
            for rule in _RULES:
                yield from rule(at, record, element, becomes)
        elif element.id not in at.mapping:
            yield not_mapped(at, element, "is active")


def not_mapped(at: Situation, element: Element, why: str) -> Problem:
    return at.wrong(
        "ELEMENT_NOT_MAPPED",
        element,
        f"{named(element)} {why}, but the mapping does not say what it becomes.",
        f"map it to a {kind(element)} of the target, or move its token to another element before",
    )


def same_type(at: Situation, element: Element, becomes: Element) -> Iterator[Problem]:
    if element.type is not becomes.type:
        yield at.wrong(
            "ELEMENT_TYPE_CHANGED",
            element,
            f"{named(element)} is a {kind(element)}, but {named(becomes)} is a {kind(becomes)}.",
            f"map it to a {kind(element)}",
        )
    elif element.event.type is not becomes.event.type:
        yield at.wrong(
            "EVENT_TYPE_CHANGED",
            element,
            f"{named(element)} is a {kind(element)}, but {named(becomes)} is a {kind(becomes)}.",
            f"map it to a {kind(element)}, or leave it out where it is only waited for",
        )


def same_place(at: Situation, element: Element, becomes: Element, around: Element) -> Iterator[Problem]:
    """`around` is the container that the live element is in."""
    expected = at.target_of(around)
    if expected is not None and becomes.parent is not expected:
        found = named(becomes.parent) if becomes.parent is not None else "nothing"
        yield at.wrong(
            "FLOW_SCOPE_CHANGED",
            element,
            f"{named(element)} is inside {named(around)}, which becomes {named(expected)}; "
            f"but {named(becomes)} is inside {found}.",
            "map it to an element inside the same container; moving in or out of one is not possible",
        )


def _type(at: Situation, record: LiveElement, element: Element, becomes: Element) -> Iterator[Problem]:
    return same_type(at, element, becomes)


def _place(at: Situation, record: LiveElement, element: Element, becomes: Element) -> Iterator[Problem]:
    scope = at.scope_of(record)
    if "compensates" in record.data:
        return  # it runs where the compensation was thrown, and that is not always the container around it
    if scope is not None and not is_round(record, scope):
        yield from same_place(at, element, becomes, at.element_of(scope))


def _repetition(at: Situation, record: LiveElement, element: Element, becomes: Element) -> Iterator[Problem]:
    before, after = _repeats(element), _repeats(becomes)
    if before != after:
        yield at.wrong(
            "REPETITION_CHANGED",
            element,
            f"{named(element)} runs {before}, but {named(becomes)} runs {after}.",
            "map it to an activity with the same marker",
        )
    elif record.element_type is ElementType.MULTI_INSTANCE_BODY and _collects(element) != _collects(becomes):
        yield at.wrong(
            "REPETITION_CHANGED",
            element,
            f"{named(element)} collects its results in {_collects(element) or 'nothing'}, "
            f"but {named(becomes)} in {_collects(becomes) or 'nothing'}.",
            "keep the name of the output collection, so that results collected so far are not lost",
        )


def _repeats(element: Element) -> str:
    if element.multi_instance is not None:
        return (
            "several times in sequence" if element.multi_instance.sequential else "several times in parallel"
        )
    return "in a loop" if element.standard_loop is not None else "once"


def _collects(element: Element) -> str:
    return element.multi_instance.output_collection if element.multi_instance is not None else ""


def _implementation(
    at: Situation, record: LiveElement, element: Element, becomes: Element
) -> Iterator[Problem]:
    if element.user_task is None or becomes.user_task is None:
        return
    if element.user_task.is_job != becomes.user_task.is_job:
        words = {True: "a job for a worker", False: "managed by the engine"}
        yield at.wrong(
            "USER_TASK_IMPLEMENTATION_CHANGED",
            element,
            f"The user task {named(element)} is {words[element.user_task.is_job]}, "
            f"but {named(becomes)} is {words[becomes.user_task.is_job]}.",
            "map it to a user task of the same implementation, or start the new one by hand in its place",
        )


def _compensation(
    at: Situation, record: LiveElement, element: Element, becomes: Element
) -> Iterator[Problem]:
    if element.is_for_compensation != becomes.is_for_compensation:
        handler, other = (element, becomes) if element.is_for_compensation else (becomes, element)
        yield at.wrong(
            "COMPENSATION_CHANGED",
            element,
            f"{named(handler)} is a compensation handler, but {named(other)} is not.",
            "map a compensation handler to a compensation handler",
        )


_RULES: tuple[Rule, ...] = (_type, _place, _repetition, _implementation, _compensation)

SOURCE_UNKNOWN = "MAPPING_SOURCE_UNKNOWN"
TARGET_UNKNOWN = "MAPPING_TARGET_UNKNOWN"
