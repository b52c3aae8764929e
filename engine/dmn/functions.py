"""Makes function values of business knowledge models, decision services and boxed functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.dmn.types import conform
from engine.feel import Function
from engine.feel.builtins import Null
from engine.feel.limits import Run as FeelRun
from engine.feel.types import FunctionType


def make_function(
    name: str, parameters: Sequence[str], signature: FunctionType, body: Callable[[dict[str, object]], object]
) -> Function:
    """A function that gives its body the arguments by name, once they conform to the parameters' types."""
    types = signature.parameters or ()

    def invoke(caller: FeelRun, arguments: Sequence[object]) -> object:
        if len(arguments) != len(parameters):
            raise Null(f"{name} takes {len(parameters)} arguments, not {len(arguments)}")
        values: dict[str, object] = {}
        for parameter, type_, argument in zip(parameters, types, arguments, strict=True):
            conforms, value = conform(argument, type_)
            if not conforms:
                raise Null(f"the argument '{parameter}' of {name} is no {type_.name}")
            _put(parameter, value, values)
        return body(values)

    return Function(parameters, invoke, name, signature)


def _put(name: str, value: object, values: dict[str, object]) -> None:
    """A parameter called `Person.Name` is read as the entry `Name` of `Person`."""
    first, dot, rest = name.partition(".")
    if not dot:
        values[name] = value
        return
    inner = values.setdefault(first, {})
    if isinstance(inner, dict):
        _put(rest, value, inner)
