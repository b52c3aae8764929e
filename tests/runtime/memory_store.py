"""A live state in memory for tests of the runtime: it stores what `Changes` say, as JSON text and back."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from engine.bpmn.model import ElementType
from engine.model import ElementState, InstanceState
from engine.runtime.changes import Changes
from engine.runtime.records import LiveElement, LiveInstance
from engine.runtime.sources import UNLOADED

LARGE = 200
"""Values whose text is longer come as UNLOADED, so that lazy loading is in every test."""


class MemoryStore:
    """`engine.runtime.sources.LiveState`, and everything that has ended."""

    def __init__(self) -> None:
        self.instances: dict[int, str] = {}
        self.elements: dict[int, dict[int, str]] = {}
        self.variables: dict[int, dict[int, dict[str, str]]] = {}
        self.history: list[Any] = []
        self.flows: list[Any] = []
        self.ended: dict[int, InstanceState] = {}
        self.local_history: dict[int, dict[str, Any]] = {}
        self.value_history: list[tuple[int, str, Any]] = []
        self.instance_of: dict[int, int] = {}
        self.user_tasks: dict[int, Any] = {}

    # --- LiveState ----------------------------------------------------------------------------

    def load_instance(self, process_instance_key: int) -> LiveInstance | None:
        text = self.instances.get(process_instance_key)
        return None if text is None else _read(LiveInstance, text)

    def load_elements(self, process_instance_key: int) -> list[LiveElement]:
        rows = self.elements.get(process_instance_key, {})
        return [_read(LiveElement, rows[key]) for key in sorted(rows)]

    def load_variables(self, process_instance_key: int) -> dict[int, dict[str, Any]]:
        return {
            scope: {n: UNLOADED if len(t) > LARGE else from_text(t) for n, t in variables.items()}
            for scope, variables in self.variables.get(process_instance_key, {}).items()
        }

    def load_variable(self, scope_key: int, name: str) -> Any:
        for scopes in self.variables.values():
            if scope_key in scopes:
                return from_text(scopes[scope_key][name])
        raise KeyError(scope_key, name)

    def find_process_instance(self, element_instance_key: int) -> int | None:
        return self.instance_of.get(element_instance_key)

    def load_user_task(self, key: int) -> Any:
        return self.user_tasks[key]

    def completers(
        self,
        process_instance_key: int,
        element_ids: Collection[str],
        after: int = 0,
        until: int | None = None,
    ) -> set[str]:
        return {
            e.actor
            for e in self.history
            if e.process_instance_key == process_instance_key
            and e.element_id in element_ids
            and e.actor
            and after < e.ended_position <= (until or e.ended_position)
        }

    # --- writing --------------------------------------------------------------------------------

    def write(self, changes: Changes) -> None:
        for instance in [*changes.instances_started, *changes.instances_changed]:
            self.instances[instance.key] = to_text(asdict(instance))
        for element in [*changes.elements_started, *changes.elements_changed]:
            self.elements.setdefault(element.process_instance_key, {})[element.key] = to_text(asdict(element))
            self.instance_of[element.key] = element.process_instance_key
        for ended in changes.elements_ended:
            self.elements.get(ended.process_instance_key, {}).pop(ended.key, None)
            self.instance_of.pop(ended.key, None)
        self.user_tasks |= {task.key: task for task in changes.user_tasks_created}
        for key, changed in changes.user_tasks_changed.items():
            self.user_tasks[key] = replace(self.user_tasks[key], **changed)
        self.history.extend(changes.elements_ended)
        self.flows.extend(changes.flows_taken)
        for variable in changes.variables_set:
            scopes = self.variables.setdefault(variable.process_instance_key, {})
            scopes.setdefault(variable.scope_key, {})[variable.name] = to_text(variable.value)
            self.value_history.append((variable.scope_key, variable.name, variable.value))
        for variable in changes.variables_ended:
            self.local_history.setdefault(variable.scope_key, {})[variable.name] = variable.value
        for scope in changes.scopes_dropped:
            for scopes in self.variables.values():
                scopes.pop(scope, None)
        for ended_instance in changes.instances_ended:
            self.instances.pop(ended_instance.key)
            assert not self.elements.get(ended_instance.key), "an ended instance left live elements"
            self.ended[ended_instance.key] = ended_instance.state

    # --- looking --------------------------------------------------------------------------------

    def variables_of(self, process_instance_key: int, scope_key: int | None = None) -> dict[str, Any]:
        scopes = self.variables.get(process_instance_key, {})
        key = process_instance_key if scope_key is None else scope_key
        if key in self.local_history:
            return self.local_history[key]
        return {name: from_text(text) for name, text in scopes.get(key, {}).items()}


def to_text(value: Any) -> str:
    return json.dumps(value, default=_default)


def from_text(text: str) -> Any:
    return json.loads(text, object_hook=_hook)


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$seconds": value.total_seconds()}
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{value!r} cannot be stored")


def _hook(pairs: dict[str, Any]) -> Any:
    if "$decimal" in pairs:
        return Decimal(pairs["$decimal"])
    if "$time" in pairs:
        return datetime.fromisoformat(pairs["$time"])
    return pairs


_ENUMS = {"element_type": ElementType, LiveElement: ElementState, LiveInstance: InstanceState}


def _read(kind: Any, text: str) -> Any:
    data = from_text(text)
    data["state"] = _ENUMS[kind](data["state"])
    if "element_type" in data:
        data["element_type"] = ElementType(data["element_type"])
    return kind(**{f.name: data[f.name] for f in fields(kind)})
