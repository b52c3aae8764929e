"""/healthz: the process runs. /readyz: it can work, because its database answers and its job threads run."""

from __future__ import annotations

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from engine import Unavailable

from .context import Tenure, tenure

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response | tuple[Response, int]:
    """The reason is a word, not the message: anybody may ask, and messages name servers."""
    reason = trouble(tenure())
    if reason:
        return jsonify(status="unavailable", reason=reason), 503
    return jsonify(status="ok")


def trouble(node: Tenure) -> str:
    """Why this process cannot work now; empty when it can."""
    try:
        node.engine.ping()
    except Unavailable as problem:
        return type(problem).__name__
    if node.executor is not None and not node.executor.healthy:
        return "JobsStandStill"
    return ""
