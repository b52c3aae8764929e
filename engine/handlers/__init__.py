"""Handlers: plain functions that do the work of service tasks, found by their job type."""

from ..errors import BpmnError, HandlerFailed, JobInputInvalid
from .conversion import camel_case, parse_duration, snake_case, to_json_value, to_variables
from .declaration import Handler, HandlerSpec, InputSpec, OutputSpec, handler
from .job_context import JobContext, OutgoingMessage
from .registry import HandlerRegistry

__all__ = [
    "BpmnError",
    "Handler",
    "HandlerFailed",
    "HandlerRegistry",
    "HandlerSpec",
    "InputSpec",
    "JobContext",
    "JobInputInvalid",
    "OutgoingMessage",
    "OutputSpec",
    "camel_case",
    "handler",
    "parse_duration",
    "snake_case",
    "to_json_value",
    "to_variables",
]
