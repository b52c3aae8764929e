"""`POST /element-instances/ad-hoc-activities/{key}/activation`: activate elements in an ad-hoc subprocess."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from engine import ElementActivation, EngineError, ProcessEngine

from .authentication import Gatekeeper
from .problems import invalid, rejected
from .requests import json_body


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/element-instances/ad-hoc-activities/<int:key>/activation")
    def activate(key: int) -> tuple[str, int]:
        actor = gatekeeper.actor()
        body = json_body()
        cancel = body.get("cancelRemainingInstances", False)
        if not isinstance(cancel, bool):
            raise invalid("cancelRemainingInstances must be true or false")
        try:
            engine.activate_ad_hoc_elements(key, _elements(body), by=actor, cancel_remaining=cancel)
        except EngineError as error:
            raise rejected("ACTIVATE", error) from error
        return "", 204


def _elements(body: dict[str, Any]) -> list[ElementActivation]:
    given = body.get("elements")
    if not isinstance(given, list) or not given:
        raise invalid("No elements provided")
    return [_element(one) for one in given]


def _element(given: Any) -> ElementActivation:
    element_id = given.get("elementId") if isinstance(given, dict) else None
    if not isinstance(element_id, str) or not element_id:
        raise invalid("No elementId provided")
    variables = given.get("variables") or {}
    if not isinstance(variables, dict):
        raise invalid("variables must be a JSON object")
    return ElementActivation(element_id=element_id, variables=variables)
