"""A step that a model or its data made impossible: it becomes an incident, and can be tried again."""

from __future__ import annotations

from enum import StrEnum


class IncidentType(StrEnum):
    """Camunda's words for what stopped a token."""

    IO_MAPPING_ERROR = "IO_MAPPING_ERROR"
    CONDITION_ERROR = "CONDITION_ERROR"
    EXTRACT_VALUE_ERROR = "EXTRACT_VALUE_ERROR"
    CALLED_ELEMENT_ERROR = "CALLED_ELEMENT_ERROR"
    CALLED_DECISION_ERROR = "CALLED_DECISION_ERROR"
    DECISION_EVALUATION_ERROR = "DECISION_EVALUATION_ERROR"
    UNHANDLED_ERROR_EVENT = "UNHANDLED_ERROR_EVENT"
    AD_HOC_SUB_PROCESS_NO_RETRIES = "AD_HOC_SUB_PROCESS_NO_RETRIES"
    JOB_NO_RETRIES = "JOB_NO_RETRIES"
    EXECUTION_LISTENER_NO_RETRIES = "EXECUTION_LISTENER_NO_RETRIES"
    TASK_LISTENER_NO_RETRIES = "TASK_LISTENER_NO_RETRIES"
    FORM_NOT_FOUND = "FORM_NOT_FOUND"
    UNSPECIFIED = "UNSPECIFIED"


class Failure(Exception):
    """Raised by a rule before it has changed anything; the step it belongs to may be repeated later.

    `message` says what is wrong, in Camunda's sentence where there is one; `hint` what would help.
    """

    def __init__(self, error_type: IncidentType, message: str, hint: str = "", trace: str = "") -> None:
        self.error_type, self.message, self.hint, self.trace = error_type, message, hint, trace
        super().__init__(message)
