"""Repair of one process instance: cancel it, move its tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from engine import Actor, ElementInstance, EngineError, ProcessEngine

from .authentication import Gatekeeper
from .filters import text
from .problems import invalid, rejected
from .requests import json_body, key_from, key_of

_ANYWHERE = ("-1", "", None)


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/process-instances/<key>/cancellation")
    def cancel_instance(key: str) -> tuple[str, int]:
        actor = gatekeeper.actor()
        json_body(required=False)
        try:
            engine.cancel_process_instance(key_from("processInstanceKey", key), by=actor)
        except EngineError as error:
            raise rejected("CANCEL", error) from error
        return "", 204

    @blueprint.post("/process-instances/<key>/modification")
    def modify_instance(key: str) -> tuple[str, int]:
        actor, body = gatekeeper.actor(), json_body()
        instance_key = key_from("processInstanceKey", key)
        change = _Change(engine, instance_key, actor)
        for instruction in _list(body, "activateInstructions"):
            change.activate(instruction)
        for instruction in _list(body, "moveInstructions"):
            change.move(instruction)
        for instruction in _list(body, "terminateInstructions"):
            change.terminate(instruction)
        try:
            engine.modify_process_instance(
                instance_key,
                by=actor,
                start=change.started,
                cancel=change.ended,
                move=change.moved,
                variables=change.variables,
            )
        except EngineError as error:
            raise rejected("MODIFY", error) from error
        return "", 204


class _Change:
    """Camunda's instructions, gathered as one change of tokens."""

    def __init__(self, engine: ProcessEngine, instance_key: int, actor: Actor) -> None:
        elements = engine.element_instances(instance_key, by=actor)
        self._live: list[ElementInstance] = [
            e for e in elements if not e.state.is_final and e.key != instance_key
        ]
        self.started: list[str] = []
        self.ended: list[int] = []
        self.moved: dict[int, str] = {}
        self.variables: dict[str, dict[str, Any]] = {}

    def activate(self, instruction: dict[str, Any]) -> None:
        if instruction.get("ancestorElementInstanceKey") not in _ANYWHERE:
            raise invalid("ancestorElementInstanceKey is not offered; Tenure chooses the scope that runs")
        element = text("elementId", instruction.get("elementId"))
        self.started.append(element)
        self._take_variables(element, instruction)

    def move(self, instruction: dict[str, Any]) -> None:
        source = instruction.get("sourceElementInstruction")
        scope = instruction.get("ancestorScopeInstruction") or {}
        if not isinstance(source, dict) or not isinstance(scope, dict):
            raise invalid("a move needs a sourceElementInstruction")
        if scope.get("ancestorScopeType", "inferred") not in ("inferred", "sourceParent"):
            raise invalid("ancestorScopeInstruction: 'direct' is not offered; Tenure chooses the scope")
        target = text("targetElementId", instruction.get("targetElementId"))
        if (key := key_of(source, "sourceElementInstanceKey")) is not None:
            self.moved[key] = target
        else:
            element = text("sourceElementId", source.get("sourceElementId"))
            self.moved |= dict.fromkeys(self._at(element), target)
        self._take_variables(target, instruction)

    def terminate(self, instruction: dict[str, Any]) -> None:
        if (key := key_of(instruction, "elementInstanceKey")) is not None:
            self.ended.append(key)
        else:
            self.ended += self._at(text("elementId", instruction.get("elementId")))

    def _at(self, element_id: str) -> list[int]:
        found = [
            e.key
            for e in self._live
            if e.element_id == element_id and e.element_type != "MULTI_INSTANCE_BODY"
        ]
        if not found:
            raise invalid(f"no element instance of '{element_id}' is active")
        return found

    def _take_variables(self, element: str, instruction: dict[str, Any]) -> None:
        for given in _list(instruction, "variableInstructions"):
            values = given.get("variables")
            if not isinstance(values, dict):
                raise invalid("variables must be a JSON object")
            if given.get("scopeId") != element:
                raise invalid(
                    f"variables are offered in the scope of the activated element, '{element}', only"
                )
            if element in self.variables:
                raise invalid(f"variables for '{element}' are given twice")
            self.variables[element] = values


def _list(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    given = body.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid(f"{name} must be a list of objects")
    return given
