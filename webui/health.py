"""/healthz: the program runs. /readyz: it can work, because its database answers."""

from __future__ import annotations

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from engine import Unavailable

from .context import engine

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response | tuple[Response, int]:
    try:
        engine().ping()
    except Unavailable as problem:
        return jsonify(status="unavailable", reason=type(problem).__name__), 503
    return jsonify(status="ok")
