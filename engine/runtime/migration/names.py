"""The names that elements had before migrations: history stays as it was written, and four-eyes rules look
into it under the id of today.

The record of the process keeps `data["renamed"]`: for each migration that gave an element another id, the
position in the instance's history and a mapping from old to new ids.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Any

from ...bpmn.model import ProcessModel
from ..records import LiveElement
from .situation import Situation

_RENAMED = "renamed"


@dataclass(frozen=True, kw_only=True)
class PastNames:
    """What some elements were called in the part of the history after position `after`, up to `until`
    (None: to its end)."""

    element_ids: frozenset[str]
    after: int
    until: int | None


def past_names(
    process: Mapping[str, Any], element_ids: Collection[str], known: Container[str]
) -> list[PastNames]:
    """Under which ids to look for these elements, newest part of the history first.

    `process` is the data of the process's record. An id that the present definition does not know is one
    from before a migration, as a called process may name it still.
    """
    migrations: list[tuple[int, dict[str, str]]] = process.get(_RENAMED, [])
    names = frozenset(present_name(process, element_id, known) for element_id in element_ids)
    found = []
    until: int | None = None
    for position, renamed in reversed(migrations):
        found.append(PastNames(element_ids=names, after=position, until=until))
        names = frozenset(old for old, new in renamed.items() if new in names) | (names - set(renamed))
        until = position
    found.append(PastNames(element_ids=names, after=0, until=until))
    return found


def present_name(process: Mapping[str, Any], element_id: str, known: Container[str]) -> str:
    """The id of today for one that may be older."""
    if element_id in known:
        return element_id
    for _, renamed in process.get(_RENAMED, []):
        element_id = renamed.get(element_id, element_id)
    return element_id


def remember_names(at: Situation, process: LiveElement, position: int) -> None:
    """Write down which elements are called otherwise from now on."""
    renamed = {
        source: target
        for source, target in at.mapping.items()
        if source != target and source in at.source.elements
    }
    renamed |= _starts(at.source, at.target, renamed)
    if renamed:
        process.data[_RENAMED] = [*process.data.get(_RENAMED, []), [position, renamed]]


def _starts(source: ProcessModel, target: ProcessModel, renamed: Mapping[str, str]) -> dict[str, str]:
    """A start event stands for the person who started the instance, whatever it is called."""
    starts = target.root.start_events
    if not starts:
        return {}
    present = target.root.none_start or starts[0]
    return {
        start.id: present.id
        for start in source.root.start_events
        if start.id not in renamed and start.id not in {one.id for one in starts}
    }
