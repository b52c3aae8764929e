"""Collects what is wrong with a file while it is read and checked."""

from __future__ import annotations

from typing import Protocol

from engine.errors import Problem, Severity
from engine.xml_source import XmlElement

_LONGEST_MESSAGE = 1_500


def shortened(text: str, most: int = 500) -> str:
    """A text as a message quotes it, its beginning and its end: somebody must be able to read the message."""
    return text if len(text) <= most else f"{text[: most * 3 // 4]} … {text[-most // 4 :]}"


class Place(Protocol):
    """Where a problem is: an element, a flow, or a spot in the XML."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int | None: ...


class XmlPlace:
    """The place of an XML element that has no counterpart in the model (yet)."""

    def __init__(self, element: XmlElement, owner: Place | None = None) -> None:
        self.id = element.get("id") or (owner.id if owner else "")
        self.name = element.get("name") or (owner.name if owner else "")
        line = element.sourceline
        self.line = line if isinstance(line, int) else None


class ProblemList:
    """Every problem once, in the order found. Inside `lenient` processes errors become warnings."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lenient = False
        self._found: dict[Problem, None] = {}
        self._errors: dict[str, list[Problem]] = {}

    def error(
        self,
        code: str,
        message: str,
        at: Place | None = None,
        *,
        hint: str = "",
        part: str = "",
        position: int | None = None,
    ) -> None:
        severity = Severity.WARNING if self.lenient else Severity.ERROR
        self._add(code, message, at, severity, hint, part, position)

    def warning(
        self, code: str, message: str, at: Place | None = None, *, hint: str = "", part: str = ""
    ) -> None:
        self._add(code, message, at, Severity.WARNING, hint, part, None)

    def include(self, problem: Problem) -> None:
        self._keep(problem)

    def has(self, at: Place, part: str = "") -> bool:
        """Whether something was found at this element already (in a part that begins so)."""
        return any(problem.part.startswith(part) for problem in self._errors.get(at.id, ()))

    @property
    def are_few(self) -> bool:
        """Whether a hint that costs a search is still worth it: nobody reads the hundredth."""
        return len(self._found) < 100

    @property
    def found(self) -> tuple[Problem, ...]:
        return tuple(self._found)

    def _add(
        self,
        code: str,
        message: str,
        at: Place | None,
        severity: Severity,
        hint: str,
        part: str,
        position: int | None,
    ) -> None:
        problem = Problem(
            file=self.file,
            code=code,
            message=shortened(message, _LONGEST_MESSAGE),
            severity=severity,
            hint=shortened(hint, _LONGEST_MESSAGE),
            element_id=at.id if at else "",
            element_name=at.name if at else "",
            line=at.line if at else None,
            position=position,
            part=part,
        )
        self._keep(problem)

    def _keep(self, problem: Problem) -> None:
        if problem not in self._found:
            self._found[problem] = None
            if problem.is_error:
                self._errors.setdefault(problem.element_id, []).append(problem)
