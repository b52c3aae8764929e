"""Which variables to offer for correction beside an incident, the likely culprits first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine import Incident, JobFilter, Variable

from . import json_input
from .context import actor, engine
from .i18n import gettext as _


@dataclass(frozen=True, kw_only=True)
class Input:
    """`text` is the value as JSON, empty when it is missing. `suspect`: the message speaks of it."""

    name: str
    text: str
    note: str = ""
    suspect: bool = False


def inputs_of(
    incident: Incident, variables: Sequence[Variable], scope_of: Mapping[int, int | None]
) -> list[Input]:
    """What the element sees or lacks: first what the message names, then what the handler reads."""
    seen = _visible(incident, variables, scope_of)
    wanted = _read_by_the_handler(incident)
    found = [
        Input(
            name=name,
            text=json_input.to_text(seen[name].value) if name in seen else "",
            note=_note(name, seen, wanted),
            suspect=f"'{name}'" in incident.message,
        )
        for name in sorted(seen.keys() | wanted.keys())
    ]
    return sorted(found, key=lambda one: (not one.suspect, one.name not in wanted, one.name))


def _note(name: str, seen: Mapping[str, Variable], wanted: Mapping[str, bool]) -> str:
    if name not in wanted:
        return ""
    if name in seen:
        return _("read by this step")
    return _("missing") if wanted[name] else _("missing, optional")


def _visible(
    incident: Incident, variables: Sequence[Variable], scope_of: Mapping[int, int | None]
) -> dict[str, Variable]:
    """The variables that the element sees, the innermost of each name."""
    chain: list[int] = []
    scope: int | None = incident.element_instance_key
    while scope is not None and scope not in chain:
        chain.append(scope)
        scope = scope_of.get(scope)
    chain.append(incident.process_instance_key)
    visible: dict[str, Variable] = {}
    for level in reversed(chain):
        visible.update({v.name: v for v in variables if v.scope_key == level})
    return visible


def _read_by_the_handler(incident: Incident) -> dict[str, bool]:
    """The inputs of the failing handler, and whether each is required."""
    if incident.job_key is None:
        return {}
    jobs = engine().jobs(JobFilter(keys=(incident.job_key,)), by=actor(), limit=1).items
    handlers = engine().handlers
    if not jobs or jobs[0].type not in handlers.types:
        return {}
    return {spec.variable: spec.required for spec in handlers[jobs[0].type].spec.inputs}
