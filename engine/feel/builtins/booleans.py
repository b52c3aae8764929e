"""`not`, and Camunda's `is defined`, `get or else`, `assert`; the standard's `is`."""

from __future__ import annotations

from engine.feel.builtins.registry import builtin
from engine.feel.errors import FeelError
from engine.feel.limits import Run
from engine.feel.values import equal, kind_of


@builtin("not", "negand: any")
def negation(value: object) -> bool | None:
    return not value if type(value) is bool else None


@builtin("is defined", "value: any")
def is_defined(value: object) -> bool:
    return value is not None


@builtin("get or else", "value: any, default: any")
def get_or_else(value: object, default: object) -> object:
    return default if value is None else value


@builtin("assert", "value: any, condition: any, cause?: string", run=True)
def assert_(run: Run, position: int, value: object, condition: object, cause: str | None = None) -> object:
    """The only function that ends an evaluation."""
    if condition is True:
        return value
    raise FeelError(cause or "the condition of an assert is not fulfilled", position)


@builtin("fromAi", "value: any, description?: any, type?: any, schema?: any, options?: any")
def from_ai(value: object, *_: object) -> object:
    """Marks a parameter for an agent; its value is the value."""
    return value


@builtin("is", "value1?: any, value2?: any", strict=True)
def is_same(a: object = None, b: object = None) -> bool:
    """Equal and written alike: the same offset or zone, too."""
    if kind_of(a) != kind_of(b) or equal(a, b) is not True:
        return False
    return getattr(a, "tzinfo", None) == getattr(b, "tzinfo", None)
