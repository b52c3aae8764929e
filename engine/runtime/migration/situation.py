"""Situation: an instance as it stands, the definition it shall go to, and how its elements are mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...bpmn.model import Element, ElementType, ProcessModel
from ...errors import Problem, Severity
from ..records import LiveElement, drawn_id


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`live` are all live element instances, the process itself included. `mapping` leads from the ids of the
    source's elements and flows to those of the target's; the process need not be in it."""

    source: ProcessModel
    target: ProcessModel
    live: Sequence[LiveElement]
    mapping: Mapping[str, str]
    _by_key: dict[int, LiveElement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_key.update((record.key, record) for record in self.live)

    def element_of(self, record: LiveElement) -> Element:
        """The drawn element of a record, in the source."""
        return self.source.elements.get(drawn_id(record)) or self.source.root

    def target_of(self, element: Element) -> Element | None:
        """The element of the target that this one becomes; None while the mapping does not say."""
        if element is self.source.root:
            return self.target.root
        return self.target.elements.get(self.mapping.get(element.id, ""))

    def scope_of(self, record: LiveElement) -> LiveElement | None:
        return self._by_key.get(record.scope_key) if record.scope_key is not None else None

    def wrong(
        self, code: str, element: Element, message: str, hint: str, *, severity: Severity = Severity.ERROR
    ) -> Problem:
        return Problem(
            file=self.target.file,
            code=code,
            message=message,
            hint=hint,
            element_id=element.id,
            element_name=element.name,
            severity=severity,
        )


def named(element: Element) -> str:
    """`'Approve' (approve)`, or the id alone."""
    return f"'{element.name}' ({element.id})" if element.name else f"'{element.id}'"


def kind(element: Element) -> str:
    """What the element is, in words: `user task`, `timer boundary event`."""
    words = element.type.value.lower().replace("_", " ")
    if element.type.is_event and element.event.type.value != "none":
        return f"{element.event.type.value} {words}"
    return words


def is_round(record: LiveElement, scope: LiveElement | None) -> bool:
    """Whether the record is a round inside the body of its own element, or an inner instance of its own
    ad-hoc subprocess."""
    if record.element_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
        return True
    return (
        scope is not None
        and scope.element_type is ElementType.MULTI_INSTANCE_BODY
        and scope.element_id == record.element_id
    )
