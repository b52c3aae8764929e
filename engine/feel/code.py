"""The frame of the compiler: a tree becomes closures, each of which takes the scope it runs in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

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


class Body(NamedTuple):
    """`cost` are the steps of one evaluation. `has_function`: a function may look at the scope later on.

    `shows_partial`: the list of the results so far is used in another way than `partial[...]`.
    """

    code: Code
    cost: int
    has_function: bool
    shows_partial: bool


N = TypeVar("N", bound=Node)
_RULES: dict[type[Node], Callable[[Compiler, Any, Layer], Code]] = {}


class Compiler:
    """Compiles one text. `names` collects the free variables that it reads.

    What is compiled is counted: all nodes, functions, and uses of `partial` other than `partial[...]`.
    """

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
        self.nodes = 0
        self.functions = 0
        self.partials = 0

    def code(self, node: Node, layer: Layer) -> Code:
        """The closure that evaluates `node` in a scope that looks like `layer`."""
        self.nodes += 1
        return _RULES[type(node)](self, node, layer)

    def measured(self, node: Node, layer: Layer) -> Body:
        """The same for what is evaluated again and again, with what must be known of it."""
        nodes, functions, partials = self.nodes, self.functions, self.partials
        code = self.code(node, layer)
        cost = 1 + (self.nodes - nodes) // 2
        return Body(code, cost, self.functions > functions, self.partials > partials)


def rule(
    node_type: type[N],
) -> Callable[[Callable[[Compiler, N, Layer], Code]], Callable[[Compiler, N, Layer], Code]]:
    """Registers how nodes of one type are compiled."""

    def register(function: Callable[[Compiler, N, Layer], Code]) -> Callable[[Compiler, N, Layer], Code]:
        _RULES[node_type] = function
        return function

    return register


def nearest(name: str, candidates: Iterable[str]) -> str:
    """A hint at the candidate that was probably meant, or nothing."""
    size = len(name)
    similar = [each for each in candidates if abs(len(each) - size) <= 2 and each != name]
    near = difflib.get_close_matches(name, similar[:200], 1, 0.75) if size > 2 else []
    if not near:
        near = [each for each in similar if each.casefold() == name.casefold()]
    return f"; did you mean '{near[0]}'?" if near else ""
