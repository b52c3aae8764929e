"""Texts of a diagram: static, or an expression that is compiled here and never again."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from engine.bpmn import juel
from engine.bpmn.model import Value
from engine.bpmn.problem_list import Place, ProblemList, shortened
from engine.feel import Expression, FeelSyntaxError, compile_expression

_MOST_DIGITS = 18
_LONGEST_NAME = 100
_MOST_NAMES = 200


class Texts:
    """Compiles texts; what does not compile becomes a problem and None."""

    def __init__(self, problems: ProblemList) -> None:
        self._problems = problems

    def value(self, text: str | None, at: Place, part: str) -> Value | None:
        """An expression when the text begins with `=`, else the text; None when there is none."""
        text = (text or "").strip()
        if not text:
            return None
        if text.startswith("="):
            return self._compile(text[1:], at, part)
        if juel.is_juel(text):
            return self._converted(text, at, part)
        return text

    def expression(self, text: str | None, at: Place, part: str) -> Expression | None:
        """An expression; a static text is a problem."""
        value = self.value(text, at, part)
        if isinstance(value, str):
            self._problems.error(
                "EXPRESSION_EXPECTED",
                f"Expected expression but found static value '{shortened(value)}'. "
                "An expression must start with '=' (e.g. '=x > 5').",
                at,
                part=part,
                hint=f"write it as '={shortened(value)}'",
            )
            return None
        return value

    def feel(self, text: str, at: Place, part: str) -> Expression | None:
        """Text that is FEEL with or without the leading `=`, such as a script."""
        text = text.strip()
        return self._compile(text.removeprefix("="), at, part) if text else None

    def _compile(self, text: str, at: Place, part: str) -> Expression | None:
        try:
            return compile_expression(text)
        except FeelSyntaxError as error:
            self._problems.error(
                "FEEL_SYNTAX",
                f"failed to parse expression '{shortened(text.strip())}': {error.message}",
                at,
                part=part,
                position=error.position,
            )
            return None

    def _converted(self, text: str, at: Place, part: str) -> Expression | None:
        try:
            return self._compile(juel.to_feel(text), at, part)
        except juel.NoEquivalent as error:
            self._problems.error(
                "CAMUNDA_7_EXPRESSION",
                f"the Camunda 7 expression '{shortened(text.strip())}' cannot be run: {error}",
                at,
                part=part,
                hint="write it in FEEL, with a leading '='",
            )
            return None


def text_list(text: str | None) -> tuple[str, ...]:
    """The words of a comma-separated text."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def whole_number(text: str) -> int | None:
    """The number that a text of ASCII digits says; None for all else, too many digits included."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that looks most like this one; compares no more than a glance is worth."""
    if len(name) > _LONGEST_NAME:
        return ""
    similar = (word for word in known if abs(len(word) - len(name)) <= 1 + len(name) // 2)
    near = difflib.get_close_matches(
        name, [word for word, _ in zip(similar, range(_MOST_NAMES), strict=False)], n=1
    )
    return f"did you mean '{near[0]}'?" if near else ""
