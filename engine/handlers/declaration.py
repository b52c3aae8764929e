"""`@handler`: how a function says which job type it does, and what its signature means to a process."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from ..errors import HandlerFailed, JobInputInvalid
from .conversion import (
    Unfit,
    UnsupportedType,
    accepts_none,
    camel_case,
    check_type,
    convert,
    describe,
    to_json_value,
    to_variables,
)
from .job_context import JobContext

F = TypeVar("F", bound=Callable[..., Any])

RESULT_VARIABLE = "resultVariable"
_MARK = "__tenure_handler__"
_NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """One input: `variable` is the process variable, `parameter` the name in the function."""

    variable: str
    parameter: str
    annotation: Any
    description: str
    default: Any = _NO_DEFAULT

    @property
    def required(self) -> bool:
        return self.default is _NO_DEFAULT and not accepts_none(self.annotation)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The allowed values, when the type lists them."""
        return _choices(self.annotation)


@dataclass(frozen=True, kw_only=True)
class OutputSpec:
    variable: str
    annotation: Any
    description: str


@dataclass(frozen=True, kw_only=True)
class HandlerSpec:
    """What an analyst needs to know to use the handler. `outputs` is empty when only the run can tell."""

    type: str
    names: Mapping[str, str]
    documentation: str
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    error_codes: tuple[str, ...]
    external: bool


@dataclass(frozen=True, kw_only=True)
class Handler:
    """A function with its specification. `run` converts, calls and converts back."""

    spec: HandlerSpec
    function: Callable[..., Any] = field(repr=False)
    takes_job: bool = True

    @property
    def type(self) -> str:
        return self.spec.type

    @property
    def external(self) -> bool:
        return self.spec.external

    def run(self, job: JobContext) -> dict[str, Any]:
        """The variables that the job sets. Raises BpmnError as the function does, and HandlerFailed when an
        input or the result does not fit; any other exception of the function passes through."""
        arguments = self._arguments(job)
        result = self.function(job, **arguments) if self.takes_job else self.function(**arguments)
        return self._variables(job, result)

    def _arguments(self, job: JobContext) -> dict[str, Any]:
        found: dict[str, Any] = {}
        wrong: list[str] = []
        for spec in self.spec.inputs:
            value = job.variables.get(spec.variable)
            if value is None and not accepts_none(spec.annotation):
                if spec.required:
                    wrong.append(self._absent(spec, job))
                continue
            if value is None and spec.variable not in job.variables and spec.default is not _NO_DEFAULT:
                continue
            try:
                found[spec.parameter] = convert(value, spec.annotation, spec.variable)
            except Unfit as unfit:
                wrong.append(_sentence(unfit, spec.variable, self.type))
        if wrong:
            raise JobInputInvalid("; ".join(wrong))
        return found

    def _absent(self, spec: InputSpec, job: JobContext) -> str:
        state = "null" if spec.variable in job.variables else "missing"
        return f"variable '{spec.variable}' of job {self.type} is {state}: expected {spec.description}"

    def _variables(self, job: JobContext, result: Any) -> dict[str, Any]:
        target = job.headers.get(RESULT_VARIABLE, "")
        try:
            return {target: to_json_value(result)} if target else to_variables(result)
        except TypeError as error:
            raise HandlerFailed(f"handler '{self.type}' answered something unusable: {error}") from error


def handler(
    type: str,
    *,
    error_codes: Sequence[str] = (),
    external: bool = False,
    names: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare the function below as the handler of a job type; it stays callable as it is.

    Its first parameter, when called `job`, is the JobContext. Every other parameter is an input: the
    variable with the same name in camelCase, converted to the annotated type. It answers a dataclass or a
    dict (each field a variable), or anything when the element has the header `resultVariable`.
    """

    def declare(function: F) -> F:
        setattr(function, _MARK, _read(function, type, tuple(error_codes), external, dict(names or {})))
        return function

    return declare


def declared(function: Any) -> Handler | None:
    """The declaration that `@handler` left on a function."""
    found = getattr(function, _MARK, None)
    return found if isinstance(found, Handler) else None


def _read(
    function: Callable[..., Any],
    type: str,
    error_codes: tuple[str, ...],
    external: bool,
    names: dict[str, str],
) -> Handler:
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    takes_job = bool(parameters) and (
        parameters[0].name == "job" or hints.get(parameters[0].name) is JobContext
    )
    try:
        inputs = tuple(_input(p, hints) for p in parameters[1 if takes_job else 0 :])
    except UnsupportedType as error:
        raise UnsupportedType(f"handler '{type}': {error}") from error
    spec = HandlerSpec(
        type=type,
        names=names,
        documentation=inspect.getdoc(function) or "",
        inputs=inputs,
        outputs=_outputs(hints.get("return")),
        error_codes=error_codes,
        external=external,
    )
    return Handler(spec=spec, function=function, takes_job=takes_job)


def _input(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> InputSpec:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise UnsupportedType(f"parameter {parameter.name} must be an ordinary named one")
    annotation = hints.get(parameter.name, Any)
    check_type(annotation)
    return InputSpec(
        variable=camel_case(parameter.name),
        parameter=parameter.name,
        annotation=annotation,
        description=describe(annotation),
        default=parameter.default,
    )


def _outputs(annotation: Any) -> tuple[OutputSpec, ...]:
    for member in get_args(annotation) or (annotation,):
        if isinstance(member, type) and get_origin(member) is None and dataclasses.is_dataclass(member):
            hints = get_type_hints(member)
            return tuple(
                OutputSpec(
                    variable=camel_case(f.name), annotation=hints[f.name], description=_words(hints[f.name])
                )
                for f in dataclasses.fields(member)
            )
    return ()


def _words(annotation: Any) -> str:
    try:
        return describe(annotation)
    except UnsupportedType:
        return "a value"


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    for member in get_args(annotation):
        if member is not type(None) and (found := _choices(member)):
            return found
    return ()


def _sentence(unfit: Unfit, variable: str, type: str) -> str:
    inside = unfit.path[len(variable) :].lstrip(".")
    place = f" (at {inside})" if inside else ""
    return f"variable '{variable}' of job {type}{place}: {unfit.reason}"
