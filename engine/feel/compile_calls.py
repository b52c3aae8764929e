"""Compiles calls and function definitions."""

from __future__ import annotations

from functools import partial

from engine.feel.builtin_names import BUILTIN_NAMES
from engine.feel.builtins import Builtin, Null, Signature, find_builtin
from engine.feel.code import Code, Compiler, Layer, nearest, rule
from engine.feel.compile_names import find_variable, is_local
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_CALL_DEPTH, Run, Scope
from engine.feel.nodes import Call, FunctionDefinition, Name
from engine.feel.types import Type, infer, resolve
from engine.feel.values import Function, kind_of


@rule(Call)
def _call(compiler: Compiler, node: Call, layer: Layer) -> Code:
    arguments = [compiler.code(argument, layer) for argument in node.arguments]
    function = node.function
    if isinstance(function, Name):
        name = function.name
        builtin = find_builtin(name, strict=compiler.strict)
        may_be_variable = is_local(name, layer) or name in compiler.variables
        if builtin is not None and not may_be_variable:
            return _call_builtin(builtin, arguments, node, compiler.strict)
        found = find_variable(compiler, name, layer)
        by_value = _call_value(found, name, arguments, node)
        if builtin is None:
            return by_value
        built_in = _call_builtin(builtin, arguments, node, compiler.strict)
        return lambda scope: (by_value if type(found(scope)) is Function else built_in)(scope)
    return _call_value(compiler.code(function, layer), "", arguments, node)


def _call_builtin(builtin: Builtin, arguments: list[Code], node: Call, strict: bool) -> Code:
    position, names = node.position, node.names
    if names is not None:
        return lambda scope: builtin.call_named(
            scope.run, position, names, [argument(scope) for argument in arguments], strict
        )
    if len(arguments) == 1 and len(builtin.of(strict)) == 1:
        signature = builtin.of(strict)[0]
        takes_list = signature.parameters and list in (signature.parameters[0].types or ())
        if takes_list and signature.most == 1 and not signature.variadic and not signature.needs_run:
            return _call_simple(builtin, signature, arguments[0], position, strict)
    return lambda scope: builtin.call(
        scope.run, position, [argument(scope) for argument in arguments], strict
    )


def _call_simple(builtin: Builtin, signature: Signature, argument: Code, position: int, strict: bool) -> Code:
    """A function of one list, such as `count`: a short one is handed over without much ado."""
    function = signature.function

    def call(scope: Scope) -> object:
        value = argument(scope)
        if type(value) is list and len(value) < 64:
            try:
                return function(value)
            except Null:
                pass
        return builtin.call(scope.run, position, [value], strict)

    return call


def _call_value(function: Code, name: str, arguments: list[Code], node: Call) -> Code:
    position, names = node.position, node.names

    def call(scope: Scope) -> object:
        value = function(scope)
        if type(value) is not Function:
            _warn_no_function(scope, name, value, position)
            return None
        given = [argument(scope) for argument in arguments]
        if names is not None:
            if set(names) != set(value.parameters) or len(names) != len(value.parameters):
                scope.run.warn(
                    "NO_FUNCTION_FOUND", position, "%s has no parameters %s", value, ", ".join(names)
                )
                return None
            by_name = dict(zip(names, given, strict=True))
            given = [by_name[parameter] for parameter in value.parameters]
        return invoke(value, given, scope.run, position)

    return call


def _warn_no_function(scope: Scope, name: str, value: object, position: int) -> None:
    if value is None and name:
        hint = nearest(name, BUILTIN_NAMES)
        scope.run.warn("NO_FUNCTION_FOUND", position, "no function '%s'%s", name, hint)
    else:
        scope.run.warn("NO_FUNCTION_FOUND", position, "%s is no function", kind_of(value))


def invoke(function: Function, arguments: list[object], run: Run, position: int = 0) -> object:
    """Call a function value. Raises FeelLimitExceeded when calls are nested too deep."""
    budget = run.budget
    budget.charge(4, position)
    budget.calls += 1
    if budget.calls > MAX_CALL_DEPTH:
        raise FeelLimitExceeded(f"calls nested more than {MAX_CALL_DEPTH} deep", position)
    try:
        return function.invoke(run, arguments)
    except Null as reason:
        run.warn("FUNCTION_INVOCATION_FAILURE", position, "%s", reason)
        return None
    finally:
        budget.calls -= 1


@rule(FunctionDefinition)
def _definition(compiler: Compiler, node: FunctionDefinition, layer: Layer) -> Code:
    parameters = tuple(node.parameters)
    compiler.functions += 1
    if node.body is None:
        external = Function(parameters, _external)
        return lambda scope: external
    body, cost, _, _ = compiler.measured(node.body, Layer(parameters, layer))
    position = node.position
    types = [None if each is None else resolve(each, compiler.types) for each in node.types]
    typed = any(each is not None for each in types)
    signature = infer(node, compiler.types)

    def call(outer: Scope, run: Run, arguments: list[object]) -> object:
        if len(arguments) != len(parameters):
            raise Null(f"expected {len(parameters)} arguments, not {len(arguments)}")
        if typed:
            arguments = [
                fitted(argument, type_, name)
                for argument, type_, name in zip(arguments, types, parameters, strict=True)
            ]
        run.budget.charge(4 * cost, position)
        return body(Scope(dict(zip(parameters, arguments, strict=True)), outer, run))

    return lambda scope: Function(parameters, partial(call, scope), signature=signature)


def fitted(argument: object, type_: Type | None, name: str) -> object:
    """An argument as its parameter wants it. Raises Null when it is of another type."""
    if type_ is None or argument is None or type_.admits(argument):
        return argument
    converted = type_.convert(argument)
    if converted is None:
        raise Null(f"'{name}' must be {type_.name}, not {kind_of(argument)}")
    return converted


def _external(run: Run, arguments: list[object]) -> object:
    raise Null("external functions are not available")
