"""Everything that goes wrong under /v2 answers `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
import logging

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from engine import EngineError, HandlerFailed

logger = logging.getLogger(__name__)

STATUS = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "FOUR_EYES": 403,
    "NOT_FOUND": 404,
    "INVALID_STATE": 409,
    "ALREADY_EXISTS": 409,
    "UNAVAILABLE": 503,
}


class ApiError(Exception):
    """A refusal of the API itself. `title` is Camunda's rejection type."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title, self.detail = status, title, detail
        super().__init__(detail)


def invalid(detail: str) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", detail)


def problem(status: int, title: str, detail: str) -> Response:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    response = Response(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Tenure", charset="UTF-8"'
    return response


def rejected(command: str, error: EngineError) -> ApiError:
    """An engine's refusal of `command` (CREATE, ...) in Camunda's wording."""
    status = STATUS.get(error.code, 500)
    title = "FORBIDDEN" if error.code == "FOUR_EYES" else error.code
    return ApiError(status, title, f"Command '{command}' rejected with code '{title}': {error}")


def add_handlers(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(ApiError, _on_api_error)
    blueprint.register_error_handler(EngineError, _on_engine_error)
    blueprint.register_error_handler(HTTPException, _on_http_error)
    blueprint.register_error_handler(Exception, _on_any_error)


def answer_unknown_paths(app: Flask, prefix: str) -> None:
    """404 and 405 of the framework, which no blueprint sees, in the same shape."""

    @app.before_request
    def unknown() -> Response | None:
        if not request.path.startswith(prefix + "/") or request.routing_exception is None:
            return None
        error = request.routing_exception
        return _on_http_error(error) if isinstance(error, HTTPException) else None


def _on_api_error(error: ApiError) -> Response:
    return problem(error.status, error.title, error.detail)


def _on_engine_error(error: EngineError) -> Response:
    if error.code not in STATUS and not isinstance(error, HandlerFailed):
        logger.error("the engine failed in %s", request.path, exc_info=error)
    return problem(STATUS.get(error.code, 500), error.code, str(error))


def _on_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    title = {
        400: "INVALID_ARGUMENT",
        404: "NOT_FOUND",
        405: "METHOD_NOT_ALLOWED",
        413: "PAYLOAD_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
    }.get(status, error.name)
    detail = error.description or error.name
    if status == 404:
        detail = f"Tenure has no endpoint {request.method} {request.path}"
    return problem(status, title, detail)


def _on_any_error(error: Exception) -> Response:
    logger.error("unexpected failure in %s", request.path, exc_info=error)
    return problem(500, "INTERNAL_ERROR", "Unexpected error; the server's log has the details")
