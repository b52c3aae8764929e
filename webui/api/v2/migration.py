"""`POST /process-instances/{key}/migration`: a running instance goes on under another definition."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, Response

from engine import EngineError, InstanceState, ProcessEngine, ProcessInstanceNotActive

from .authentication import Gatekeeper
from .problems import ApiError, invalid, rejected
from .requests import json_body, key_from, key_of

ENDED = (InstanceState.COMPLETED, InstanceState.TERMINATED)


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/process-instances/<process_instance_key>/migration")
    def migrate_one(process_instance_key: str) -> Response:
        actor = gatekeeper.actor()
        key = key_from("processInstanceKey", process_instance_key)
        body = json_body()
        target = key_of(body, "targetProcessDefinitionKey")
        if target is None:
            raise invalid("No targetProcessDefinitionKey provided")
        mapping = _mapping(body.get("mappingInstructions"))
        try:
            engine.migrate_process_instance(key, target, mapping=mapping, by=actor)
        except ProcessInstanceNotActive as error:
            if error.state not in ENDED:
                raise rejected("MIGRATE", error) from error
            # Camunda knows running instances only.
            detail = f"Command 'MIGRATE' rejected with code 'NOT_FOUND': {error}"
            raise ApiError(404, "NOT_FOUND", detail) from error
        except EngineError as error:
            raise rejected("MIGRATE", error) from error
        return Response(status=204)


def _mapping(instructions: Any) -> dict[str, str]:
    """Source id -> target id. As in Camunda nothing is mapped that is not named."""
    if not isinstance(instructions, list):
        raise invalid("No mappingInstructions provided; expected a list")
    pairs = [_pair(instruction) for instruction in instructions]
    twice = sorted(source for source, count in Counter(source for source, _ in pairs).items() if count > 1)
    if twice:
        raise invalid(f"The mapping instructions contain duplicate source element ids: {', '.join(twice)}")
    return dict(pairs)


def _pair(instruction: Any) -> tuple[str, str]:
    if isinstance(instruction, dict):
        source, target = instruction.get("sourceElementId"), instruction.get("targetElementId")
        if isinstance(source, str) and source and isinstance(target, str) and target:
            return source, target
    raise invalid("A mapping instruction needs a sourceElementId and a targetElementId")
