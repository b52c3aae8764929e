"""How built-in functions are declared, found and called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from engine.feel.arithmetic import NoResult
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import Budget, Run
from engine.feel.numbers import NUMERIC
from engine.feel.temporal import FarDate, FarDateTime, YearMonthDuration
from engine.feel.values import KINDS, Function, Range, kind_of, normalise

_TYPES: dict[str, frozenset[type]] = {
    "boolean": frozenset((bool,)),
    "number": NUMERIC,
    "string": frozenset((str,)),
    "list": frozenset((list,)),
    "context": frozenset((dict,)),
    "date": frozenset((date, FarDate)),
    "time": frozenset((time,)),
    "datetime": frozenset((datetime, FarDateTime)),
    "days": frozenset((timedelta,)),
    "months": frozenset((YearMonthDuration,)),
    "duration": frozenset((timedelta, YearMonthDuration)),
    "range": frozenset((Range,)),
    "function": frozenset((Function,)),
    "null": frozenset((type(None),)),
    "point": frozenset((*NUMERIC, date, time, datetime, timedelta, YearMonthDuration, FarDate, FarDateTime)),
}
# Steps for each sixteen items that a function is given or gives; 16 where nothing is said.
_COSTS = {
    **dict.fromkeys(("count", "is empty", "is defined", "get or else", "get value"), 0),
    **dict.fromkeys(("sublist", "append", "concatenate", "insert before", "remove", "reverse"), 1),
    **dict.fromkeys(("distinct values", "duplicate values", "union", "sort", "stddev"), 64),
    **dict.fromkeys(("min", "max", "median", "mode"), 32),
}


class Null(Exception):
    """Raised by a built-in function whose result is null; the message becomes a warning."""


class Parameter(NamedTuple):
    """`types` is none when any value will do, null too."""

    name: str
    types: frozenset[type] | None
    optional: bool


class Signature(NamedTuple):
    """One way to call a function. A variadic one gathers its arguments in a list."""

    parameters: tuple[Parameter, ...]
    variadic: bool
    needs_run: bool
    function: Callable[..., Any]
    least: int
    most: int


class Builtin:
    """A function that every text may call; the first signature that fits the arguments is taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cost = _COSTS.get(name, 16)
        self.signatures: list[Signature] = []
        self.strict_signatures: list[Signature] = []

    def of(self, strict: bool) -> list[Signature]:
        """The signatures of one dialect."""
        return self.strict_signatures if strict else self.signatures

    def call(self, run: Run, position: int, arguments: list[object], strict: bool = False) -> object:
        """The result; null and a warning when no signature fits or the function has no value."""
        signature, fitted = self._fit(arguments, strict)
        if signature is None:
            self._warn_of_misfit(run, position, arguments, strict)
            return None
        return self._invoke(signature, fitted, run, position)

    def call_named(
        self, run: Run, position: int, names: list[str], arguments: list[object], strict: bool = False
    ) -> object:
        """As `call`, with arguments under the names of parameters."""
        given = dict(zip(names, arguments, strict=True))
        wrong_names = True
        for signature in self.of(strict):
            positional = _by_name(signature, given)
            if positional is None:
                continue
            wrong_names = False
            fitted = _fit_all(signature, positional, strict)
            if fitted is not None:
                return self._invoke(signature, fitted, run, position)
        if wrong_names:
            known = " or ".join(self._headings(strict))
            run.warn(
                "NO_FUNCTION_FOUND",
                position,
                "no function %s(%s); known: %s",
                self.name,
                ", ".join(names),
                known,
            )
            return None
        self._warn_of_misfit(run, position, arguments, strict)
        return None

    def as_function(self, strict: bool) -> Function:
        """The function as a value, to hand it to another."""
        names = [parameter.name for parameter in self.of(strict)[0].parameters]
        return Function(names, lambda run, arguments: self.call(run, 0, arguments, strict), self.name)

    def _fit(self, arguments: list[object], strict: bool) -> tuple[Signature | None, list[object]]:
        for signature in self.of(strict):
            fitted = _fit_all(signature, arguments, False)
            if fitted is not None:
                return signature, fitted
        if strict:
            for signature in self.strict_signatures:
                fitted = _fit_all(signature, arguments, True)
                if fitted is not None:
                    return signature, fitted
        return None, []

    def _invoke(self, signature: Signature, arguments: list[object], run: Run, position: int) -> object:
        budget = run.budget
        for argument in arguments:
            self._charge(budget, argument, position)
        try:
            if signature.needs_run:
                result = signature.function(run, position, *arguments)
            else:
                result = signature.function(*arguments)
        except Null as reason:
            run.warn("FUNCTION_INVOCATION_FAILURE", position, "%s(): %s", self.name, reason)
            return None
        except (ArithmeticError, NoResult):
            run.warn("FUNCTION_INVOCATION_FAILURE", position, "%s(): no such number", self.name)
            return None
        except FeelLimitExceeded as error:
            error.position = error.position or position
            raise
        self._charge(budget, result, position)
        return result

    def _charge(self, budget: Budget, value: object, position: int) -> None:
        if isinstance(value, (list, dict)):
            budget.charge(len(value) * self.cost >> 4, position)
        elif isinstance(value, str):
            budget.charge(len(value) >> 6, position)

    def _warn_of_misfit(self, run: Run, position: int, arguments: list[object], strict: bool) -> None:
        given = ", ".join(map(kind_of, arguments))
        known = " or ".join(self._headings(strict))
        run.warn("INVALID_TYPE", position, "%s(%s) does not fit; known: %s", self.name, given, known)

    def _headings(self, strict: bool) -> list[str]:
        return [
            f"{self.name}({', '.join(parameter.name for parameter in each.parameters)})"
            for each in self.of(strict)
        ]


_BUILTINS: dict[str, Builtin] = {}


def find_builtin(name: str, *, strict: bool) -> Builtin | None:
    """The built-in function called `name`, if this dialect has it."""
    found = _BUILTINS.get(name)
    return found if found and found.of(strict) else None


def builtin(
    name: str, parameters: str = "", *, run: bool = False, strict: bool | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a function: `"string: string, length?: number"`; `*list` gathers, `|` means either.

    With `run` it is also given the run and the position of the call. `strict` says in which dialect the
    signature belongs, if not in both.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        entry = _BUILTINS.setdefault(name, Builtin(name))
        signature = _signature(parameters, run, function)
        if strict is not True:
            entry.signatures.append(signature)
        if strict is not False:
            entry.strict_signatures.append(signature)
        return function

    return declare


def _signature(text: str, needs_run: bool, function: Callable[..., Any]) -> Signature:
    variadic = text.startswith("*")
    parameters = tuple(_parameter(part.strip()) for part in text.lstrip("*").split(",") if part.strip())
    least = sum(not parameter.optional for parameter in parameters)
    return Signature(parameters, variadic, needs_run, function, least, len(parameters))


def _parameter(text: str) -> Parameter:
    name, _, types_text = (part.strip() for part in text.partition(":"))
    optional = name.endswith("?")
    if types_text in ("", "any"):
        return Parameter(name.rstrip("?"), None, optional)
    types: frozenset[type] = frozenset()
    for each in types_text.split("|"):
        types |= _TYPES[each.strip()]
    return Parameter(name.rstrip("?"), types, optional)


def _fit_all(signature: Signature, arguments: Sequence[object], coerce: bool) -> list[object] | None:
    parameters = signature.parameters
    if signature.variadic:
        fixed = parameters[:-1]
        if len(arguments) <= len(fixed):
            return None
        head = [
            _fit_one(parameter, argument, coerce)
            for parameter, argument in zip(fixed, arguments, strict=False)
        ]
        tail = [_fit_one(parameters[-1], argument, coerce) for argument in arguments[len(fixed) :]]
        return None if _NO_FIT in head or any(each is _NO_FIT for each in tail) else [*head, tail]
    if not signature.least <= len(arguments) <= signature.most:
        return None
    fitted = []
    for parameter, argument in zip(parameters, arguments, strict=False):
        value = _fit_one(parameter, argument, coerce)
        if value is _NO_FIT:
            return None
        fitted.append(value)
    return fitted


_NO_FIT = object()
MISSING = object()


def _fit_one(parameter: Parameter, argument: object, coerce: bool) -> object:
    types = parameter.types
    if types is None or type(argument) in types or argument is MISSING:
        return argument
    if type(argument) not in KINDS:
        return _fit_one(parameter, normalise(argument), coerce)
    if parameter.optional and argument is None and not coerce:
        return None
    if coerce:
        return _coerced(types, argument)
    return _NO_FIT


def _coerced(types: frozenset[type], argument: object) -> object:
    """The standard's conversions: a list of one for its item, an item for a list of one."""
    if type(argument) is list and len(argument) == 1 and type(argument[0]) in types:
        return argument[0]
    if list in types and argument is not None:
        return [argument]
    return _NO_FIT


def _by_name(signature: Signature, given: dict[str, object]) -> list[object] | None:
    """The named arguments in the order of the parameters; none when a name does not belong here."""
    names = [parameter.name for parameter in signature.parameters]
    if not given.keys() <= set(names):
        return None
    if signature.variadic:
        value = given.get(names[-1])
        return list(value) if type(value) is list else [value]
    arguments: list[object] = []
    for parameter in signature.parameters:
        if parameter.name in given:
            arguments.append(given[parameter.name])
        elif parameter.optional:
            arguments.append(MISSING)
        else:
            return None
    while arguments and arguments[-1] is MISSING:
        arguments.pop()
    return [None if argument is MISSING else argument for argument in arguments]
