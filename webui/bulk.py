"""What an admin asked for on the bulk pages: which instances, which repair, and its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from engine import (
    BatchItemFilter,
    BatchItemState,
    BatchOperation,
    BatchOperationType,
    BatchRefusal,
    BatchRepair,
    InstanceState,
    ProcessInstanceFilter,
)

from . import formats, json_input
from .context import actor, engine, me
from .i18n import gettext as _
from .i18n import lazy

KINDS = {
    "RESOLVE_INCIDENT": lazy("Retry incidents"),
    "UPDATE_VARIABLE": lazy("Change variables"),
    "MODIFY_PROCESS_INSTANCE": lazy("Move tokens"),
    "MIGRATE_PROCESS_INSTANCE": lazy("Migrate to another version"),
    "SUSPEND_PROCESS_INSTANCE": lazy("Suspend"),
    "RESUME_PROCESS_INSTANCE": lazy("Resume"),
    "CANCEL_PROCESS_INSTANCE": lazy("Cancel instances"),
}
REFUSALS = {
    BatchRefusal.UNKNOWN: lazy("do not exist"),
    BatchRefusal.ENDED: lazy("have ended"),
    BatchRefusal.CALLED: lazy("were called by another instance and go with that one"),
    BatchRefusal.SUSPENDED: lazy("are suspended; resume them first"),
    BatchRefusal.NOT_SUSPENDED: lazy("are not suspended"),
    BatchRefusal.NO_INCIDENT: lazy("have no incident"),
    BatchRefusal.NO_TOKEN: lazy("have no token at that step"),
    BatchRefusal.ALREADY_THERE: lazy("run on that version already"),
}
STATES: dict[str, tuple[InstanceState, ...] | None] = {
    "active": (InstanceState.ACTIVE, InstanceState.SUSPENDED),
    "incident": (InstanceState.ACTIVE, InstanceState.SUSPENDED),
    "completed": (InstanceState.COMPLETED,),
    "cancelled": (InstanceState.TERMINATED,),
    "all": None,
}
_CRITERIA = ("state", "process", "version", "element", "mine", "q")
MAX_FAILED = 5_000
LOOK_AT = 200


def list_filter(given: Mapping[str, str]) -> ProcessInstanceFilter:
    """The instances that the list shows for these fields of its address."""
    state = given.get("state", "active")
    version = given.get("version", "")
    return ProcessInstanceFilter(
        states=STATES.get(state, STATES["active"]),
        has_incident=True if state == "incident" else None,
        process_id=given.get("process") or None,
        process_version=int(version) if version.isdecimal() else None,
        element_id=given.get("element") or None,
        started_by=me() if given.get("mine") else None,
        text=given.get("q", "").strip() or None,
    )


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """One request of the bulk page. `fields` are what the next request must carry to mean the same;
    `wrong` says what is wrong with a field, by its name."""

    kind: BatchOperationType
    fields: list[tuple[str, str]]
    filter: ProcessInstanceFilter
    by_filter: bool
    variables: str = ""
    source: str = ""
    target: str = ""
    definition: str = ""
    reason: str = ""
    everything: bool = False
    wrong: Mapping[str, str] = field(default_factory=dict)
    repair: BatchRepair | None = None

    @property
    def means_everything(self) -> bool:
        """Whether no criterion narrows the choice but the state of the list."""
        chosen = replace(self.filter, states=None, started_before=None)
        return self.by_filter and chosen == ProcessInstanceFilter()

    @property
    def process_id(self) -> str:
        """The process of the chosen instances, as far as the first ones tell; empty for several."""
        if self.filter.process_id:
            return self.filter.process_id
        first = engine().process_instances(self.filter, by=actor(), limit=LOOK_AT).items
        found = {instance.process_id for instance in first}
        return found.pop() if len(found) == 1 else ""


def asked() -> Bulk:
    """The request of this moment. A kind that is not known is that of a retry."""
    given = request.values
    kind = given.get("kind", "")
    known = BatchOperationType(kind if kind in KINDS else "RESOLVE_INCIDENT")
    filter, fields, by_filter = _choice(given)
    variables, source = given.get("variables", ""), given.get("source", "")
    bulk = Bulk(
        kind=known,
        fields=[*fields, ("kind", str(known))],
        filter=filter,
        by_filter=by_filter,
        variables=variables,
        source=source or (given.get("element", "") if known == "MODIFY_PROCESS_INSTANCE" else ""),
        target=given.get("target", ""),
        definition=given.get("definition", ""),
        reason=given.get("reason", "").strip(),
        everything=given.get("everything") == "yes",
    )
    return _with_repair(bulk)


def failed_again(batch: BatchOperation) -> dict[str, str]:
    """The address of the preview that tries the failed items of a batch once more."""
    repair = batch.repair
    fields = {"kind": str(batch.type), "failed_of": str(batch.key), "reason": repair.reason}
    if repair.variables:
        fields["variables"] = json_input.to_text(dict(repair.variables))
    if len(repair.moves) == 1:
        fields["source"], fields["target"] = next(iter(repair.moves.items()))
    if repair.target_definition_key is not None:
        fields["definition"] = str(repair.target_definition_key)
    return {name: value for name, value in fields.items() if value}


def _choice(given: MultiDict[str, str]) -> tuple[ProcessInstanceFilter, list[tuple[str, str]], bool]:
    if given.get("failed_of", "").isdecimal():
        return _failed(int(given["failed_of"])), [("failed_of", given["failed_of"])], False
    if given.get("scope") == "filter":
        criteria = [(name, given[name]) for name in _CRITERIA if given.get(name)]
        before = _moment(given.get("before", ""))
        filter = replace(list_filter(dict(criteria)), started_before=before)
        return filter, [("scope", "filter"), *criteria, ("before", before.isoformat())], True
    keys = [key for key in given.getlist("key") if key.isdecimal() and len(key) < 19]
    filter = ProcessInstanceFilter(keys=tuple(dict.fromkeys(map(int, keys))))
    return filter, [("key", key) for key in keys], False


def _failed(batch_key: int) -> ProcessInstanceFilter:
    wanted = BatchItemFilter(batch_operation_key=batch_key, states=(BatchItemState.FAILED,))
    items = engine().batch_operation_items(wanted, by=actor(), limit=MAX_FAILED).items
    return ProcessInstanceFilter(keys=tuple(dict.fromkeys(item.process_instance_key for item in items)))


def _moment(text: str) -> datetime:
    """What started after the preview is not meant by it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = formats.now() + timedelta(microseconds=1)
    return moment if moment.tzinfo else formats.now()


def _with_repair(bulk: Bulk) -> Bulk:
    """With what is to be done, when the fields for it are filled in and right."""
    parts: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    match bulk.kind:
        case BatchOperationType.UPDATE_VARIABLE | BatchOperationType.RESOLVE_INCIDENT:
            needs = ("variables",) if bulk.kind is BatchOperationType.UPDATE_VARIABLE else ()
            if bulk.variables.strip():
                parts["variables"], mistake = read_object(bulk.variables)
                wrong |= {"variables": mistake} if mistake else {}
        case BatchOperationType.MODIFY_PROCESS_INSTANCE:
            needs = ("source", "target")
            parts["moves"] = {bulk.source: bulk.target}
            if bulk.source and bulk.source == bulk.target:
                wrong["target"] = _("The token is there already.")
        case BatchOperationType.MIGRATE_PROCESS_INSTANCE:
            needs = ("definition",)
            if bulk.definition.isdecimal():
                parts["target_definition_key"] = int(bulk.definition)
    missing = [name for name in needs if not getattr(bulk, name).strip()]
    if "preview" in request.values or request.method == "POST":
        wrong |= {name: _("This is needed.") for name in missing}
    if wrong or missing:
        return replace(bulk, wrong=wrong)
    return replace(bulk, repair=BatchRepair(type=bulk.kind, reason=bulk.reason, **parts))


def read_object(text: str) -> tuple[dict[str, Any], str]:
    """A JSON object of variables, and what is wrong with it."""
    try:
        value = json_input.read(text)
    except json_input.NotJson as mistake:
        return {}, str(mistake)
    if not isinstance(value, dict):
        return {}, _('Write an object with a name for each value, for example {"amount": 5}.')
    return value, ""
