"""Handing in a bid: a supplier's own page for tenders that are open, sealed before it is stored."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("bids", __name__, url_prefix="/bids")


@blueprint.get("")
def index() -> str:
    return ""
