"""What a batch operation would touch: the process instances it fits, and why not the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from ..batch import (
    BatchOperationType,
    BatchRefusal,
    BatchRepair,
    EverythingChosen,
    NothingChosen,
)
from ..errors import InvalidInput
from ..filters import ProcessInstanceFilter
from ..model import InstanceState, ProcessInstance
from ..storage import View
from .values import checked_variables

MAX_ITEMS = 100_000
MAX_KEYS = 5_000

_Kind = BatchOperationType
_WITH_VARIABLES = (_Kind.UPDATE_VARIABLE, _Kind.RESOLVE_INCIDENT)
_OUTERMOST = (_Kind.CANCEL_PROCESS_INSTANCE, _Kind.SUSPEND_PROCESS_INSTANCE, _Kind.RESUME_PROCESS_INSTANCE)
_ENDED = (InstanceState.COMPLETED, InstanceState.TERMINATED)


@dataclass(frozen=True)
class Plan:
    """`items` are pairs of the item's key and its process instance; `refused` are keys of instances."""

    items: list[tuple[int, ProcessInstance]]
    refused: dict[BatchRefusal, list[int]]

    def summary(self) -> Mapping[BatchRefusal, tuple[int, int]]:
        """How many are left out for each reason, and one of them."""
        return {reason: (len(keys), keys[0]) for reason, keys in self.refused.items()}


def checked_repair(repair: BatchRepair) -> BatchRepair:
    """The same with exact values. Raises InvalidInput for parts that do not belong to the kind, or lack."""
    kind = repair.type
    if repair.variables and kind not in _WITH_VARIABLES:
        raise InvalidInput(f"{kind} takes no variables")
    if repair.moves and kind is not _Kind.MODIFY_PROCESS_INSTANCE:
        raise InvalidInput(f"{kind} moves no tokens")
    migration = kind is _Kind.MIGRATE_PROCESS_INSTANCE
    if (repair.target_definition_key is not None or repair.mapping is not None) and not migration:
        raise InvalidInput(f"{kind} leads to no other definition")
    if migration and repair.target_definition_key is None:
        raise InvalidInput("name the process definition to migrate to")
    if kind is _Kind.UPDATE_VARIABLE and not repair.variables:
        raise InvalidInput("name at least one variable to set")
    if kind is _Kind.MODIFY_PROCESS_INSTANCE and not repair.moves:
        raise InvalidInput("name the element where tokens stand and the element where they go")
    for source, target in repair.moves.items():
        if not source or not target:
            raise InvalidInput("a move needs the element where tokens stand and the element where they go")
        if source == target:
            raise InvalidInput(f"a token at '{source}' is there already")
    return replace(repair, variables=checked_variables(repair.variables))


def check_filter(filter: ProcessInstanceFilter, *, everything: bool) -> None:
    """Raises EverythingChosen for a filter without criterion, unless that is meant."""
    if filter.keys is not None and len(filter.keys) > MAX_KEYS:
        raise InvalidInput(f"name at most {MAX_KEYS} process instances by key; use other criteria")
    named = [getattr(filter, one.name) for one in fields(filter) if one.name != "except_keys"]
    if not everything and all(value in (None, "") for value in named):
        raise EverythingChosen


def planned(view: View, repair: BatchRepair, filter: ProcessInstanceFilter, *, empty: bool = False) -> Plan:
    """Every item, oldest instance first. Raises NothingChosen when there is none, unless it may be `empty`;
    InvalidInput when there are more than MAX_ITEMS; ProcessDefinitionNotFound for an unknown target."""
    chosen = view.instances.matching(filter, limit=MAX_ITEMS + 1)
    if len(chosen) > MAX_ITEMS:
        raise InvalidInput(f"more than {MAX_ITEMS} process instances match; narrow the filter")
    refused: dict[BatchRefusal, list[int]] = {}
    unknown = set(filter.keys or ()) - {one.key for one in chosen}
    if unknown:
        refused[BatchRefusal.UNKNOWN] = sorted(unknown)
    refusal = _judge(view, repair, filter)
    fitting: list[ProcessInstance] = []
    for instance in chosen:
        reason = refusal(instance)
        if reason is None:
            fitting.append(instance)
        else:
            refused.setdefault(reason, []).append(instance.key)
    items = [(instance.key, instance) for instance in fitting]
    if repair.type is _Kind.RESOLVE_INCIDENT:
        items = _incidents(view, filter, fitting, refused)
    if not items and not empty:
        why = ", ".join(f"{reason} ({len(keys)})" for reason, keys in refused.items())
        raise NothingChosen("no process instance fits" + (f"; left out: {why}" if why else ""))
    return Plan(items, refused)


def _judge(
    view: View, repair: BatchRepair, filter: ProcessInstanceFilter
) -> Callable[[ProcessInstance], BatchRefusal | None]:
    kind = repair.type
    standing: set[int] = set()
    target = repair.target_definition_key
    if target is not None:
        view.definitions.process(target)
    if kind is _Kind.MODIFY_PROCESS_INSTANCE:
        standing = view.tokens.at(list(repair.moves), filter)

    def refusal(instance: ProcessInstance) -> BatchRefusal | None:
        if instance.state in _ENDED:
            return BatchRefusal.ENDED
        if kind in _OUTERMOST and instance.parent_key is not None:
            return BatchRefusal.CALLED
        suspended = instance.state is InstanceState.SUSPENDED
        if kind is _Kind.RESUME_PROCESS_INSTANCE:
            return None if suspended else BatchRefusal.NOT_SUSPENDED
        if suspended and kind is not _Kind.CANCEL_PROCESS_INSTANCE:
            return BatchRefusal.SUSPENDED
        if kind is _Kind.MODIFY_PROCESS_INSTANCE and instance.key not in standing:
            return BatchRefusal.NO_TOKEN
        return BatchRefusal.ALREADY_THERE if instance.definition_key == target else None

    return refusal


def _incidents(
    view: View,
    filter: ProcessInstanceFilter,
    fitting: list[ProcessInstance],
    refused: dict[BatchRefusal, list[int]],
) -> list[tuple[int, ProcessInstance]]:
    """The open incidents of the instances, and of those that the outermost ones called."""
    found = view.incidents.open_of_matching(filter, limit=MAX_ITEMS + 1)
    if len(found) > MAX_ITEMS:
        raise InvalidInput(f"more than {MAX_ITEMS} incidents match; narrow the filter")
    by_key = {one.key: one for one in fitting}
    items = []
    troubled = set()
    for incident in found:
        instance = by_key.get(incident.process_instance_key) or by_key.get(incident.root_process_instance_key)
        if instance is not None:
            troubled |= {incident.process_instance_key, incident.root_process_instance_key}
            items.append((incident.key, instance))
    calm = [one.key for one in fitting if one.key not in troubled]
    if calm:
        refused[BatchRefusal.NO_INCIDENT] = calm
    return items
