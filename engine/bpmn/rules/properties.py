"""Rules of Tenure's own properties (`tenure:...`) and of the schedule of user tasks."""

from __future__ import annotations

import re

from engine.bpmn.model import Element, ElementType, ProcessModel, UserTaskDefinition
from engine.bpmn.problem_list import ProblemList
from engine.bpmn.texts import did_you_mean, whole_number

PREFIX = "tenure:"
_ON_USER_TASKS = {
    "tenure:excludeActorsOf",
    "tenure:excludeUsers",
    "tenure:outcomes",
    "tenure:outcomeVariable",
    "tenure:inboxColumns",
    "tenure:actorVariable",
}
_ON_PROCESSES = {"tenure:candidateStarters"}
_KNOWN = sorted(_ON_USER_TASKS | _ON_PROCESSES)
_NAME = re.compile(r"[^\W\d]\w*")


def check_properties(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        for name in element.properties:
            if name.startswith(PREFIX):
                _check_name(element, name, problems)
        if element.user_task is not None:
            _check_user_task(element, element.user_task, model, problems)


def _check_name(element: Element, name: str, problems: ProblemList) -> None:
    if name not in _KNOWN:
        problems.error(
            "PROPERTY_UNKNOWN",
            f"the property '{name}' is unknown",
            element,
            hint=did_you_mean(name, _KNOWN) or "known are: " + ", ".join(_KNOWN),
        )
        return
    user_task = element.type is ElementType.USER_TASK
    if (name in _ON_USER_TASKS) != user_task or (name in _ON_PROCESSES and element.parent is not None):
        where = "user tasks" if name in _ON_USER_TASKS else "processes"
        problems.error("PROPERTY_MISPLACED", f"the property '{name}' belongs on {where}", element)


def _check_user_task(
    element: Element, task: UserTaskDefinition, model: ProcessModel, problems: ProblemList
) -> None:
    _check_excluded(element, task, model, problems)
    for name, value in (("outcomeVariable", task.outcome_variable), ("actorVariable", task.actor_variable)):
        if value and not _NAME.fullmatch(value):
            problems.error(
                "PROPERTY_INVALID", f"tenure:{name} '{value}' is no name of a variable", element, part=name
            )
    if len(set(task.outcomes)) != len(task.outcomes):
        problems.error("PROPERTY_INVALID", "tenure:outcomes names an outcome twice", element, part="outcomes")
    if isinstance(task.priority, str) and not _is_priority(task.priority):
        problems.error(
            "PRIORITY_INVALID",
            f"priority '{task.priority}' is no whole number from 0 to 100",
            element,
            part="priority",
        )
    for name, date in (("dueDate", task.due_date), ("followUpDate", task.follow_up_date)):
        if isinstance(date, str) and not re.match(r"\d{4}-\d\d-\d\d", date):
            problems.error(
                "DATE_INVALID",
                f"{name} '{date}' is no date",
                element,
                part=name,
                hint="write a date and time such as 2026-01-31T09:00:00+08:00 or FEEL such as "
                '=now() + duration("P3D")',
            )


def _check_excluded(
    element: Element, task: UserTaskDefinition, model: ProcessModel, problems: ProblemList
) -> None:
    for wanted in task.excluded_elements:
        if wanted.startswith("parent:"):
            continue  # checked where the calling process is known
        other = model.elements.get(wanted)
        if other is None:
            problems.error(
                "FOUR_EYES_UNKNOWN",
                f"tenure:excludeActorsOf names '{wanted}', which is no element of this process",
                element,
                part="excludeActorsOf",
                hint=did_you_mean(wanted, model.elements) if problems.are_few else "",
            )
        elif other.type not in (ElementType.USER_TASK, ElementType.START_EVENT):
            problems.error(
                "FOUR_EYES_NOBODY",
                f"tenure:excludeActorsOf names '{wanted}', which is no user task or start event: "
                "nobody completes it",
                element,
                part="excludeActorsOf",
            )


def _is_priority(text: str) -> bool:
    number = whole_number(text)
    return number is not None and number <= 100
