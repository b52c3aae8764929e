"""Checks of a deployment that need more than one file: what a diagram names must exist somewhere.

All are warnings: a handler, a process or a group may come later, and an instance that needs it before
waits as an incident.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from engine.bpmn.bpmn_file import BpmnFile
from engine.bpmn.model import CalledElement, Element, FormReference, ProcessModel
from engine.bpmn.problem_list import shortened
from engine.bpmn.texts import did_you_mean, text_list
from engine.bpmn.zeebe_extensions import USER_TASK_JOB
from engine.errors import Problem, Severity


@dataclass(frozen=True, kw_only=True)
class KnownResources:
    """Ids of what is there already or comes with the same deployment. None: not known, not checked.

    `groups` are those with at least one active member.
    """

    job_types: Collection[str] | None = None
    processes: Collection[str] | None = None
    decisions: Collection[str] | None = None
    forms: Collection[str] | None = None
    groups: Collection[str] | None = None
    elements_of_processes: dict[str, Collection[str]] = field(default_factory=dict)


def deployment_problems(files: Iterable[BpmnFile], known: KnownResources) -> list[Problem]:
    """What the executable processes of these files name and nothing has."""
    files = list(files)
    here = {process.process_id for file in files for process in file.processes if process.executable}
    found: list[Problem] = _doubled_processes(files)
    for file in files:
        for process in file.executable_processes:
            for element in process.elements.values():
                found += _of_element(element, process, known, here)
    return found


def _of_element(
    element: Element, process: ProcessModel, known: KnownResources, here: Collection[str]
) -> Iterator[Problem]:
    if element.job is not None and element.job.type != USER_TASK_JOB:
        yield from _unknown(element, process, "job type", element.job.type, known.job_types, "handler")
    for listener in (*element.start_listeners, *element.end_listeners, *element.task_listeners):
        yield from _unknown(element, process, "job type", listener.type, known.job_types, "handler")
    if element.called_element is not None:
        yield from _called(element, element.called_element, process, known, here)
    if element.called_decision is not None:
        decision = element.called_decision.decision_id
        yield from _unknown(element, process, "decision", decision, known.decisions, "decision table")
    for form in (element.start_form, element.user_task.form if element.user_task else None):
        yield from _form(element, form, process, known)
    task = element.user_task
    if task is not None and isinstance(task.candidate_groups, str):
        for group in text_list(task.candidate_groups):
            yield from _group(element, group, process, known)
    if element.parent is None:
        for group in process.candidate_starters:
            yield from _group(element, group, process, known)


def _called(
    element: Element,
    called: CalledElement,
    process: ProcessModel,
    known: KnownResources,
    here: Collection[str],
) -> Iterator[Problem]:
    if known.processes is not None:
        yield from _unknown(
            element, process, "process", called.process_id, {*known.processes, *here}, "process"
        )


def _form(
    element: Element, form: FormReference | None, process: ProcessModel, known: KnownResources
) -> Iterator[Problem]:
    if form is not None and form.form_id:
        yield from _unknown(element, process, "form", form.form_id, known.forms, "form")


def _group(element: Element, group: str, process: ProcessModel, known: KnownResources) -> Iterator[Problem]:
    if known.groups is not None and group not in known.groups:
        yield _warning(
            element,
            process,
            "GROUP_EMPTY",
            f"nobody is in the group '{shortened(group)}'",
            did_you_mean(group, known.groups) or "add members before the first task comes",
        )


def _unknown(
    element: Element,
    process: ProcessModel,
    kind: str,
    name: object,
    known: Collection[str] | None,
    what: str,
) -> Iterator[Problem]:
    """A static name that nothing has; expressions are known at run time only."""
    if known is None or not isinstance(name, str) or not name or name in known:
        return
    code = f"{kind.upper().replace(' ', '_')}_UNKNOWN"
    hint = did_you_mean(name, known) or f"deploy the {what} before the first instance comes here"
    yield _warning(element, process, code, f"no {what} for {kind} '{shortened(name)}'", hint)


def _warning(element: Element, process: ProcessModel, code: str, message: str, hint: str) -> Problem:
    return Problem(
        file=process.file,
        code=code,
        message=message,
        severity=Severity.WARNING,
        hint=hint,
        element_id=element.id,
        element_name=element.name,
        line=element.line,
    )


def _doubled_processes(files: Iterable[BpmnFile]) -> list[Problem]:
    seen: dict[str, str] = {}
    found: list[Problem] = []
    for file in files:
        for process in file.executable_processes:
            first = seen.setdefault(process.process_id, file.name)
            if first != file.name:
                found.append(
                    Problem(
                        file=file.name,
                        code="PROCESS_DOUBLED",
                        message=f"Duplicated process id in resources '{first}' and '{file.name}'",
                        hint="give one of the two another id",
                        element_id=process.process_id,
                        element_name=process.name,
                        line=process.root.line,
                    )
                )
    return found
