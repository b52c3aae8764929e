"""The columns of a decision table: what an input comes to, and whether values are what their author promised.

Camunda's dialect warns of a value of another type or beyond the allowed ones; the standard makes it null.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.dmn import model
from engine.dmn.run import DecisionFailed, Run, Scope
from engine.dmn.table_index import admits
from engine.dmn.types import conform, from_text
from engine.feel import Expression, FeelError, UnaryTests, to_text
from engine.feel.analysis import CellTests, cell_tests, variable
from engine.feel.types import SimpleType, Type


class Constant:
    """An output cell that is the same every time."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Allowed:
    """The values that an author listed for a column."""

    __slots__ = ("constants", "tests")

    def __init__(self, tests: UnaryTests) -> None:
        self.tests = tests
        self.constants = cell_tests(tests.node)

    def passes(self, value: object, run: Run) -> bool:
        if self.constants is not None and type(value) in _SCALARS:
            return admits(self.constants, value) is True
        return run.passes(self.tests, value, _NOTHING)


class CompiledInput:
    """A column's expression, with the type and the values that its author promised."""

    __slots__ = ("_allowed", "_expression", "_plain", "_strict", "_type", "_variable", "label")

    def __init__(
        self,
        expression: Expression | None,
        label: str,
        type_: Type | None,
        allowed: Allowed | None,
        strict: bool,
    ) -> None:
        self.label = label
        self._expression, self._type, self._allowed, self._strict = expression, type_, allowed, strict
        self._variable = None if expression is None else variable(expression.node)
        self._plain = frozenset(_PLAIN.get(type_.kind, ()) if isinstance(type_, SimpleType) else ())

    @property
    def variable(self) -> str | None:
        """The name of the variable that the column reads, when it is nothing else."""
        return self._variable

    @property
    def is_plain(self) -> bool:
        """Whether its values need no look but at their Python type and among constants."""
        if self._allowed is not None and self._allowed.constants is None:
            return False
        return self._type is None or bool(self._plain)

    @property
    def kind(self) -> str:
        """FEEL's word for the type of the column; empty when it is not a simple one."""
        return self._type.kind if isinstance(self._type, SimpleType) else ""

    @property
    def allowed(self) -> CellTests | None:
        """The allowed values, when they are constants."""
        return None if self._allowed is None else self._allowed.constants

    def value(self, scope: Scope, run: Run) -> object:
        """The value over `scope`. Raises DecisionFailed."""
        if self._variable is not None and self._variable in scope:
            value = scope[self._variable]
        elif self._expression is None:
            return None
        else:
            value = self._evaluated(self._expression, scope, run)
        if value is None:
            return None
        if self._type is not None and type(value) not in self._plain:
            value = self._typed(value, self._type, run)
        if self._allowed is not None and value is not None and not self._allowed.passes(value, run):
            message = (
                f"input '{self.label}' has the value {shown(value)}, not one of {self._allowed.tests.text}"
            )
            if self._strict:
                raise DecisionFailed(message)
            run.warn("INVALID_VALUE", message)
        return value

    def _evaluated(self, expression: Expression, scope: Scope, run: Run) -> object:
        try:
            return run.evaluate(expression, scope)
        except FeelError as error:
            raise DecisionFailed(f"input '{self.label}' failed: {error.message}") from error

    def _typed(self, value: object, type_: Type, run: Run) -> object:
        found = from_text(value, type_)
        if found is not None:
            return found
        conforms, converted = conform(value, type_)
        if conforms:
            return converted
        run.warn("INVALID_TYPE", f"input '{self.label}' is no {type_.name}: {shown(value)}")
        return None if self._strict else value


class CompiledOutput:
    """An output column: its default, its type, and the order of its values."""

    __slots__ = ("_allowed", "_strict", "_type", "default", "label", "name", "priorities")

    def __init__(
        self,
        output: model.TableOutput,
        type_: Type | None,
        allowed: Allowed | None,
        priorities: Sequence[object],
        default: Expression | None,
        strict: bool,
    ) -> None:
        self.name, self.label = output.name, output.label or output.name
        self._type, self._allowed, self._strict = type_, allowed, strict
        self.priorities, self.default = priorities, default

    @property
    def promises(self) -> bool:
        """Whether there is anything to check."""
        return self._type is not None or self._allowed is not None

    def check(self, value: object, rule: int, run: Run) -> object:
        """The value, warned of when it is not what was promised; then null if the standard says so."""
        if value is None:
            return None
        if self._type is not None:
            conforms, converted = conform(value, self._type)
            if not conforms:
                message = f"rule {rule + 1}, output '{self.label}' is no {self._type.name}: {shown(value)}"
                run.warn("INVALID_TYPE", message)
                return None if self._strict else value
            value = converted
        if self._allowed is not None and not self._allowed.passes(value, run):
            allowed = self._allowed.tests.text
            message = (
                f"rule {rule + 1}, output '{self.label}' has the value {shown(value)}, not one of {allowed}"
            )
            run.warn("INVALID_VALUE", message)
            return None if self._strict else value
        return value


def shown(value: object) -> str:
    """A value for a message, cut when it is long."""
    text = f'"{value}"' if isinstance(value, str) else to_text(value)
    return text if len(text) <= 60 else text[:57] + "..."


_NOTHING: Scope = {}
_SCALARS = frozenset((str, int, Decimal, bool))
_PLAIN: dict[str, tuple[type, ...]] = {"number": (int, Decimal), "string": (str,), "boolean": (bool,)}
