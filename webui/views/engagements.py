"""Outsourced services, read only: tender ranking, contract, reviews and exit of each engagement."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("engagements", __name__, url_prefix="/engagements")


@blueprint.get("")
def index() -> str:
    return ""
