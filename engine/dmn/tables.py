"""Compiles a decision table: its columns, the index of its rules, and what becomes of those that match."""

from __future__ import annotations

from collections.abc import Sequence

from engine.dmn import model
from engine.dmn.columns import Allowed, CompiledInput, CompiledOutput, Constant
from engine.dmn.environment import Environment, Owner
from engine.dmn.hit_policies import Match, Outputs, combiner
from engine.dmn.run import DecisionFailed, Run, Scope, TableTrace
from engine.dmn.table_index import CompiledCell, RuleIndex, build_index
from engine.errors import Severity
from engine.feel import Expression, FeelError, compile_expression, compile_unary_tests
from engine.feel.analysis import cell_tests, constant

Result = Constant | Expression


class CompiledTable:
    """A decision table ready to run. Rules count from 0 in here, from 1 in what people read."""

    def __init__(
        self,
        table: model.DecisionTable,
        inputs: Sequence[CompiledInput],
        outputs: Sequence[CompiledOutput],
        cells: Sequence[Sequence[CompiledCell]],
        results: Sequence[Sequence[Result]],
        rules: Sequence[model.Rule],
        owner: Owner,
    ) -> None:
        self.model, self.inputs, self.cells, self.results = table, inputs, cells, results
        self.rules = rules
        self.priorities = [output.priorities for output in outputs]
        self._outputs, self._owner = outputs, owner
        self.index: RuleIndex = build_index(cells, len(results))
        self._combine = combiner(table.hit_policy)
        self._is_first = table.hit_policy is model.HitPolicy.FIRST
        self._names = [output.name for output in outputs]
        self._constants = [_constants(row) for row in results]

    def evaluate(self, scope: Scope, run: Run) -> object:
        """The output over `scope`; what was looked at is noted in the run. Raises DecisionFailed."""
        values = [column.value(scope, run) for column in self.inputs]
        matched = self.index.matches(values, scope, run)
        run.table = TableTrace(values, ())
        found, output = self.outcome(matched, scope, run)
        run.table = TableTrace(values, found)
        return output

    def outcome(self, matched: Sequence[int], scope: Scope, run: Run) -> tuple[Sequence[Match], object]:
        """The rules that count among those that match, with their outputs, and the table's output."""
        if self._is_first:
            matched = matched[:1]
        found = [(rule, self._constants[rule] or self._outputs_of(rule, scope, run)) for rule in matched]
        return found, self._combine(self, found, run) if found else self._default(scope, run)

    @property
    def constants(self) -> Sequence[Outputs] | None:
        """The outputs of every rule; None when one of them must be evaluated."""
        constants = [row for row in self._constants if row is not None]
        return constants if len(constants) == len(self._constants) else None

    def value_of(self, outputs: Outputs) -> object:
        """What one rule says: its only output as such, several as a context."""
        return outputs[0] if len(outputs) == 1 else dict(zip(self._names, outputs, strict=True))

    @property
    def has_defaults(self) -> bool:
        """Whether something comes out when no rule matches."""
        return any(output.default is not None for output in self._outputs)

    def fail(self, message: str) -> DecisionFailed:
        return DecisionFailed(message, self._owner.id)

    def _outputs_of(self, rule: int, scope: Scope, run: Run) -> Outputs:
        values = []
        for output, result in zip(self._outputs, self.results[rule], strict=True):
            if isinstance(result, Constant):
                values.append(result.value)
                continue
            try:
                value = run.evaluate(result, scope)
            except FeelError as error:
                where = f"rule {rule + 1}, output '{output.label}'"
                raise self.fail(f"{where} failed: {error.message}") from error
            values.append(output.check(value, rule, run) if output.promises else value)
        return tuple(values)

    def _default(self, scope: Scope, run: Run) -> object:
        if self.has_defaults:
            defaults = [output.default for output in self._outputs]
            return self.value_of(
                tuple(None if default is None else run.evaluate(default, scope) for default in defaults)
            )
        if self.model.aggregation is not None and self.model.hit_policy is model.HitPolicy.COLLECT:
            return 0 if self.model.aggregation is model.Aggregation.COUNT else None
        return [] if self.model.hit_policy.is_multiple else None


def compile_table(table: model.DecisionTable, environment: Environment, owner: Owner) -> CompiledTable:
    """Compiles every cell; what is no FEEL is a problem that names its rule and column."""
    compiler = _TableCompiler(table, environment, owner)
    return compiler.compile()


class _TableCompiler:
    def __init__(self, table: model.DecisionTable, environment: Environment, owner: Owner) -> None:
        self._table, self._environment, self._owner = table, environment, owner

    def compile(self) -> CompiledTable:
        table = self._table
        rules = [
            rule
            for rule in table.rules
            if len(rule.inputs) == len(table.inputs) and len(rule.outputs) == len(table.outputs)
        ]
        inputs = [self._input(column) for column in table.inputs]
        outputs = [self._output(column) for column in table.outputs]
        cells = [self._cells(column, number, rules) for number, column in enumerate(table.inputs)]
        results = [
            [self._result(cell, index, output) for cell, output in zip(rule.outputs, outputs, strict=True)]
            for index, rule in enumerate(rules)
        ]
        return CompiledTable(table, inputs, outputs, cells, results, rules, self._owner)

    def _input(self, column: model.TableInput) -> CompiledInput:
        where = f"input '{column.name}'"
        expression = None
        if column.expression:
            expression = self._environment.expression(column.expression, self._owner, where, column.line)
        else:
            message = f"{where} has no expression"
            self._environment.report(self._owner, "INPUT_WITHOUT_EXPRESSION", message, line=column.line)
        return CompiledInput(
            expression,
            column.name,
            self._environment.type_of(column.type_ref, self._owner, column.line),
            self._allowed(column.allowed_values, where, column.line),
            self._environment.strict,
        )

    def _output(self, column: model.TableOutput) -> CompiledOutput:
        table = self._table
        where = f"output '{column.label or column.name}'"
        if len(table.outputs) > 1 and not column.name:
            message = "a table with several outputs needs a name for each"
            self._environment.report(self._owner, "OUTPUT_WITHOUT_NAME", message, line=column.line)
        type_ref = column.type_ref or (table.type_ref if len(table.outputs) == 1 else "")
        type_ = self._environment.type_of(type_ref, self._owner, column.line)
        order = column.allowed_values or getattr(type_, "allowed_text", "")
        default = None
        if column.default:
            default = self._environment.expression(
                column.default, self._owner, f"default of {where}", column.line
            )
        return CompiledOutput(
            column,
            type_ if column.type_ref else None,
            self._allowed(column.allowed_values, where, column.line),
            self._priorities(order) if table.hit_policy in _ORDERED else (),
            default,
            self._environment.strict,
        )

    def _allowed(self, text: str, where: str, line: int | None) -> Allowed | None:
        if not text:
            return None
        tests = self._environment.unary_tests(text, self._owner, f"values of {where}", line)
        return None if tests is None else Allowed(tests)

    def _priorities(self, text: str) -> Sequence[object]:
        listed = compile_expression(f"[{text}]", strict=self._environment.strict).evaluate({}).value
        return listed if isinstance(listed, list) else ()

    def _cells(
        self, column: model.TableInput, number: int, rules: Sequence[model.Rule]
    ) -> Sequence[CompiledCell]:
        known: dict[str, CompiledCell] = {}
        cells = []
        for index, rule in enumerate(rules, start=1):
            cell = rule.inputs[number]
            text = cell.text or "-"
            compiled = known.get(text)
            if compiled is None:
                where = f"rule {index}, input '{column.name}'"
                tests = self._environment.unary_tests(text, self._owner, where, cell.line)
                if tests is None:
                    compiled = CompiledCell(_NEVER, None)
                else:
                    compiled = known[text] = CompiledCell(tests, cell_tests(tests.node))
            cells.append(compiled)
        return cells

    def _result(self, cell: model.Cell, rule: int, output: CompiledOutput) -> Result:
        if not cell.text or cell.text == "-":
            return Constant(None)
        where = f"rule {rule + 1}, output '{output.label}'"
        expression = self._environment.expression(cell.text, self._owner, where, cell.line)
        if expression is None:
            return Constant(None)
        value = constant(expression.node)
        if value is None:
            return expression
        if not output.promises:
            return Constant(value[0])
        return self._checked(value[0], expression, cell, rule, output)

    def _checked(
        self, value: object, expression: Expression, cell: model.Cell, rule: int, output: CompiledOutput
    ) -> Result:
        """A constant is checked once; one that breaks its promise is reported, and warned of at every run."""
        run = Run({}, None)
        checked = output.check(value, rule, run)
        for warning in run.warnings:
            self._environment.report(
                self._owner, "OUTPUT_TYPE", warning.message, line=cell.line, severity=Severity.WARNING
            )
        return expression if run.warnings else Constant(checked)


def _constants(row: Sequence[Result]) -> Outputs | None:
    values = [result.value for result in row if isinstance(result, Constant)]
    return tuple(values) if len(values) == len(row) else None


_NEVER = compile_unary_tests("? != ?")
_ORDERED = (model.HitPolicy.PRIORITY, model.HitPolicy.OUTPUT_ORDER)
