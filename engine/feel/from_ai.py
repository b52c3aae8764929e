"""What `fromAi(...)` calls in an expression ask for: read off the text, without evaluating it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from engine.feel.expression import Expression
from engine.feel.nodes import Call, ContextLiteral, ListLiteral, Literal, Name, Negation, Node, Path

_PARAMETERS = ("value", "description", "type", "schema", "options")


def from_ai_parameters(expression: Expression) -> list[dict[str, Any]]:
    """One context for each call, in Camunda's shape: `name` is the reference that the value comes from
    (`toolCall.orderId`); `description`, `type`, `schema` and `options` as far as they are constants."""
    return [found for call in _calls(expression.node) if (found := _parameter(call)) is not None]


def _calls(node: Any) -> Iterator[Call]:
    """All calls of `fromAi`, outer ones before inner ones, left to right."""
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, list | tuple):
            todo.extend(reversed(part))
        elif isinstance(part, Node):
            if isinstance(part, Call) and isinstance(part.function, Name) and part.function.name == "fromAi":
                yield part
            fields = [getattr(part, field.name) for field in dataclasses.fields(part)]
            todo.extend(reversed(fields))


def _parameter(call: Call) -> dict[str, Any] | None:
    given = dict(zip(call.names or _PARAMETERS, call.arguments, strict=False))
    name = _reference(given.pop("value", None))
    if name is None:
        return None
    found: dict[str, Any] = {"name": name}
    for parameter, node in given.items():
        value = _constant(node)
        if value not in (None, "", {}, []):
            found[parameter] = value
    return found


def _reference(node: Node | None) -> str | None:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path):
        before = _reference(node.value)
        return None if before is None else f"{before}.{node.name}"
    return None


def _constant(node: Node) -> Any:
    match node:
        case Literal():
            return node.value
        case Negation(value=Literal(value=number)) if isinstance(number, int):
            return -number
        case ListLiteral():
            return [_constant(item) for item in node.items]
        case ContextLiteral():
            return {name: _constant(value) for name, value in node.entries}
    return None
