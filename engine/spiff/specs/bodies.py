"""Bodies of repeating activities, multi-instance and standard loop: the rounds are instances inside."""

from __future__ import annotations

from typing import Any

from ...bpmn.model import Element, ElementType
from ...model import ElementState
from ...runtime import multi_instance, standard_loop
from ...runtime.records import LiveElement
from ..token import Token
from .base import SKIPPED, ElementSpec

_ENOUGH = "enough"


class BodySpec(ElementSpec):
    """What both kinds share: boundaries and flows are the body's, mappings and listeners each round's."""

    def type_of_records(self) -> ElementType:
        return ElementType.MULTI_INSTANCE_BODY

    def _activate(self, token: Token) -> bool:
        self.subscribe(token)
        return True

    def _leave(self, token: Token) -> bool:
        scope_key = token.record.scope_key
        assert scope_key is not None
        token.workflow.instance.variables.propagate(scope_key, self.output(token))
        token.flows = self.choose(token)
        return True

    def output(self, token: Token) -> dict[str, Any]:
        return {}

    def send_round(self, token: Token, index: int, local: dict[str, Any]) -> None:
        workflow = token.workflow
        spec = workflow.spec.inner_spec_of(self.element)
        workflow.send(spec, token.record, local=local, loop_counter=index + 1)


class MultiInstanceSpec(BodySpec):
    def execute(self, token: Token) -> bool:
        """Open the body; after an incident later on, go on where it stopped."""
        loop, body = self.element.multi_instance, token.record
        assert loop is not None
        instance = token.workflow.instance
        items = multi_instance.round_items(instance, body, loop)
        if not multi_instance.is_open(body):
            multi_instance.open_body(instance, body, loop, len(items))
        self._send_rounds(token, items)
        return token.workflow.is_quiet(body)

    def round_leaves(self, body: LiveElement, token: Token) -> None:
        loop = self.element.multi_instance
        assert loop is not None
        instance = token.workflow.instance
        multi_instance.collect_output(instance, body, loop, token.record)
        if multi_instance.is_complete(instance, body, loop, token.record):
            body.data[_ENOUGH] = True
        instance.change(body)

    def child_ended(self, token: Token, path_ended: bool) -> None:
        loop, body, workflow = self.element.multi_instance, token.record, token.workflow
        assert loop is not None
        body.data["done"] += 1
        workflow.instance.change(body)
        if body.state is not ElementState.ACTIVE:
            return
        if body.data.get(_ENOUGH):
            workflow.terminate_children(body)
            self.child_terminated(token)
            return
        if loop.sequential and multi_instance.rounds_left(body):
            self._send_rounds(token, multi_instance.round_items(workflow.instance, body, loop))
        if workflow.is_quiet(body):
            self.complete(token)

    def child_terminated(self, token: Token) -> None:
        body = token.record
        enough = _ENOUGH in body.data or SKIPPED in body.data
        if enough and body.state is ElementState.ACTIVE and token.workflow.is_quiet(body):
            self.complete(token)

    def output(self, token: Token) -> dict[str, Any]:
        loop = self.element.multi_instance
        assert loop is not None
        return multi_instance.output(token.workflow.instance, token.record, loop)

    def _send_rounds(self, token: Token, items: list[Any]) -> None:
        loop = self.element.multi_instance
        assert loop is not None
        for index in multi_instance.next_rounds(token.workflow.instance, token.record, loop):
            self.send_round(token, index, multi_instance.round_variables(loop, index, items))


class StandardLoopSpec(BodySpec):
    def execute(self, token: Token) -> bool:
        token.record.data["done"] = 0
        return not self._begin_round(token, first=True)

    def round_leaves(self, body: LiveElement, token: Token) -> None:
        """The condition sees what the round knows."""
        loop = self.element.standard_loop
        assert loop is not None
        if not standard_loop.goes_on(token.workflow.instance, token.record, loop, body.data["done"] + 1):
            body.data[_ENOUGH] = True
        token.workflow.instance.change(body)

    def child_ended(self, token: Token, path_ended: bool) -> None:
        body = token.record
        body.data["done"] += 1
        token.workflow.instance.change(body)
        if body.state is ElementState.ACTIVE and (
            body.data.get(_ENOUGH) or not self._begin_round(token, first=False)
        ):
            self.complete(token)

    def _begin_round(self, token: Token, *, first: bool) -> bool:
        loop, record = self.element.standard_loop, token.record
        assert loop is not None
        done = record.data["done"]
        if first and loop.test_before:
            instance = token.workflow.instance
            if not standard_loop.goes_on(instance, record, loop, done):
                return False
        self.send_round(token, done, {"loopCounter": done + 1})
        return True


def body_class(element: Element) -> type[ElementSpec] | None:
    """The class of the body of an element that repeats."""
    if element.multi_instance is not None:
        return MultiInstanceSpec
    if element.standard_loop is not None:
        return StandardLoopSpec
    return None
