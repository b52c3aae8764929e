"""Variables live in scopes; they are found upwards and written to the nearest scope that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from .ledger import Ledger
from .records import LiveElement
from .sources import UNLOADED, LiveState

_MISSING = object()
_SCALARS = (str, int, Decimal, bool, type(None))


class VariableScopes:
    """All variables of one process instance: one dictionary per scope, loaded when first asked for.

    `changed` collects (scope key, name, was created) while `watching`, for conditional events.
    """

    __slots__ = ("_elements", "_ledger", "_load", "_root", "_scopes", "_store", "changed", "watching")

    def __init__(
        self, root_key: int, elements: Mapping[int, LiveElement], ledger: Ledger, store: LiveState | None
    ) -> None:
        """`store` is None for an instance that begins in this step: it has nothing to load."""
        self._root, self._elements, self._ledger, self._store = root_key, elements, ledger, store
        self._scopes: dict[int, dict[str, Any]] | None = {} if store is None else None
        self.changed: list[tuple[int, str, bool]] = []
        self.watching = False

    # --- reading ------------------------------------------------------------------------------

    def view(self, scope_key: int, extra: Mapping[str, Any] | None = None) -> VariableView:
        """The variables visible from a scope, nearest first; `extra` come before all."""
        scopes = self._all()
        chain: list[tuple[int, Mapping[str, Any]]] = [(0, extra)] if extra else []
        key: int | None = scope_key
        while key is not None:
            variables = scopes.get(key)
            if variables:
                chain.append((key, variables))
            element = self._elements.get(key)
            key = element.scope_key if element is not None else None
        return VariableView(chain, self._fetch)

    def local(self, scope_key: int) -> dict[str, Any]:
        """The variables of this scope alone, all loaded."""
        variables = self._all().get(scope_key, {})
        return {
            name: self._fetch(scope_key, name) if value is UNLOADED else value
            for name, value in variables.items()
        }

    def get_local(self, scope_key: int, name: str) -> Any:
        value = self._all().get(scope_key, {}).get(name)
        return self._fetch(scope_key, name) if value is UNLOADED else value

    # --- writing ------------------------------------------------------------------------------

    def set_local(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Create or overwrite variables of this scope itself."""
        for name, value in variables.items():
            self._write(scope_key, name, value)

    def propagate(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Write each variable to the nearest scope that has it, `scope_key` first, else to the process."""
        scopes = self._all()
        for name, value in variables.items():
            self._write(self._owner(scopes, scope_key, name), name, value)

    def drop(self, scope_key: int) -> None:
        """The scope ends, its variables with it."""
        variables = self._all().pop(scope_key, None)
        if variables:
            last = {name: value for name, value in variables.items() if value is not UNLOADED}
            self._ledger.scope_dropped(self._root, scope_key, last)

    # --- inside -------------------------------------------------------------------------------

    def _all(self) -> dict[int, dict[str, Any]]:
        if self._scopes is None:
            assert self._store is not None
            loaded = self._store.load_variables(self._root)
            self._scopes = {key: dict(variables) for key, variables in loaded.items()}
        return self._scopes

    def _owner(self, scopes: dict[int, dict[str, Any]], scope_key: int, name: str) -> int:
        key: int | None = scope_key
        while key is not None:
            if name in scopes.get(key, ()):
                return key
            element = self._elements.get(key)
            key = element.scope_key if element is not None else None
        return self._root

    def _write(self, scope_key: int, name: str, value: Any) -> None:
        scope = self._all().setdefault(scope_key, {})
        before = scope.get(name, _MISSING)
        if type(before) is type(value) and isinstance(value, _SCALARS) and before == value:
            return
        scope[name] = value
        self._ledger.variable_set(self._root, scope_key, name, value)
        if self.watching:
            self.changed.append((scope_key, name, before is _MISSING))

    def _fetch(self, scope_key: int, name: str) -> Any:
        assert self._store is not None
        value = self._store.load_variable(scope_key, name)
        self._all()[scope_key][name] = value
        return value


class VariableView(Mapping[str, Any]):
    """A lazy view of a chain of scopes; large values are read when somebody asks for them."""

    __slots__ = ("_chain", "_fetch")

    def __init__(self, chain: list[tuple[int, Mapping[str, Any]]], fetch: Callable[[int, str], Any]) -> None:
        self._chain, self._fetch = chain, fetch

    def __getitem__(self, name: str) -> Any:
        for key, variables in self._chain:
            value = variables.get(name, _MISSING)
            if value is not _MISSING:
                return self._fetch(key, name) if value is UNLOADED else value
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        for key, variables in self._chain:
            value = variables.get(name, _MISSING)
            if value is not _MISSING:
                return self._fetch(key, name) if value is UNLOADED else value
        return default

    def __contains__(self, name: object) -> bool:
        return any(name in variables for _, variables in self._chain)

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for _, variables in self._chain:
            for name in variables:
                if name not in seen:
                    seen.add(name)
                    yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def exact(value: Any) -> Any:
    """The same JSON value with decimals in place of floats and lists in place of tuples."""
    if value is None or isinstance(value, str | int | Decimal):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {str(name): exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not a JSON value")
