"""What goes wrong in a FEEL text: refused while read, failed while evaluated, or only warned of."""

from __future__ import annotations

from typing import NamedTuple


class FeelSyntaxError(Exception):
    """The text is no FEEL. `position` counts from 0; `line` and `column` from 1."""

    def __init__(self, message: str, text: str, position: int) -> None:
        self.position = position
        self.line = text.count("\n", 0, position) + 1
        self.column = position - (text.rfind("\n", 0, position) + 1) + 1
        self.reason = message
        self.message = f"{message} at line {self.line}, column {self.column}"
        super().__init__(self.message)


class FeelError(Exception):
    """A failed `assert` or an exceeded limit ended an evaluation. `position` counts from 0."""

    def __init__(self, message: str, position: int = 0) -> None:
        self.message, self.position = message, position
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.message} (at position {self.position})"


class FeelLimitExceeded(FeelError):
    """The text asked for more steps, memory or depth than any expression may have."""


class Warning_(NamedTuple):
    """Why a value became null. `code` is stable (`NO_VARIABLE_FOUND`); `position` counts from 0."""

    code: str
    message: str
    position: int


class Evaluation(NamedTuple):
    """What an expression came to, and what was odd on the way."""

    value: object
    warnings: tuple[Warning_, ...] = ()
