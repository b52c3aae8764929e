"""Camunda 8 REST: what turns on the Modeler's Deploy and Start buttons, migration, batch operations
and the activation of elements in ad-hoc subprocesses.

`GET /v2/topology` is public: a refusal would make the Modeler fall back to gRPC. Everything else asks for
credentials (HTTP Basic), save that the Modeler on the same machine may deploy and start under
`tenure run` (`authentication.py`).
"""

from __future__ import annotations

from flask import Blueprint, Flask

from engine import ProcessEngine

from ...security import csrf
from ...settings import WebSettings
from . import (
    batch_operations,
    deployments,
    element_instances,
    migration,
    problems,
    process_instances,
    repair,
    topology,
)
from .authentication import Gatekeeper

PREFIX = "/v2"


def register_api(app: Flask, engine: ProcessEngine, settings: WebSettings) -> None:
    """Add the API to the application. It has no cookies, hence no CSRF tokens."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    gatekeeper = Gatekeeper(engine, local_modeler=settings.local_modeler)
    topology.add_routes(blueprint, gatekeeper)
    deployments.add_routes(blueprint, engine, gatekeeper)
    process_instances.add_routes(blueprint, engine, gatekeeper)
    repair.add_routes(blueprint, engine, gatekeeper)
    batch_operations.add_routes(blueprint, engine, gatekeeper)
    migration.add_routes(blueprint, engine, gatekeeper)
    element_instances.add_routes(blueprint, engine, gatekeeper)
    problems.add_handlers(blueprint)
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)
    problems.answer_unknown_paths(app, PREFIX)
