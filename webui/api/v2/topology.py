"""`GET /topology` (what the Modeler checks before it shows its buttons), `/status`, `/authentication/me`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from .authentication import Gatekeeper

GATEWAY_VERSION = "8.9.0"
"""The Camunda version whose REST API this is: the Modeler's default profile matches it."""


def add_routes(blueprint: Blueprint, gatekeeper: Gatekeeper) -> None:
    @blueprint.get("/topology")
    def topology() -> dict[str, Any]:
        host, _, port = request.host.partition(":")
        return {
            "brokers": [
                {
                    "nodeId": 0,
                    "brokerId": "0",
                    "host": host,
                    "port": int(port) if port.isdecimal() else 80,
                    "partitions": [
                        {"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}
                    ],
                    "version": GATEWAY_VERSION,
                }
            ],
            "clusterId": "tenure",
            "clusterSize": 1,
            "partitionsCount": 1,
            "replicationFactor": 1,
            "gatewayVersion": GATEWAY_VERSION,
            "lastCompletedChangeId": "-1",
        }

    @blueprint.get("/status")
    def status() -> tuple[str, int]:
        return "", 204

    @blueprint.get("/authentication/me")
    def me() -> dict[str, Any]:
        actor = gatekeeper.actor()
        return {
            "username": actor.user_id,
            "displayName": actor.user_id,
            "email": None,
            "authorizedComponents": ["*"],
            "tenants": [{"tenantId": "<default>", "name": "Default", "description": None}],
            "groups": [],
            "roles": [],
            "salesPlanType": None,
            "c8Links": {},
            "canLogout": False,
        }
