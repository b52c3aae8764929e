"""The runtime's view of stored instances: `engine.runtime.sources.LiveState` over one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..model import UserTask
from ..runtime.records import LiveElement, LiveInstance
from ..storage import View


class StoredState:
    def __init__(self, view: View, owners: Mapping[int, int]) -> None:
        """`owners`: process instances of element instances, as far as the caller has just read them."""
        self._view, self._owners = view, owners

    def load_instance(self, process_instance_key: int) -> LiveInstance | None:
        return self._view.instances.live(process_instance_key)

    def load_elements(self, process_instance_key: int) -> list[LiveElement]:
        return self._view.tokens.of_instance(process_instance_key)

    def load_variables(self, process_instance_key: int) -> Mapping[int, Mapping[str, Any]]:
        return self._view.variables.load(process_instance_key)

    def load_variable(self, scope_key: int, name: str) -> Any:
        return self._view.variables.value(scope_key, name)

    def find_process_instance(self, element_instance_key: int) -> int | None:
        owner = self._owners.get(element_instance_key)
        return owner or self._view.tokens.process_instance_of(element_instance_key)

    def load_user_task(self, key: int) -> UserTask:
        return self._view.user_tasks.get(key)

    def completers(
        self,
        process_instance_key: int,
        element_ids: Collection[str],
        after: int = 0,
        until: int | None = None,
    ) -> set[str]:
        return self._view.history.completers(process_instance_key, element_ids, after, until)


def visible_variables(
    view: View, element_instance_key: int, names: Sequence[str] | None = None
) -> dict[str, Any]:
    """What a live element instance sees, inner scopes before outer ones; only `names` when given."""
    scopes: list[int] = []
    scope: int | None = element_instance_key
    while scope is not None:
        scopes.append(scope)
        element = view.tokens.get(scope)
        scope = element.scope_key if element is not None else None
    found: dict[str, Any] = {}
    for scope_key in reversed(scopes):
        found.update(view.variables.of_scope(scope_key, names))
    return found
