"""HandlerRegistry: which handler does which job type."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from .declaration import Handler, declared


class HandlerRegistry:
    """Filled at start-up, read afterwards."""

    def __init__(self, handlers: Iterable[Callable[..., Any]] = ()) -> None:
        self._handlers: dict[str, Handler] = {}
        for function in handlers:
            self.register(function)

    @classmethod
    def from_packages(cls, *packages: str) -> HandlerRegistry:
        """Every `@handler` in the modules called `handlers` anywhere inside these packages."""
        registry = cls()
        for package in packages:
            for module in _handler_modules(importlib.import_module(package)):
                registry.register_module(module)
        return registry

    def register(self, function: Callable[..., Any]) -> None:
        """Raises ValueError when the function is no handler or its type has another handler already."""
        found = declared(function)
        if found is None:
            raise ValueError(f"{function!r} is not marked with @handler")
        known = self._handlers.get(found.type)
        if known is not None and known.function is not found.function:
            raise ValueError(
                f"two handlers for job type '{found.type}': {_place(known.function)} and {_place(function)}"
            )
        self._handlers[found.type] = found

    def register_module(self, module: ModuleType) -> None:
        for value in list(vars(module).values()):
            if declared(value) is not None:
                self.register(value)

    @property
    def types(self) -> frozenset[str]:
        return frozenset(self._handlers)

    def get(self, type: str) -> Handler | None:
        return self._handlers.get(type)

    def __getitem__(self, type: str) -> Handler:
        return self._handlers[type]

    def __contains__(self, type: object) -> bool:
        return type in self._handlers

    def __iter__(self) -> Iterator[Handler]:
        return iter(self._handlers.values())

    def __len__(self) -> int:
        return len(self._handlers)


def _handler_modules(package: ModuleType) -> Iterator[ModuleType]:
    paths = getattr(package, "__path__", None)
    if paths is None:
        yield package
        return
    for found in pkgutil.walk_packages(paths, package.__name__ + "."):
        if "handlers" in found.name.split("."):
            yield importlib.import_module(found.name)


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
