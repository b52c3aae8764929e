"""Tasks: jobs, receive tasks, scripts and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...bpmn.model import Element, ElementType, EventType
from ...runtime import jobs, subscriptions
from ...runtime.decisions import evaluate_called_decision
from ...runtime.expressions import json_value
from ..token import Token
from .base import TRIGGERED, ElementSpec


class JobSpec(ElementSpec):
    """A job does the work: service, send, script and rule tasks, message throw and end events."""

    def execute(self, token: Token) -> bool:
        assert self.element.job is not None
        jobs.create_job(
            token.workflow.instance, token.record, self.element.job, headers=self.element.job.headers
        )
        return False


class ReceiveSpec(ElementSpec):
    """Receive tasks and intermediate catch events wait for their own event."""

    def subscribe(self, token: Token) -> None:
        if TRIGGERED not in token.record.data:
            super().subscribe(token)

    def execute(self, token: Token) -> bool:
        """An event that an event-based gateway has already caught passes at once."""
        return TRIGGERED in token.record.data

    def triggered(self, token: Token, event: Element, variables: Mapping[str, Any]) -> None:
        """It has what it waited for, also when its output mappings or end listeners hold it up."""
        subscriptions.close_subscriptions(token.workflow.instance, token.record, lambda one: one is event)
        self.finish(token, variables)

    def give_back(self, token: Token) -> None:
        if TRIGGERED in token.record.data:
            give_locals_to_scope(token)


class ScriptSpec(ElementSpec):
    """A FEEL script; its result is a variable like that of a job."""

    def execute(self, token: Token) -> bool:
        script = self.element.script
        assert script is not None
        instance = token.workflow.instance
        value = json_value(script.expression, instance.visible(token.record), instance.step.now())
        take_result(token, {script.result_variable: value})
        return True


class DecisionSpec(ElementSpec):
    """A business rule task that evaluates a decision."""

    def execute(self, token: Token) -> bool:
        called = self.element.called_decision
        assert called is not None
        value = evaluate_called_decision(token.workflow.instance, token.record, called)
        take_result(token, {called.result_variable: value})
        return True


def take_result(token: Token, variables: Mapping[str, Any]) -> None:
    """The result of an element: its own when output mappings choose from it, else for who has the name."""
    scopes = token.workflow.instance.variables
    if token.task_spec.element.outputs:
        scopes.set_local(token.record.key, variables)
    else:
        scopes.propagate(token.record.key, variables)


def give_locals_to_scope(token: Token) -> None:
    """Variables that came with an event are local to the event first, then go to the scope around it."""
    instance, record = token.workflow.instance, token.record
    if record.scope_key is not None:
        own = instance.variables.local(record.key)
        if own:
            instance.variables.propagate(record.scope_key, own)


def task_class(element: Element) -> type[ElementSpec]:
    """The class for a task element other than a user task."""
    if element.type is ElementType.RECEIVE_TASK:
        return ReceiveSpec if element.event.type is EventType.MESSAGE else ElementSpec
    if element.job is not None:
        return JobSpec
    if element.script is not None:
        return ScriptSpec
    if element.called_decision is not None:
        return DecisionSpec
    return ElementSpec
