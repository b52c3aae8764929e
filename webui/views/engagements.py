"""Outsourced services, read only: tender ranking, contract, reviews and exit of each engagement."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from tasks.engagement.queries import engagement_page, engagements
from tasks.tender.receiving import suppliers_of

from ..context import engine, me

blueprint = Blueprint("engagements", __name__, url_prefix="/engagements")

STAGES = ("draft", "strategy", "sourcing", "contracting", "transition", "operating", "exiting", "closed")


@blueprint.get("")
def index() -> str | Response:
    if is_supplier():
        return redirect(url_for("bids.index"), 303)
    with engine().records() as records:
        rows = engagements(records, text=request.args.get("q", ""), state=request.args.get("state", ""))
        return render_template("engagements.html", rows=rows, stages=STAGES)


@blueprint.get("/<int:engagement_id>")
def show(engagement_id: int) -> str:
    """A supplier sees its own part and nothing of others'."""
    with engine().records() as records:
        own = suppliers_of(records, me()) if is_supplier() else None
        page = engagement_page(records, engagement_id, as_suppliers=own)
        return render_template("engagement.html", page=page, stages=STAGES)


def is_supplier() -> bool:
    return "supplier_contact" in current_user.groups
