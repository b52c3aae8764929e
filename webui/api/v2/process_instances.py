"""`POST /process-instances`: what the Modeler's Start button sends, without start or runtime instructions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from engine import EngineError, ProcessEngine

from .authentication import Gatekeeper
from .problems import invalid, rejected
from .requests import DEFAULT_TENANT, check_tenant, json_body, key_of

LATEST = -1


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/process-instances")
    def start() -> dict[str, Any]:
        actor = gatekeeper.actor(modeler=True)
        body = json_body()
        check_tenant(body.get("tenantId"))
        _refuse_what_is_not_built(body)
        definition_key = key_of(body, "processDefinitionKey")
        process_id = body.get("processDefinitionId")
        if (definition_key is None) == (process_id is None):
            raise invalid("Exactly one of processDefinitionId and processDefinitionKey must be given")
        if process_id is not None and not isinstance(process_id, str):
            raise invalid("processDefinitionId must be a string")
        variables = body.get("variables")
        if variables is not None and not isinstance(variables, dict):
            raise invalid("variables must be a JSON object")
        business_id = body.get("businessId")
        if business_id is not None and not isinstance(business_id, str):
            raise invalid("businessId must be a string")
        try:
            instance = engine.start_process_instance(
                process_id,
                by=actor,
                definition_key=definition_key,
                version=_version(body),
                variables=variables or {},
                business_key=business_id or "",
            )
        except EngineError as error:
            raise rejected("CREATE", error) from error
        return {
            "processDefinitionId": instance.process_id,
            "processDefinitionVersion": instance.process_version,
            "processDefinitionKey": str(instance.definition_key),
            "processInstanceKey": str(instance.key),
            "tenantId": DEFAULT_TENANT,
            "variables": {},
            "tags": [],
            "businessId": instance.business_key or None,
        }


def _version(body: dict[str, Any]) -> int | None:
    version = body.get("processDefinitionVersion", LATEST)
    if isinstance(version, bool) or not isinstance(version, int):
        raise invalid("processDefinitionVersion must be a whole number")
    return None if version == LATEST else version


def _refuse_what_is_not_built(body: dict[str, Any]) -> None:
    """Nothing is started when the caller asks for a start that Tenure cannot give."""
    for name, what in (
        ("startInstructions", "starting at a chosen element"),
        ("runtimeInstructions", "stopping at a chosen element"),
    ):
        if body.get(name):
            raise invalid(f"{name}: {what} (task testing) is not offered yet; start without instructions")
    if body.get("awaitCompletion") is True:
        raise invalid("awaitCompletion is not offered yet; start without it and look at the instance")
    if body.get("tags"):
        raise invalid("tags are not kept yet; start without them")
