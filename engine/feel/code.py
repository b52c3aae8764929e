"""The frame of the compiler: a tree becomes closures, each of which takes the scope it runs in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from engine.feel.limits import Scope
from engine.feel.nodes import Node
from engine.feel.types import Type

Code = Callable[[Scope], Any]


class Layer:
    """What is known, while compiling, of one scope: the names in it, or that it is a filtered item's."""

    __slots__ = ("is_item", "names", "parent")

    def __init__(
        self, names: Collection[str] = (), parent: Layer | None = None, *, is_item: bool = False
    ) -> None:
        self.names = set(names)
        self.parent = parent
        self.is_item = is_item


N = TypeVar("N", bound=Node)
_RULES: dict[type[Node], Callable[[Compiler, Any, Layer], Code]] = {}


class Compiler:
    """Compiles one text. `names` collects the free variables that it reads."""

    def __init__(
        self,
        *,
        strict: bool = False,
        variables: Collection[str] = (),
        types: Mapping[str, Type] | None = None,
    ) -> None:
        self.strict = strict
        self.types = types
        self.variables = frozenset(variables)
        self.names: set[str] = set()

    def code(self, node: Node, layer: Layer) -> Code:
        """The closure that evaluates `node` in a scope that looks like `layer`."""
        return _RULES[type(node)](self, node, layer)


def rule(
    node_type: type[N],
) -> Callable[[Callable[[Compiler, N, Layer], Code]], Callable[[Compiler, N, Layer], Code]]:
    """Registers how nodes of one type are compiled."""

    def register(function: Callable[[Compiler, N, Layer], Code]) -> Callable[[Compiler, N, Layer], Code]:
        _RULES[node_type] = function
        return function

    return register


def walk(node: object) -> Iterable[Node]:
    """`node` and all nodes below it."""
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, Node):
            yield each
            pending.extend(getattr(each, field.name) for field in fields(each))
        elif isinstance(each, (list, tuple)):
            pending.extend(each)


def weight(node: Node) -> int:
    """The steps that one evaluation of `node` costs."""
    return 1 + sum(1 for _ in walk(node)) // 2


def nearest(name: str, candidates: Iterable[str]) -> str:
    """A hint at the candidate that was probably meant, or nothing."""
    size = len(name)
    similar = [each for each in candidates if abs(len(each) - size) <= 2 and each != name]
    near = difflib.get_close_matches(name, similar[:200], 1, 0.75) if size > 2 else []
    if not near:
        near = [each for each in similar if each.casefold() == name.casefold()]
    return f"; did you mean '{near[0]}'?" if near else ""
