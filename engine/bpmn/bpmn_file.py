"""One BPMN file as it was read: its processes and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import ProcessModel
from engine.errors import Problem


@dataclass(frozen=True, kw_only=True)
class BpmnFile:
    """`processes` are all processes of the file in document order, drawn-only ones included.

    The models of a file with errors are for looking at, never for running.
    """

    name: str
    processes: tuple[ProcessModel, ...]
    problems: tuple[Problem, ...]

    @property
    def executable_processes(self) -> tuple[ProcessModel, ...]:
        return tuple(process for process in self.processes if process.executable)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)
