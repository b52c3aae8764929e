"""What the compiling of one DMN file shares: its dialect, its names and types, and the problems found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from engine.dmn.run import Run, Scope
from engine.dmn.types import find_type
from engine.errors import Problem, Severity
from engine.feel import Expression, FeelSyntaxError, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.types import Type

Step = Callable[[Scope, Run], object]
"""A compiled piece: its value over a scope."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The element that a problem is reported for."""

    id: str
    name: str
    line: int | None


@dataclass(kw_only=True)
class Environment:
    """`known_names` are names with blanks or signs in them; None when FEEL's rules for names are kept."""

    file: str
    strict: bool
    known_names: Collection[str] | None
    types: Mapping[str, Type] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _expressions: dict[str, Expression] = field(default_factory=dict)

    def expression(self, text: str, owner: Owner, where: str, line: int | None) -> Expression | None:
        """Compiled; None, and a problem kept, when the text is no FEEL."""
        found = self._expressions.get(text)
        if found is not None:
            return found
        try:
            found = compile_expression(
                text, strict=self.strict, known_names=self.known_names, types=self.types
            )
        except FeelSyntaxError as error:
            self._syntax(error, text, owner, where, line)
            return None
        self._expressions[text] = found
        return found

    def known_expression(self, text: str) -> Expression | None:
        """An expression that was compiled before."""
        return self._expressions.get(text)

    def unary_tests(self, text: str, owner: Owner, where: str, line: int | None) -> UnaryTests | None:
        """Compiled; None, and a problem kept, when the text is no unary test."""
        try:
            return compile_unary_tests(
                text, strict=self.strict, known_names=self.known_names, types=self.types
            )
        except FeelSyntaxError as error:
            self._syntax(error, text, owner, where, line)
            return None

    def report(
        self,
        owner: Owner,
        code: str,
        message: str,
        *,
        hint: str = "",
        line: int | None = None,
        position: int | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.problems.append(
            Problem(
                file=self.file,
                code=code,
                message=message,
                hint=hint,
                severity=severity,
                element_id=owner.id,
                element_name=owner.name,
                line=line or owner.line,
                position=position,
            )
        )

    def type_of(self, type_ref: str, owner: Owner, line: int | None = None) -> Type | None:
        """The type that an element names; None when it names none, or one that nobody knows (a warning)."""
        if not type_ref:
            return None
        found = find_type(type_ref, self.types)
        if found is None:
            self.report(
                owner,
                "UNKNOWN_TYPE",
                f"the type '{type_ref}' is unknown; values are not checked against it",
                line=line,
                severity=Severity.WARNING,
            )
        return found

    def _syntax(self, error: FeelSyntaxError, text: str, owner: Owner, where: str, line: int | None) -> None:
        shown = text if len(text) <= 80 else text[:77] + "..."
        self.report(
            owner,
            "FEEL_SYNTAX",
            f"{where}: {error.message} in: {shown}" if where else f"{error.message} in: {shown}",
            line=line,
            position=error.position,
        )
