"""Collects what is wrong with a file while it is read and checked."""

from __future__ import annotations

from typing import Protocol

from engine.errors import Problem, Severity
from engine.xml_source import XmlElement


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
        self._found.setdefault(problem)

    def has(self, at: Place, part: str = "") -> bool:
        """Whether something was found at this element already (in a part that begins so)."""
        return any(p.element_id == at.id and p.is_error and p.part.startswith(part) for p in self._found)

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
            message=message,
            severity=severity,
            hint=hint,
            element_id=at.id if at else "",
            element_name=at.name if at else "",
            line=at.line if at else None,
            position=position,
            part=part,
        )
        self._found.setdefault(problem)
