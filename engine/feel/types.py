"""The types of FEEL: what `instance of` asks, what parameters promise, and what is converted by itself.

Null is an instance of no type but `Null`. Inside lists, contexts and ranges it fits any type, and whoever
checks a value that may be missing lets null pass first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from engine.feel.nodes import (
    ContextLiteral,
    FunctionDefinition,
    ListLiteral,
    Literal,
    Negation,
    Node,
    TemporalLiteral,
    TypeName,
)
from engine.feel.temporal import parse_temporal
from engine.feel.values import Function, Range, kind_of


class Type:
    """Any value but null, and the base of all other types."""

    name = "Any"

    def admits(self, value: object) -> bool:
        """Whether `value` is of this type, whatever values the type's author allows."""
        return value is not None

    def allows(self, value: object) -> bool:
        """Whether `value`, which is of this type, is among the values that its author allows."""
        return True

    def includes(self, other: Type) -> bool:
        """Whether every value of `other` is of this type; of an unknown type that is assumed."""
        return True

    def convert(self, value: object) -> object:
        """`value` made one of this type as the standard does it, or None: a list of one item for the item."""
        if type(value) is list and len(value) == 1 and self.admits(value[0]):
            return value[0]
        return None


class SimpleType(Type):
    """A type that is known by its name alone."""

    def __init__(self, kind: str) -> None:
        self.name = self.kind = kind

    def admits(self, value: object) -> bool:
        return kind_of(value) == self.kind

    def includes(self, other: Type) -> bool:
        return is_any(other) or (isinstance(other, SimpleType) and other.kind == self.kind)

    def convert(self, value: object) -> object:
        if self.kind == "date and time" and type(value) is date:
            return datetime.combine(value, time(), UTC)
        return super().convert(value)


class ListType(Type):
    def __init__(self, element: Type) -> None:
        self.element = element
        self.name = f"list<{element.name}>"

    def admits(self, value: object) -> bool:
        if type(value) is not list:
            return False
        return is_any(self.element) or all(item is None or self.element.admits(item) for item in value)

    def allows(self, value: object) -> bool:
        return type(value) is list and all(item is None or self.element.allows(item) for item in value)

    def includes(self, other: Type) -> bool:
        return is_any(other) or (isinstance(other, ListType) and self.element.includes(other.element))

    def convert(self, value: object) -> object:
        return [value] if value is not None and self.element.admits(value) else None


class RangeType(Type):
    def __init__(self, element: Type) -> None:
        self.element = element
        self.name = f"range<{element.name}>"

    def admits(self, value: object) -> bool:
        if type(value) is not Range:
            return False
        return all(side is None or self.element.admits(side) for side in (value.start, value.end))

    def includes(self, other: Type) -> bool:
        return is_any(other) or (isinstance(other, RangeType) and self.element.includes(other.element))


class ContextType(Type):
    """A context that has these entries at least; an entry may be null but not missing."""

    def __init__(self, entries: Mapping[str, Type], name: str = "") -> None:
        self.entries = dict(entries)
        inner = ", ".join(f"{key}: {type_.name}" for key, type_ in entries.items())
        self.name = name or (f"context<{inner}>" if entries else "context")

    def admits(self, value: object) -> bool:
        if type(value) is not dict:
            return False
        return all(
            key in value and (value[key] is None or type_.admits(value[key]))
            for key, type_ in self.entries.items()
        )

    def allows(self, value: object) -> bool:
        if type(value) is not dict:
            return False
        return all(value.get(key) is None or type_.allows(value[key]) for key, type_ in self.entries.items())

    def includes(self, other: Type) -> bool:
        if is_any(other):
            return True
        return isinstance(other, ContextType) and all(
            key in other.entries and type_.includes(other.entries[key]) for key, type_ in self.entries.items()
        )


class FunctionType(Type):
    """`parameters` is None when any are taken."""

    def __init__(self, parameters: Sequence[Type] | None, result: Type, name: str = "") -> None:
        self.parameters = None if parameters is None else tuple(parameters)
        self.result = result
        inner = ", ".join(type_.name for type_ in self.parameters or ())
        self.name = name or f"function<{inner}> -> {result.name}"

    def admits(self, value: object) -> bool:
        if type(value) is not Function:
            return False
        if isinstance(value.signature, FunctionType):
            return self.includes(value.signature)
        return self.parameters is None or len(self.parameters) == len(value.parameters)

    def includes(self, other: Type) -> bool:
        """Parameters the other way round: a function that takes more will do."""
        if is_any(other):
            return True
        if not isinstance(other, FunctionType) or not self.result.includes(other.result):
            return False
        if self.parameters is None or other.parameters is None:
            return True
        return len(self.parameters) == len(other.parameters) and all(
            theirs.includes(ours) for ours, theirs in zip(self.parameters, other.parameters, strict=True)
        )


class NullType(Type):
    name = "Null"

    def admits(self, value: object) -> bool:
        return value is None

    def includes(self, other: Type) -> bool:
        return isinstance(other, NullType)


ANY = Type()
NULL = NullType()
SIMPLE_TYPES: Mapping[str, Type] = {
    "any": ANY,
    "null": NULL,
    **{
        kind: SimpleType(kind)
        for kind in (
            "number",
            "string",
            "boolean",
            "date",
            "time",
            "date and time",
            "days and time duration",
            "years and months duration",
        )
    },
    "datetime": SimpleType("date and time"),
    "daytimeduration": SimpleType("days and time duration"),
    "day-time-duration": SimpleType("days and time duration"),
    "yearmonthduration": SimpleType("years and months duration"),
    "year-month-duration": SimpleType("years and months duration"),
    "list": ListType(ANY),
    "context": ContextType({}),
    "function": FunctionType(None, ANY, "function"),
    "range": RangeType(ANY),
}
"""The types that need no definition, by their names in lower case."""


def resolve(node: TypeName, named: Mapping[str, Type] | None = None) -> Type | None:
    """The type that a text names, among those of a model (`named`) first; None when nobody knows it."""
    if node.entries is not None:
        entries = [(key, resolve(entry, named)) for key, entry in node.entries]
        return ContextType({key: type_ or ANY for key, type_ in entries})
    if node.parameters is not None:
        parameters = [resolve(parameter, named) or ANY for parameter in node.parameters]
        return FunctionType(parameters, (node.element and resolve(node.element, named)) or ANY)
    if node.element is not None:
        element = resolve(node.element, named)
        if element is None:
            return None
        return RangeType(element) if node.name.lower() == "range" else ListType(element)
    if named is not None and node.name in named:
        return named[node.name]
    return SIMPLE_TYPES.get(node.name.lower())


def infer(node: Node | None, named: Mapping[str, Type] | None = None) -> Type:
    """What a text says of its own type: literals are of theirs, anything else is of any."""
    match node:
        case Literal():
            return ANY if node.value is None else SimpleType(kind_of(node.value))
        case Negation():
            return infer(node.value, named)
        case TemporalLiteral():
            value = parse_temporal(node.text)
            return ANY if value is None else SimpleType(kind_of(value))
        case ContextLiteral():
            return ContextType({key: infer(value, named) for key, value in node.entries})
        case ListLiteral() if node.items:
            first, *others = [infer(item, named) for item in node.items]
            return ListType(first if all(first.includes(other) for other in others) else ANY)
        case FunctionDefinition():
            types = [(resolve(type_, named) or ANY) if type_ else ANY for type_ in node.types]
            return FunctionType(types, infer(node.body, named))
        case _:
            return ANY


def is_any(type_: Type) -> bool:
    """Whether this is the type of all values."""
    return type(type_) is Type
