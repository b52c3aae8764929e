"""The types that a DMN file defines, over those of FEEL, and the checks of values against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.dmn import model
from engine.dmn.run import Run, Scope
from engine.feel import FeelSyntaxError, UnaryTests, compile_expression, parse_temporal
from engine.feel.nodes import InstanceOf
from engine.feel.types import (
    ANY,
    SIMPLE_TYPES,
    ContextType,
    FunctionType,
    ListType,
    SimpleType,
    Type,
    resolve,
)

Tests = Callable[[str, model.ItemDefinition], UnaryTests | None]
"""Compiles the allowed values of an item definition."""


class ConstrainedType(Type):
    """A type of which not every value is allowed."""

    def __init__(self, name: str, base: Type, tests: UnaryTests) -> None:
        self.name, self.base, self._tests = name, base, tests
        self.allowed_text = tests.text

    def admits(self, value: object) -> bool:
        return self.base.admits(value)

    def allows(self, value: object) -> bool:
        return self.base.allows(value) and self._tests.evaluate(value, {}).value is True

    def includes(self, other: Type) -> bool:
        return self.base.includes(other)

    def convert(self, value: object) -> object:
        return self.base.convert(value)


class NamedType(Type):
    """A type looked up when it is used, so that definitions may name each other in any order."""

    def __init__(self, name: str, types: Mapping[str, Type]) -> None:
        self.name, self._types = name, types

    @property
    def _type(self) -> Type:
        return self._types.get(self.name, ANY)

    def admits(self, value: object) -> bool:
        return self._type.admits(value)

    def allows(self, value: object) -> bool:
        return self._type.allows(value)

    def includes(self, other: Type) -> bool:
        return self._type.includes(other)

    def convert(self, value: object) -> object:
        return self._type.convert(value)


def build_types(
    definitions: Sequence[model.ItemDefinition], imported: Mapping[str, Type], tests: Tests
) -> Mapping[str, Type]:
    """All types of a file by name, those of imported models as `import.name`."""
    types: dict[str, Type] = dict(imported)
    builder = _Builder(types, {definition.name: definition for definition in definitions}, tests)
    for definition in definitions:
        builder.named(definition.name)
    return types


def find_type(type_ref: str, types: Mapping[str, Type]) -> Type | None:
    """The type that a model names: a defined one, one of FEEL or of Camunda, or `list<string>`."""
    if type_ref in types:
        return types[type_ref]
    simple = SIMPLE_TYPES.get(_SYNONYMS.get(type_ref.lower(), type_ref.lower()))
    if simple is not None or "<" not in type_ref:
        return simple
    try:
        node = compile_expression(f"null instance of {type_ref}", known_names=types.keys()).node
    except FeelSyntaxError:
        return None
    return resolve(node.type, types) if isinstance(node, InstanceOf) else None


def conform(value: object, type_: Type) -> tuple[bool, object]:
    """Whether `value` is, or can be made, an allowed value of the type, and that value. Null always is."""
    if value is None:
        return True, None
    if not type_.admits(value):
        value = type_.convert(value)
        if value is None:
            return False, None
    return type_.allows(value), value


def from_text(value: object, type_: Type) -> object:
    """ISO text made the date, time or duration that the type asks for, else None."""
    if isinstance(value, str) and isinstance(type_, SimpleType) and type_.kind in _TEMPORAL:
        found = parse_temporal(value)
        return found if type_.admits(found) else type_.convert(found)
    return None


def typed(
    step: Callable[[Scope, Run], object], type_: Type | None, what: str
) -> Callable[[Scope, Run], object]:
    """`step` with the standard's check: a value that does not conform is null, and warned of."""
    if type_ is None or type_ is ANY:
        return step

    def evaluate(scope: Scope, run: Run) -> object:
        value = step(scope, run)
        conforms, converted = conform(value, type_)
        if not conforms:
            run.warn("INVALID_TYPE", f"{what} is no {type_.name}")
            return None
        return converted

    return evaluate


class _Builder:
    def __init__(
        self, types: dict[str, Type], definitions: Mapping[str, model.ItemDefinition], tests: Tests
    ) -> None:
        self._types, self._definitions, self._tests = types, definitions, tests
        self._active: set[str] = set()

    def named(self, name: str) -> Type:
        if name in self._types:
            return self._types[name]
        if name not in self._definitions:
            return find_type(name, self._types) or ANY
        if name in self._active or len(self._active) == _MOST_NESTED:
            return NamedType(name, self._types)
        self._active.add(name)
        built = self._build(self._definitions[name])
        self._active.discard(name)
        self._types[name] = ANY if isinstance(built, NamedType) and built.name == name else built
        return self._types[name]

    def _build(self, definition: model.ItemDefinition) -> Type:
        base = self._base(definition)
        if definition.allowed_values:
            base = self._constrained(definition.allowed_values, base, definition)
        if definition.is_collection:
            base = ListType(base)
        if definition.type_constraint:
            base = self._constrained(definition.type_constraint, base, definition)
        return base

    def _base(self, definition: model.ItemDefinition) -> Type:
        if definition.components:
            return ContextType(
                {component.name: self._build(component) for component in definition.components},
                "" if definition.is_collection else definition.name,
            )
        if definition.function_parameters is not None:
            parameters = [self._reference(parameter.type_ref) for parameter in definition.function_parameters]
            return FunctionType(parameters, self._reference(definition.function_result), definition.name)
        return self._reference(definition.type_ref)

    def _reference(self, type_ref: str) -> Type:
        return self.named(type_ref) if type_ref else ANY

    def _constrained(self, text: str, base: Type, definition: model.ItemDefinition) -> Type:
        tests = self._tests(text, definition)
        return base if tests is None else ConstrainedType(definition.name, base, tests)


_MOST_NESTED = 100
_TEMPORAL = frozenset(
    ("date", "time", "date and time", "days and time duration", "years and months duration")
)
_SYNONYMS = {"integer": "number", "long": "number", "double": "number"}
