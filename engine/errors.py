"""Everything that can go wrong in the engine, as one tree of facts.

The first line of a message says what is wrong, with ids; where there is a mend it says what would help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with a resource that somebody drew or wrote.

    `code` is stable (`FLOW_WITHOUT_TARGET`); `message` says what is wrong and `hint` what would help.
    `line` counts from 1 in `file`; `position` is the place inside an expression, from 0. `part` says which
    part of the element is meant (`conditionExpression`).
    """

    file: str
    code: str
    message: str
    severity: Severity = Severity.ERROR
    hint: str = ""
    element_id: str = ""
    element_name: str = ""
    line: int | None = None
    position: int | None = None
    part: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        element = f" element '{self.element_id}'" if self.element_id else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}:{element} {self.message}{hint} [{self.code}]"


class EngineError(Exception):
    """The root of the tree. `code` is stable, upper case, for pages and the REST API to translate."""

    code = "ENGINE_ERROR"


# --- not there -------------------------------------------------------------------------------


class NotFound(EngineError):
    """Something named by a key or id does not exist (or may not be seen by the actor)."""

    code = "NOT_FOUND"
    noun = "thing"

    def __init__(self, key: object, hint: str = "") -> None:
        self.key = key
        super().__init__(f"no {self.noun} with key or id {key!r}" + (f"; {hint}" if hint else ""))


class ProcessDefinitionNotFound(NotFound):
    noun = "process definition"


class ProcessInstanceNotFound(NotFound):
    noun = "process instance"


class ElementInstanceNotFound(NotFound):
    noun = "element instance"


class UserTaskNotFound(NotFound):
    noun = "user task"


class JobNotFound(NotFound):
    noun = "job"


class IncidentNotFound(NotFound):
    noun = "incident"


class TimerNotFound(NotFound):
    noun = "timer"


class FormNotFound(NotFound):
    noun = "form"


class DecisionNotFound(NotFound):
    noun = "decision"


class UserNotFound(NotFound):
    noun = "user"


class GroupNotFound(NotFound):
    noun = "group"


class DocumentNotFound(NotFound):
    noun = "document"


# --- somebody was quicker, or the state does not allow it ----------------------------------------


class Conflict(EngineError):
    """The request was right a moment ago; the state has moved on."""

    code = "INVALID_STATE"


class UserTaskAlreadyCompleted(Conflict):
    """Somebody else was quicker. `by` is a user id, `at` the time of completion (UTC)."""

    def __init__(self, key: int, by: str | None, at: datetime | None) -> None:
        self.key, self.by, self.at = key, by, at
        super().__init__(f"user task {key} was already completed by {by or 'nobody known'} at {at}")


class UserTaskCancelled(Conflict):
    """The process went another way, or was cancelled, at `at` (UTC); its trail says by whom."""

    def __init__(self, key: int, at: datetime | None = None) -> None:
        self.key, self.at = key, at
        super().__init__(f"user task {key} was cancelled{_when(at)}: the process went another way")


class UserTaskAlreadyClaimed(Conflict):
    def __init__(self, key: int, by: str) -> None:
        self.key, self.by = key, by
        super().__init__(f"user task {key} is already claimed by {by}")


class UserTaskBusy(Conflict):
    """A task listener has the word: until its job is done nobody else may change the task."""

    def __init__(self, key: int, action: str, state: str, listener: str = "") -> None:
        self.key, self.state, self.listener = key, state, listener
        waits = f"; it waits for the listener '{listener}'" if listener else ""
        super().__init__(f"cannot {action} user task {key}: it is in state {state}{waits}")


class UserTaskTransitionDenied(Conflict):
    """A task listener said no; the task is as it was. `event` is the listener's: completing, ..."""

    def __init__(self, key: int, event: str, reason: str) -> None:
        self.key, self.event, self.reason = key, event, reason
        said = f": {reason}" if reason else ""
        super().__init__(f"{event} user task {key} was denied by a task listener{said}")


class StaleVersion(Conflict):
    """The page that sent this was opened before the last change."""

    def __init__(self, noun: str, key: int, seen: int, current: int) -> None:
        self.noun, self.key, self.seen, self.current = noun, key, seen, current
        super().__init__(
            f"{noun} {key} has changed since it was opened (version {seen}, now {current}); reload it"
        )


class ProcessInstanceNotActive(Conflict):
    """`at` is when the instance ended (UTC); None when it is suspended."""

    def __init__(self, key: int, state: str, at: datetime | None = None) -> None:
        self.key, self.state, self.at = key, state, at
        super().__init__(f"process instance {key} is {state.lower()}{_when(at)}, not active")


class MigrationRefused(Conflict):
    """At least one error among the problems of the plan; nothing was changed.

    Where the mapping names what is not there the code is INVALID_ARGUMENT, as in Camunda.
    """

    def __init__(self, key: int, target_key: int, problems: Sequence[Problem]) -> None:
        self.key, self.target_key, self.problems = key, target_key, tuple(problems)
        errors = [p for p in self.problems if p.is_error]
        if any(p.code.startswith("MAPPING_") for p in errors):
            self.code = InvalidInput.code
        super().__init__(
            f"process instance {key} cannot go on under process definition {target_key}:\n"
            + "\n".join(f"- {p.message} ({p.hint}) [{p.code}]" for p in errors)
        )


class JobNotActivatable(Conflict):
    """The job is finished, locked by another worker, or the lock of this worker has expired."""


class IncidentAlreadyResolved(Conflict):
    """Somebody else was quicker, or the process went on without it. `by` is a user id, `at` a time (UTC)."""

    def __init__(self, key: int, by: str | None = None, at: datetime | None = None) -> None:
        self.key, self.by, self.at = key, by, at
        super().__init__(f"incident {key} is already resolved{f' by {by}' if by else ''}{_when(at)}")


class AlreadyExists(Conflict):
    code = "ALREADY_EXISTS"


# --- not allowed ------------------------------------------------------------------------------


class Refused(EngineError):
    """The actor may not do this."""

    code = "FORBIDDEN"


class PermissionDenied(Refused):
    """`needed` names the permission or group that would allow it."""

    def __init__(self, actor: str, action: str, needed: str) -> None:
        self.actor, self.action, self.needed = actor, action, needed
        super().__init__(f"{actor} may not {action}; it needs {needed}")


class FourEyesViolation(Refused):
    """The actor took part in an earlier step that must be somebody else's."""

    code = "FOUR_EYES"

    def __init__(self, actor: str, key: int, because: str) -> None:
        self.actor, self.key, self.because = actor, key, because
        super().__init__(f"{actor} may not act on user task {key}: {because}")


class NotAuthenticated(Refused):
    """Wrong name or password, or the account is locked or inactive; which one is not told."""

    code = "UNAUTHORIZED"


# --- the input is wrong -------------------------------------------------------------------------


class InvalidInput(EngineError):
    code = "INVALID_ARGUMENT"


class DeploymentRejected(InvalidInput):
    """At least one error among the problems of the resources; nothing was deployed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [p for p in self.problems if p.is_error]
        super().__init__("\n".join(str(p) for p in errors) or "the deployment has no resources")


class InvalidVariables(InvalidInput):
    """`errors` maps a variable's name to what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {what}" for name, what in errors.items()))


class FormInvalid(InvalidInput):
    """`errors` maps the path of a field to (code, parameters); pages translate the code."""

    def __init__(self, errors: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{path}: {code}" for path, (code, _) in errors.items()))


# --- the surroundings ----------------------------------------------------------------------------


class Unavailable(EngineError):
    code = "UNAVAILABLE"


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached."""


class SchemaTooOld(Unavailable):
    """The database was written by an earlier Tenure and must be upgraded first."""


class SchemaTooNew(Unavailable):
    """The database was written by a later Tenure."""


class ExecutorAlreadyRunning(Unavailable):
    """Another process executes on this database already."""


# --- from handlers ----------------------------------------------------------------------------


class BpmnError(Exception):
    """A business outcome that a handler reports: it goes to the error event that catches `code`.

    It is never retried. `variables` travel with it.
    """

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        self.code, self.message, self.variables = code, message, dict(variables or {})
        super().__init__(message or code)


class HandlerFailed(EngineError):
    """A handler or its inputs failed in a way that may be retried; becomes an incident at last."""

    code = "JOB_FAILED"


class JobInputInvalid(HandlerFailed):
    """A variable that the handler needs is missing or has the wrong type; trying again would not help."""

    code = "JOB_INPUT_INVALID"


def _when(at: datetime | None) -> str:
    return "" if at is None else f" at {at}"
