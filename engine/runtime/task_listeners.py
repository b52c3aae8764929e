"""Task listeners: a change of a user task waits until every listener of its kind has agreed.

`data["transition"]` of the task's element instance holds the change meanwhile: the `event` of the listeners,
the `action` that began it, the `changes` of the task's attributes with the listeners' corrections, and what
the action brought along (`variables`, `actor`, ...). Denied, it is forgotten and the task is as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..bpmn.model import Element
from ..errors import InvalidInput
from ..model import TaskListenerResult, UserTaskState
from . import listeners
from .changes import UserTaskDenied
from .instance import Instance
from .records import TRANSITION, LiveElement
from .user_tasks import key_of

CREATING, ASSIGNING, UPDATING, COMPLETING, CANCELING = (
    "creating",
    "assigning",
    "updating",
    "completing",
    "canceling",
)
DENIABLE = (ASSIGNING, UPDATING, COMPLETING)

_STATES = {
    CREATING: UserTaskState.CREATING,
    ASSIGNING: UserTaskState.ASSIGNING,
    UPDATING: UserTaskState.UPDATING,
    COMPLETING: UserTaskState.COMPLETING,
    CANCELING: UserTaskState.CANCELING,
}
_CHANGED_NAMES = {
    "assignee": "assignee",
    "candidate_groups": "candidateGroupsList",
    "candidate_users": "candidateUsersList",
    "due_at": "dueDate",
    "follow_up_at": "followUpDate",
    "priority": "priority",
}
_HEADER = "io.camunda.zeebe:"


def begin(
    instance: Instance,
    live: LiveElement,
    event: str,
    *,
    action: str = "",
    changes: Mapping[str, Any] | None = None,
    **brought: Any,
) -> None:
    """The task waits for the listeners of `event` from now on; `open_next` opens the first one's job."""
    written = {name: _written(value) for name, value in (changes or {}).items()}
    live.data[TRANSITION] = {"event": event, "action": action, "changes": written, **brought}
    instance.change(live)
    instance.step.ledger.user_task_changed(key_of(live), {"state": _STATES[event]})


def under_way(live: LiveElement) -> str | None:
    """The event whose listeners have the word."""
    transition = live.data.get(TRANSITION)
    return transition["event"] if transition is not None else None


def open_next(instance: Instance, live: LiveElement, element: Element) -> bool:
    """Open the job of the next listener; False when all have agreed. Raises Failure, after which they are
    asked again from the first one on."""
    event = live.data[TRANSITION]["event"]
    headers = _headers(instance, live, element)
    return listeners.open_next_listener(instance, live, element.task_listeners, event, headers)


def end(instance: Instance, live: LiveElement) -> dict[str, Any]:
    """All have agreed: the changes are made. Answers the transition, for what its action brought along."""
    transition = _forget(instance, live)
    changed = {name: _read(name, value) for name, value in transition["changes"].items()}
    instance.step.ledger.user_task_changed(key_of(live), {**changed, "state": UserTaskState.CREATED})
    return transition


def deny(instance: Instance, live: LiveElement, reason: str) -> None:
    """A listener has said no: the task is as it was."""
    transition = _forget(instance, live)
    key, event = key_of(live), transition["event"]
    instance.step.ledger.user_task_changed(key, {"state": UserTaskState.CREATED})
    instance.step.ledger.user_tasks_denied.append(UserTaskDenied(key=key, event=event, reason=reason))
    instance.log("task-listener-denied", live, event=event, reason=reason)


def break_off(instance: Instance, live: LiveElement) -> None:
    """The task goes away whatever the listeners say."""
    if TRANSITION in live.data:
        _forget(instance, live)


def correct(instance: Instance, live: LiveElement, corrections: Mapping[str, Any]) -> None:
    """A listener's corrections join the changes; the listeners after it see them."""
    changes = live.data[TRANSITION]["changes"]
    changes.update((name, _written(value)) for name, value in corrections.items())
    instance.change(live)


def check_result(live: LiveElement, result: TaskListenerResult, excluded: set[str]) -> None:
    """Raises InvalidInput for an answer that this listener may not give. `excluded` may not be assignees."""
    transition = live.data[TRANSITION]
    event = transition["event"]
    if result.denied:
        if event not in DENIABLE:
            raise InvalidInput(f"a listener on '{event}' cannot deny; one on {', '.join(DENIABLE)} can")
        if result.corrections:
            raise InvalidInput("a task listener that denies cannot correct: its corrections would be lost")
    for name, value in result.corrections.items():
        _check_correction(name, value)
    assignee = result.corrections.get("assignee")
    if assignee is not None and event == CREATING and transition.get("initial"):
        raise InvalidInput(
            "a listener on 'creating' cannot correct the model's own assignee; one on 'assigning' can"
        )
    if assignee in excluded:
        raise InvalidInput(f"{assignee} may not be the assignee: they are excluded from this user task")


def _check_correction(name: str, value: Any) -> None:
    match name:
        case "assignee":
            fits, expected = isinstance(value, str), "a user id, or an empty text for nobody"
        case "candidate_groups" | "candidate_users":
            fits = isinstance(value, Sequence) and not isinstance(value, str)
            fits, expected = fits and all(isinstance(item, str) for item in value), "a list of texts"
        case "due_at" | "follow_up_at":
            fits = value is None or (isinstance(value, datetime) and value.tzinfo is not None)
            expected = "a time with its zone, or None"
        case "priority":
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
            expected = "a whole number from 0 to 100"
        case _:
            raise InvalidInput(f"'{name}' cannot be corrected; only {', '.join(_CHANGED_NAMES)}")
    if not fits:
        raise InvalidInput(f"the corrected {name} must be {expected}, not {value!r}")


def _forget(instance: Instance, live: LiveElement) -> dict[str, Any]:
    listeners.forget_listeners(live)
    transition: dict[str, Any] = live.data.pop(TRANSITION)
    instance.change(live)
    return transition


def _headers(instance: Instance, live: LiveElement, element: Element) -> dict[str, str]:
    """What a listener is told of the task, under Camunda's names; what has no value is left out."""
    transition = live.data[TRANSITION]
    before = _attributes(instance, live)
    changes = transition["changes"]
    now = before | changes
    if transition.get("initial"):
        now["assignee"] = transition["initial"]
    changed = [
        _CHANGED_NAMES[name] for name in _CHANGED_NAMES if changes.get(name, before[name]) != before[name]
    ]
    if transition["event"] == UPDATING and transition.get("variables") is not None:
        changed.append("variables")
    told = {
        "action": transition["action"],
        "assignee": now["assignee"],
        "candidateGroups": _list_text(now["candidate_groups"]),
        "candidateUsers": _list_text(now["candidate_users"]),
        "changedAttributes": _list_text(changed),
        "dueDate": now["due_at"],
        "followUpDate": now["follow_up_at"],
        "formKey": now["form_key"],
        "priority": now["priority"],
        "userTaskKey": key_of(live),
    }
    own = {_HEADER + name: str(value) for name, value in told.items() if value not in (None, "")}
    return {**element.headers, **own}


def _attributes(instance: Instance, live: LiveElement) -> dict[str, Any]:
    """The task as it is, in the form in which changes are kept."""
    key = key_of(live)
    created, changed = instance.step.ledger.user_task(key)
    data = created or instance.step.store.load_user_task(key)
    names = (*_CHANGED_NAMES, "form_key")
    return {name: _written(changed.get(name, getattr(data, name))) for name in names}


def _list_text(items: Sequence[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False) if items else ""


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value or None if isinstance(value, str) else value


def _read(name: str, value: Any) -> Any:
    if name in ("due_at", "follow_up_at") and value is not None:
        return datetime.fromisoformat(value)
    if name in ("candidate_groups", "candidate_users"):
        return tuple(value)
    return value
