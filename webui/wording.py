"""Words that pages show for the engine's codes: actions of the trail, kinds of elements, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from engine import AuditEntry, UserTask

from . import form_page, formats, rich_text
from .context import element_name, process_model, process_name
from .i18n import field_name, lazy, localized
from .i18n import gettext as _

OUTCOMES = {
    "approve": lazy("Approve"),
    "return": lazy("Send back"),
    "reject": lazy("Reject"),
    "accept": lazy("Accept"),
    "confirm": lazy("Confirm"),
    "submit": lazy("Submit"),
    "again": lazy("Try again"),
    "stop": lazy("Stop"),
    "continue": lazy("Continue"),
    "exit": lazy("Exit"),
    "signed": lazy("Signed"),
    "declined": lazy("Declined"),
    "uphold": lazy("Uphold the result"),
    "recalculate": lazy("Recalculate"),
    "reevaluate": lazy("Evaluate again"),
    "cancel": lazy("Cancel the procedure"),
}
KINDS = {
    "PROCESS": lazy("Process"),
    "SUB_PROCESS": lazy("Subprocess"),
    "EVENT_SUB_PROCESS": lazy("Event subprocess"),
    "AD_HOC_SUB_PROCESS": lazy("Ad-hoc subprocess"),
    "AD_HOC_SUB_PROCESS_INNER_INSTANCE": lazy("Round of an ad-hoc subprocess"),
    "TRANSACTION": lazy("Transaction"),
    "CALL_ACTIVITY": lazy("Called process"),
    "START_EVENT": lazy("Start"),
    "END_EVENT": lazy("End"),
    "INTERMEDIATE_CATCH_EVENT": lazy("Waits for an event"),
    "INTERMEDIATE_THROW_EVENT": lazy("Throws an event"),
    "BOUNDARY_EVENT": lazy("Boundary event"),
    "TASK": lazy("Task"),
    "MANUAL_TASK": lazy("Manual task"),
    "USER_TASK": lazy("Task of a person"),
    "SERVICE_TASK": lazy("Service"),
    "SEND_TASK": lazy("Sends a message"),
    "RECEIVE_TASK": lazy("Waits for a message"),
    "SCRIPT_TASK": lazy("Calculation"),
    "BUSINESS_RULE_TASK": lazy("Decision table"),
    "EXCLUSIVE_GATEWAY": lazy("Either-or"),
    "PARALLEL_GATEWAY": lazy("In parallel"),
    "INCLUSIVE_GATEWAY": lazy("One or more"),
    "EVENT_BASED_GATEWAY": lazy("First event wins"),
}
ACTIONS = {
    "start-process-instance": lazy("Started the process"),
    "cancel-process-instance": lazy("Cancelled the instance"),
    "migrate-process-instance": lazy("Moved to another version"),
    "set-variables": lazy("Changed variables"),
    "claim-user-task": lazy("Claimed the task"),
    "unclaim-user-task": lazy("Gave the task back"),
    "assign-user-task": lazy("Assigned the task"),
    "delegate-user-task": lazy("Handed the task over"),
    "update-user-task": lazy("Changed the task"),
    "complete-user-task": lazy("Completed the task"),
    "activate-elements": lazy("Activated elements of an ad-hoc subprocess"),
    "task-listener-denied": lazy("A check said no"),
    "add-comment": lazy("Added a comment"),
    "complete-job": lazy("Completed a service"),
    "fail-job": lazy("A service failed"),
    "throw-error": lazy("A service reported a business error"),
    "update-job": lazy("Changed a service job"),
    "handler-log": lazy("Note of a service"),
    "raise-incident": lazy("Raised an incident"),
    "resolve-incident": lazy("Retried an incident"),
    "suspend-process-instance": lazy("Suspended the instance"),
    "resume-process-instance": lazy("Resumed the instance"),
    "modify-process-instance": lazy("Moved tokens"),
    "skip-element": lazy("Skipped a step"),
    "publish-message": lazy("Sent a message"),
    "broadcast-signal": lazy("Sent a signal"),
    "fire-timer": lazy("A timer fired"),
    "store-document": lazy("Stored a document"),
    "deploy": lazy("Deployed a process"),
}
WAITING = {
    "CREATING": lazy("The task is being prepared."),
    "ASSIGNING": lazy("Whether the task may change hands is being checked."),
    "UPDATING": lazy("A change of the task is being checked."),
    "COMPLETING": lazy("What was sent is being checked before it counts."),
    "CANCELING": lazy("The task is no longer needed; what depends on it is being cleared up."),
}
NOUNS = (
    lazy("thing"),
    lazy("process definition"),
    lazy("process instance"),
    lazy("element instance"),
    lazy("user task"),
    lazy("job"),
    lazy("incident"),
    lazy("timer"),
    lazy("form"),
    lazy("decision"),
    lazy("user"),
    lazy("group"),
    lazy("document"),
    lazy("batch operation"),
)
_SHOWN_ELSEWHERE = frozenset({"elementId", "outcome", "reason", "elementInstanceKey", "definitionKey"})


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        action_name=action_name,
        control_id=form_page.control_id,
        control_value=form_page.control_value,
        details_of=details_of,
        documents_in=documents_in,
        element_name=element_name,
        kind_name=kind_name,
        now=formats.now,
        option_text=form_page.option_text,
        outcome_name=outcome_name,
        poll_seconds=app.extensions["tenure"].settings.poll_seconds,
        process_name=process_name,
        waiting_text=waiting_text,
        fields_url="",
    )
    app.jinja_env.filters.update(markdown=rich_text.markdown, safe_html=rich_text.html)


def outcome_name(outcome: str, task: UserTask | None = None) -> str:
    """The text of a decision button: the analyst's (property `outcome:approve:zh` of the step), else ours."""
    if task is not None and (model := process_model(task.definition_key)):
        element = model.elements.get(task.element_id)
        properties = element.properties if element else {}
        names = {
            code: properties[f"outcome:{outcome}:{code}"]
            for code in ("zh", "en")
            if f"outcome:{outcome}:{code}" in properties
        }
        if names:
            return localized(names)
    return _(OUTCOMES[outcome]) if outcome in OUTCOMES else field_name(outcome)


def kind_name(element_type: str) -> str:
    return _(KINDS[element_type]) if element_type in KINDS else field_name(element_type.lower())


def action_name(action: str) -> str:
    """A line of the trail in words."""
    return _(ACTIONS[action]) if action in ACTIONS else field_name(action.replace("-", " ").replace(".", " "))


def waiting_text(task: UserTask) -> str:
    """What a task waits for while one of its listeners works; empty when it waits for a person."""
    return _(WAITING[task.state]) if task.state.waits_for_listener else ""


def details_of(entry: AuditEntry) -> dict[str, Any]:
    """What a line of the trail tells beyond its head."""
    return {
        key: value
        for key, value in entry.details.items()
        if key not in _SHOWN_ELSEWHERE and value not in (None, "", [], {})
    }


def documents_in(form: form_page.FormPage) -> list[Mapping[str, Any]]:
    """The files that the fields of a form hold."""
    pickers = (f for f in form_page.flatten(form.fields) if f.type == "filepicker")
    return [file for f in pickers for file in (f.value or []) if isinstance(file, Mapping)]
