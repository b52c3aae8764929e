"""Compiles names: of the text's own scopes, of filtered items, of variables and of built-in functions."""

from __future__ import annotations

from itertools import islice

from engine.feel.builtins import find_builtin
from engine.feel.code import Code, Compiler, Layer, nearest, rule
from engine.feel.limits import Scope
from engine.feel.nodes import Name, Node
from engine.feel.values import KINDS, normalise


@rule(Name)
def _name(compiler: Compiler, node: Name, layer: Layer) -> Code:
    name, position = node.name, node.position
    if name == "partial":
        compiler.partials += 1
    if name == "item" and (hops := _hops_to_item(layer)) is not None:
        return _item(hops)
    hops, where = _resolve(name, layer)
    if where is None or where.parent is None:
        compiler.names.add(name)
    unknown = _unknown(name, position, compiler.strict)
    if where is None:
        return _walk(name, unknown)
    if where.parent is None:
        return _root(name, hops, unknown)
    return _local(name, hops)


def find_variable(compiler: Compiler, name: str, layer: Layer) -> Code:
    """The closure that looks for a variable and answers None, without a warning, when there is none."""
    _, where = _resolve(name, layer)
    if where is None or where.parent is None:
        compiler.names.add(name)
    return _walk(name, lambda scope: None)


def root_variable(node: Node, layer: Layer) -> str | None:
    """The name, when `node` is nothing but a variable and no scope lies between."""
    if isinstance(node, Name) and layer.parent is None and not layer.is_item:
        return node.name
    return None


def is_local(name: str, layer: Layer) -> bool:
    """Whether the text itself introduces `name`."""
    _, where = _resolve(name, layer)
    return where is not None and where.parent is not None


def _resolve(name: str, layer: Layer) -> tuple[int, Layer | None]:
    """How many scopes out a name is; no layer when an item's scope on the way may have it or not."""
    hops = 0
    each: Layer = layer
    while True:
        if each.is_item:
            return hops, None
        if each.parent is None or name in each.names:
            return hops, each
        each = each.parent
        hops += 1


def _hops_to_item(layer: Layer) -> int | None:
    hops = 0
    each: Layer | None = layer
    while each is not None:
        if each.is_item:
            return hops
        if "item" in each.names:
            return None
        each = each.parent
        hops += 1
    return None


def _item(hops: int) -> Code:
    def evaluate(scope: Scope) -> object:
        for _ in range(hops):
            scope = scope.parent  # type: ignore[assignment]
        item = scope.item
        if type(item) is dict and "item" in item:
            return item["item"]
        return item

    return evaluate


def _local(name: str, hops: int) -> Code:
    if hops == 0:
        return lambda scope: scope.values[name]
    if hops == 1:
        return lambda scope: scope.parent.values[name]  # type: ignore[union-attr]

    def evaluate(scope: Scope) -> object:
        for _ in range(hops):
            scope = scope.parent  # type: ignore[assignment]
        return scope.values[name]

    return evaluate


def _root(name: str, hops: int, unknown: Code) -> Code:
    if hops == 0:

        def evaluate(scope: Scope) -> object:
            try:
                value = scope.values[name]
            except KeyError:
                return unknown(scope)
            return value if type(value) in KINDS else normalise(value)

        return evaluate

    def evaluate_outer(scope: Scope) -> object:
        outer = scope
        for _ in range(hops):
            outer = outer.parent  # type: ignore[assignment]
        try:
            value = outer.values[name]
        except KeyError:
            return unknown(scope)
        return value if type(value) in KINDS else normalise(value)

    return evaluate_outer


def _walk(name: str, unknown: Code) -> Code:
    def evaluate(scope: Scope) -> object:
        each: Scope | None = scope
        while each is not None:
            values = each.values
            if name in values:
                value = values[name]
                return value if type(value) in KINDS else normalise(value)
            each = each.parent
        return unknown(scope)

    return evaluate


def _unknown(name: str, position: int, strict: bool) -> Code:
    builtin = find_builtin(name, strict=strict)
    if builtin is not None:
        return lambda scope: builtin.as_function(strict)

    def warn(scope: Scope) -> None:
        hint = nearest(name, _visible_names(scope))
        scope.run.warn("NO_VARIABLE_FOUND", position, "no variable '%s'%s", name, hint)

    return warn


def _visible_names(scope: Scope) -> list[str]:
    names: list[str] = []
    each: Scope | None = scope
    while each is not None and len(names) < 500:
        names.extend(islice(each.values, 500))
        each = each.parent
    return names
