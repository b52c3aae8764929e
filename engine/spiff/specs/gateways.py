"""Gateways: they choose flows, wait for tokens, or wait for the first of several events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...bpmn.model import Element, SequenceFlow
from ...runtime import joins
from ...runtime.flows import exclusive_choice, inclusive_choice
from ...runtime.records import LiveElement
from ...runtime.subscriptions import close_subscriptions
from ..token import Token
from .base import TRIGGERED, ElementSpec

if TYPE_CHECKING:
    from ..instance_workflow import InstanceWorkflow


class ExclusiveGatewaySpec(ElementSpec):
    """One flow; tokens pass through one by one."""

    def choose(self, token: Token) -> list[SequenceFlow]:
        instance = token.workflow.instance
        return exclusive_choice(self.element, instance.visible(token.record), instance.step.now())


class ParallelGatewaySpec(ElementSpec):
    """All flows; with several incoming ones, when every one has brought a token."""

    def arrive(
        self, workflow: InstanceWorkflow, flow: SequenceFlow, scope: LiveElement, note: dict[str, Any] | None
    ) -> None:
        if len(self.element.incoming) < 2:
            workflow.send(self, scope)
            return
        joins.arrive(scope, flow)
        workflow.instance.change(scope)
        if joins.parallel_join_fires(scope, self.element):
            workflow.fire_join(scope, self.element)

    def choose(self, token: Token) -> list[SequenceFlow]:
        return self.element.outgoing


class InclusiveGatewaySpec(ElementSpec):
    """Every flow whose condition holds; it joins when no token can come any more (see `Family.run`)."""

    def arrive(
        self, workflow: InstanceWorkflow, flow: SequenceFlow, scope: LiveElement, note: dict[str, Any] | None
    ) -> None:
        if len(self.element.incoming) < 2:
            workflow.send(self, scope)
            return
        joins.arrive(scope, flow)
        workflow.instance.change(scope)

    def choose(self, token: Token) -> list[SequenceFlow]:
        instance = token.workflow.instance
        return inclusive_choice(self.element, instance.visible(token.record), instance.step.now())


class EventGatewaySpec(ElementSpec):
    """Waits for the first of the events behind it, and goes to that one."""

    def execute(self, token: Token) -> bool:
        return False

    def triggered(self, token: Token, event: Element, variables: Mapping[str, Any]) -> None:
        close_subscriptions(token.workflow.instance, token.record)
        token.record.data["chosen"] = event.id
        token.record.data["payload"] = dict(variables)
        self.complete(token)

    def choose(self, token: Token) -> list[SequenceFlow]:
        """None when an operator has skipped the gateway without saying which event should have come."""
        chosen = token.record.data.get("chosen")
        return [flow for flow in self.element.outgoing if flow.target.id == chosen][:1]

    def go_on(self, token: Token, scope: LiveElement) -> None:
        workflow = token.workflow
        for flow in token.flows:
            workflow.instance.take(flow)
            payload = token.record.data["payload"]
            workflow.send_to(flow.target, scope, local=payload, note={TRIGGERED: True})
