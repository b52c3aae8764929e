"""User tasks: who may do one, until when, with which form, and who is excluded from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from ..bpmn.model import Element, ElementType, FormReference, UserTaskDefinition, Value
from .changes import UserTaskCreated
from .expressions import evaluate, optional_text, texts, type_name, whole_number
from .failures import Failure, IncidentType
from .instance import Instance
from .migration import past_names, present_name
from .records import LiveElement
from .timers import parse_moment

NO_ELIGIBLE_APPROVER = "NO_ELIGIBLE_APPROVER"
_USER_TASK = "user_task"
_DEFAULT_PRIORITY = 50


class NoEligibleApprover(Exception):
    """The exclusions of a user task leave nobody: the BPMN error of that name, or an incident."""

    def __init__(self, excluded: set[str]) -> None:
        self.excluded = excluded
        super().__init__(f"everybody who could do it is excluded: {', '.join(sorted(excluded))}")


def create_user_task(
    instance: Instance,
    live: LiveElement,
    element: Element,
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
    *,
    assign: bool = True,
) -> str | None:
    """Open the user task of an element instance. Raises Failure or NoEligibleApprover before that.

    Answers whom the model assigns; with `assign` the task is theirs already.
    """
    step, record, now = instance.step, instance.record, instance.step.now()
    definition = element.user_task or UserTaskDefinition()
    seen = instance.visible(live)
    groups = texts(definition.candidate_groups, seen, now)
    users = texts(definition.candidate_users, seen, now)
    assignee = optional_text(definition.assignee, seen, now)
    if not groups and not users and assignee is None and element.lane:
        groups = (element.lane,)
    excluded = present_exclusions(instance, definition, seen, parent_of)
    if excluded:
        assignee = _eligible_assignee(instance, excluded, assignee, groups, users)
    form_id, form_key, external = _form(instance, definition.form)
    priority = _DEFAULT_PRIORITY
    if definition.priority is not None:
        priority = whole_number(definition.priority, seen, now, what="the priority", least=0, most=100)
    key = step.new_key()
    task = UserTaskCreated(
        key=key,
        element_instance_key=live.key,
        process_instance_key=record.key,
        root_process_instance_key=record.root_key,
        definition_key=record.definition_key,
        process_id=instance.deployed.process_id,
        process_version=instance.deployed.version,
        business_key=record.business_key,
        element_id=element.id,
        name=element.name,
        names=element.names,
        assignee=assignee if assign else None,
        candidate_groups=groups,
        candidate_users=users,
        excluded_users=tuple(sorted(excluded)),
        due_at=_moment(definition.due_date, seen, now, "due date"),
        follow_up_at=_moment(definition.follow_up_date, seen, now, "follow-up date"),
        priority=priority,
        form_id=form_id,
        form_key=form_key,
        external_form=external,
        outcomes=definition.outcomes,
        outcome_variable=definition.outcome_variable,
        inbox={name: seen.get(name) for name in definition.inbox_columns if name in seen},
        created_at=now,
    )
    live.data[_USER_TASK] = key
    instance.change(live)
    step.ledger.user_task_created(task)
    return assignee


def complete_user_task(instance: Instance, live: LiveElement) -> bool:
    """Close the user task of the element instance as done; False when there is none."""
    key = live.data.pop(_USER_TASK, None)
    if key is None:
        return False
    instance.step.ledger.user_task_completed(key)
    instance.change(live)
    return True


def has_user_task(live: LiveElement) -> bool:
    return _USER_TASK in live.data


def key_of(live: LiveElement) -> int:
    """The key of the open user task of the element instance."""
    key: int = live.data[_USER_TASK]
    return key


def cancel_user_task(instance: Instance, live: LiveElement) -> None:
    key = live.data.pop(_USER_TASK, None)
    if key is not None:
        instance.step.ledger.user_task_cancelled(key)


def completers(
    instance: Instance,
    reference: str,
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
) -> set[str]:
    """Who completed the element; a start event's is the starter; `parent:ID` looks in the calling process."""
    if reference.startswith("parent:"):
        caller = parent_of(instance)
        return completers(caller[0], reference.removeprefix("parent:"), parent_of) if caller else set()
    key, known, process = instance.record.key, instance.model.elements, instance.root.data
    present = present_name(process, reference, known)
    element = known.get(present)
    if element is not None and element.type is ElementType.START_EVENT:
        return {instance.record.started_by} - {""}
    found = instance.step.ledger.completers(key, present)
    for past in past_names(process, [present], known):
        found |= instance.step.store.completers(key, past.element_ids, past.after, past.until)
    return found


def present_exclusions(
    instance: Instance,
    definition: UserTaskDefinition,
    seen: Mapping[str, Any],
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
) -> set[str]:
    """Who may not do the task, by the rules of its element and by who has completed which step so far."""
    excluded = set(texts(definition.excluded_users, seen, instance.step.now()))
    for reference in definition.excluded_elements:
        excluded |= completers(instance, reference, parent_of)
    return excluded


def _eligible_assignee(
    instance: Instance,
    excluded: set[str],
    assignee: str | None,
    groups: tuple[str, ...],
    users: tuple[str, ...],
) -> str | None:
    """The assignee if allowed, else nobody yet; raises NoEligibleApprover when no candidate is left."""
    if assignee is not None and assignee not in excluded:
        return assignee
    if (groups or users) and instance.step.definitions.eligible_users(groups, users) - excluded:
        return None
    if assignee is None and not groups and not users:
        return None
    raise NoEligibleApprover(excluded)


def _form(instance: Instance, form: FormReference | None) -> tuple[str, int | None, str]:
    """Form id, key of the deployed form, external key. An embedded form is found by the element itself."""
    if form is None:
        return "", None, ""
    if not form.form_id:
        return "", None, form.external_key
    key = instance.step.definitions.find_form(
        form.form_id,
        binding=form.binding,
        version_tag=form.version_tag,
        caller=instance.record.definition_key,
    )
    if key is None:
        raise Failure(
            IncidentType.FORM_NOT_FOUND,
            f"Expected to find a form with id '{form.form_id}', but no form with this id is found.",
            "deploy the form, then try again",
        )
    return form.form_id, key, ""


def _moment(value: Value | None, seen: Mapping[str, Any], now: datetime, what: str) -> datetime | None:
    if value is None or value == "":
        return None
    result: Any = value if isinstance(value, str) else evaluate(value, seen, now)
    if result is None or result == "":
        return None
    if isinstance(result, datetime):
        return (result if result.tzinfo else result.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(result, date):
        return datetime.combine(result, time(), tzinfo=UTC)
    if isinstance(result, str):
        try:
            return parse_moment(result).astimezone(UTC)
        except (ValueError, LookupError):
            pass
    shown = result if isinstance(result, str) else type_name(result)
    raise Failure(
        IncidentType.EXTRACT_VALUE_ERROR,
        f"Expected the {what} to be a date and time, but was '{shown}'.",
        "give a date such as 2026-03-01T08:00:00+08:00",
    )
