"""Compiles boxed expressions to closures.

Iterations, filters and invocations are carried out by FEEL itself (`for item in source return body(item)`),
so that their rules and limits are FEEL's.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.dmn import model
from engine.dmn.environment import Environment, Owner, Step
from engine.dmn.functions import make_function
from engine.dmn.run import Nested, Run, Scope
from engine.dmn.tables import CompiledTable, compile_table
from engine.dmn.types import typed
from engine.feel import Function, compile_expression, kind_of
from engine.feel.limits import Run as FeelRun
from engine.feel.types import ANY, FunctionType, Type


class BoxedCompiler:
    """Compiles what stands inside one element. `tables` collects its decision tables."""

    def __init__(self, environment: Environment, owner: Owner) -> None:
        self._environment, self._owner = environment, owner
        self.tables: list[CompiledTable] = []

    def step(self, boxed: model.Boxed | None, where: str = "") -> Step:
        """A closure for any boxed expression; nothing at all is null."""
        if boxed is None:
            return _null
        step = self._compile(boxed, where)
        return self._typed(step, boxed.type_ref, where or "the value", boxed.line)

    def function(self, function: model.Function, result_type: str = "", where: str = "") -> Step:
        """A closure that makes the function value; the function sees the scope in which it was made."""
        names = tuple(parameter.name for parameter in function.parameters)
        if function.kind.upper() != "FEEL":
            return _external(names, function.kind)
        body = self._typed(self.step(function.body, where), result_type, "the result", function.line)
        types = [self._type(parameter.type_ref) or ANY for parameter in function.parameters]
        result = self._type(result_type) or self._type(function.body.type_ref if function.body else "") or ANY
        signature = FunctionType(types, result)
        name = self._owner.name

        def make(scope: Scope, run: Run) -> object:
            def call(arguments: dict[str, object]) -> object:
                run.enter()
                try:
                    return body(Nested(arguments, scope), run)
                finally:
                    run.leave()

            return make_function(name, names, signature, call)

        return make

    def _compile(self, boxed: model.Boxed, where: str) -> Step:
        match boxed:
            case model.Literal():
                return self._literal(boxed, where)
            case model.DecisionTable():
                table = compile_table(boxed, self._environment, self._owner)
                self.tables.append(table)
                return table.evaluate
            case model.Context():
                return self._context(boxed, where)
            case model.Invocation():
                return self._invocation(boxed, where)
            case model.Function():
                return self.function(boxed, where=where)
            case model.ListExpression():
                return self._list(boxed, where)
            case model.Relation():
                return self._relation(boxed, where)
            case model.Conditional():
                return self._conditional(boxed, where)
            case model.Filter():
                return self._filter(boxed, where)
            case model.Iteration():
                return self._iteration(boxed, where)
            case _:
                raise TypeError(f"no boxed expression: {type(boxed).__name__}")

    def _literal(self, boxed: model.Literal, where: str) -> Step:
        if not boxed.text.strip():
            return _null
        expression = self._environment.expression(boxed.text, self._owner, where, boxed.line)
        if expression is None:
            return _null
        return lambda scope, run: run.evaluate(expression, scope)

    def _context(self, boxed: model.Context, where: str) -> Step:
        entries: list[tuple[str, Step]] = []
        for entry in boxed.entries:
            place = _place(where, f"entry '{entry.name}'" if entry.name else "result")
            step = self.step(entry.value, place)
            entries.append((entry.name, self._typed(step, entry.type_ref, place, boxed.line)))

        def evaluate(scope: Scope, run: Run) -> object:
            found: dict[str, object] = {}
            inner = Nested(found, scope)
            for name, step in entries:
                value = step(inner, run)
                if not name:
                    return value
                found[name] = value
            return found

        return evaluate

    def _invocation(self, boxed: model.Invocation, where: str) -> Step:
        callee = self.step(boxed.callee, _place(where, "called function"))
        steps = [
            (f"«{number}»", self.step(binding.value, _place(where, f"parameter '{binding.parameter}'")))
            for number, binding in enumerate(boxed.bindings)
        ]
        named = ", ".join(
            f"`{binding.parameter}`: `{name}`"
            for binding, (name, _) in zip(boxed.bindings, steps, strict=True)
        )
        call = compile_expression(f"{_BODY}({named})", strict=self._environment.strict)

        def evaluate(scope: Scope, run: Run) -> object:
            names = {name: step(scope, run) for name, step in steps}
            names["«body»"] = callee(scope, run)
            return run.evaluate(call, names)

        return evaluate

    def _list(self, boxed: model.ListExpression, where: str) -> Step:
        steps = [self.step(item, _place(where, f"item {n}")) for n, item in enumerate(boxed.items, start=1)]
        return lambda scope, run: [step(scope, run) for step in steps]

    def _relation(self, boxed: model.Relation, where: str) -> Step:
        rows: list[list[tuple[str, Step]]] = []
        for number, row in enumerate(boxed.rows, start=1):
            cells = []
            for column, cell in zip(boxed.columns, row, strict=False):
                place = _place(where, f"row {number}, '{column.name}'")
                step = self._typed(self.step(cell, place), column.type_ref, place, boxed.line)
                cells.append((column.name, step))
            rows.append(cells)
        return lambda scope, run: [{name: step(scope, run) for name, step in row} for row in rows]

    def _conditional(self, boxed: model.Conditional, where: str) -> Step:
        condition = self.step(boxed.condition, _place(where, "if"))
        then = self.step(boxed.then, _place(where, "then"))
        otherwise = self.step(boxed.otherwise, _place(where, "else"))

        def evaluate(scope: Scope, run: Run) -> object:
            found = condition(scope, run)
            if found is True:
                return then(scope, run)
            if found is False or found is None:
                return otherwise(scope, run)
            run.warn("INVALID_TYPE", f"{_place(where, 'if')} is no boolean but a {kind_of(found)}")
            return None

        return evaluate

    def _filter(self, boxed: model.Filter, where: str) -> Step:
        source = self.step(boxed.source, _place(where, "in"))
        match = self.step(boxed.match, _place(where, "match"))
        filter_ = compile_expression(f"{_SOURCE}[{_BODY}(item)]", strict=self._environment.strict)

        def evaluate(scope: Scope, run: Run) -> object:
            misfit: list[str] = []

            def body(caller: FeelRun, arguments: Sequence[object]) -> object:
                item = arguments[0]
                inner: Scope = Nested({"item": item}, scope)
                found = match(Nested(item, inner) if isinstance(item, dict) else inner, run)
                kind = kind_of(found)
                if kind not in ("boolean", "null", "number"):
                    misfit.append(kind)
                return found

            names = {"«source»": source(scope, run), "«body»": Function(("item",), body)}
            filtered = run.evaluate(filter_, names)
            if misfit:
                run.warn("INVALID_TYPE", f"{_place(where, 'match')} is no boolean but a {misfit[0]}")
                return None
            return filtered

        return evaluate

    def _iteration(self, boxed: model.Iteration, where: str) -> Step:
        source = self.step(boxed.source, _place(where, "in"))
        result = self.step(boxed.result, _place(where, "result"))
        parameters: tuple[str, ...] = (boxed.variable,)
        if boxed.kind != "for":
            text = f"{boxed.kind} item in {_SOURCE} satisfies {_BODY}(item)"
        elif "partial" in repr(boxed.result):
            parameters += ("partial",)
            text = f"for item in {_SOURCE} return {_BODY}(item, partial)"
        else:
            text = f"for item in {_SOURCE} return {_BODY}(item)"
        iterated = compile_expression(text, strict=self._environment.strict)

        def evaluate(scope: Scope, run: Run) -> object:
            def body(caller: FeelRun, arguments: Sequence[object]) -> object:
                return result(Nested(dict(zip(parameters, arguments, strict=True)), scope), run)

            names = {"«source»": source(scope, run), "«body»": Function(parameters, body)}
            return run.evaluate(iterated, names)

        return evaluate

    def _typed(self, step: Step, type_ref: str, what: str, line: int | None) -> Step:
        """In the standard's meaning the value must conform to its type."""
        type_ = self._type(type_ref, line)
        return typed(step, type_, what) if self._environment.strict else step

    def _type(self, type_ref: str, line: int | None = None) -> Type | None:
        return self._environment.type_of(type_ref, self._owner, line)


def _null(scope: Scope, run: Run) -> object:
    return None


def _external(names: tuple[str, ...], kind: str) -> Step:
    def make(scope: Scope, run: Run) -> object:
        def call(caller: FeelRun, arguments: Sequence[object]) -> object:
            run.warn("FUNCTION_INVOCATION_FAILURE", f"functions of kind {kind} are never run")
            return None

        return Function(names, call)

    return make


_SOURCE, _BODY = "`«source»`", "`«body»`"


def _place(where: str, inner: str) -> str:
    return f"{where}, {inner}" if where else inner
