"""Problems as one text, in the form that Camunda's tools know from a refused deployment."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from engine.errors import Problem


def rejection_text(problems: Iterable[Problem]) -> str:
    """All errors, grouped by file and element: `'a.bpmn': - Element: task > ...` and `- ERROR: ...`."""
    lines = ["Expected to deploy new resources, but encountered the following errors:"]
    errors = [problem for problem in problems if problem.is_error]
    for file, of_file in groupby(sorted(errors, key=lambda p: p.file), key=lambda p: p.file):
        lines.append(f"'{file}':")
        for problem in of_file:
            lines += _lines(problem)
    return "\n".join(lines)


def _lines(problem: Problem) -> list[str]:
    place = problem.element_id + (f" > {problem.part}" if problem.part else "")
    line = f" (line {problem.line})" if problem.line else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    head = [f"- Element: {place}{line}"] if place else []
    return [*head, f"    - ERROR: {problem.message}{hint}"]
