"""Handing in a bid: a supplier's own page for tenders that are open, sealed before it is stored.

Nothing that stands in a bid is written anywhere but into the sealed envelopes: no draft, no log line. A
page that refuses a bid shows what was typed once more, but files must be chosen again.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from tasks.tender.queries import BiddingView, bidding_view, tenders_to_bid_for
from tasks.tender.receiving import BidRefused, Receipt, receive_bid
from tasks.tender.sealing import SEAL_KEYS, Attachment, BidTooLarge, Offer

from .. import formats
from ..context import actor, engine, me
from ..form_page import plain_number
from ..i18n import gettext as _
from ..i18n import lazy

blueprint = Blueprint("bids", __name__, url_prefix="/bids")

REFUSALS = {
    "NOT_OPEN": lazy("This tender takes no bids at present."),
    "NOT_INVITED": lazy("Your company was not invited to this tender."),
    "STANDING": lazy("Your company may not bid at present. Ask the sourcing manager."),
    "PRICE": lazy("The price must be above 0 and have at most 2 decimal places."),
    "CURRENCY": lazy("The price must be in the currency of the tender."),
    "INCOMPLETE": lazy("The days of validity are a whole number from 0 to 3650."),
}
_FIELD_OF = {"PRICE": "price", "CURRENCY": "price", "INCOMPLETE": "validity_days"}


@blueprint.get("")
def index() -> str:
    with engine().records() as records:
        tenders = tenders_to_bid_for(records, me(), formats.now())
        return render_template("bids.html", tenders=tenders)


@blueprint.get("/<int:tender_id>")
def show(tender_id: int) -> str:
    return _page(_views(tender_id), {}, {})


@blueprint.post("/<int:tender_id>")
def hand_in(tender_id: int) -> Response | tuple[str, int]:
    views = _views(tender_id)
    view = next((v for v in views if str(v.supplier_id) == request.form.get("supplier")), views[0])
    offer, price, mistakes = _read(view)
    if offer is None or price is None or mistakes:
        return _page(views, request.form, mistakes), 422
    try:
        receipt = _receive(view, offer, price)
    except BidRefused as refused:
        message = refusal(refused.reason)
        return _page(views, request.form, {_FIELD_OF.get(refused.reason, ""): message}), 422
    except BidTooLarge:
        return _page(views, request.form, {"files": _("The files together are too large.")}), 422
    if receipt.late:
        flash(_("Your bid came after the deadline. It is kept unopened and takes no part."))
    else:
        flash(_("Your bid is sealed. Receipt: %(receipt)s", receipt=receipt.receipt), "done")
    return redirect(url_for("bids.show", tender_id=tender_id), 303)


def refusal(reason: str) -> str:
    text = REFUSALS.get(reason, REFUSALS["NOT_OPEN"])
    return _(text)


def _views(tender_id: int) -> tuple[BiddingView, ...]:
    with engine().records() as records:
        views = bidding_view(records, tender_id, me(), formats.now())
    if not views:
        raise NotFound
    return views


def _read(view: BiddingView) -> tuple[Offer | None, Decimal | None, dict[str, str]]:
    """The offer and the price as typed, and what is wrong by field."""
    mistakes: dict[str, str] = {}
    given = {
        name: request.form.get(name, "").strip() for name in ("price", "summary", "validity_days", "bond")
    }
    price: Decimal | None = None
    try:
        price = Decimal(plain_number(given["price"]))
    except InvalidOperation:
        mistakes["price"] = _("Write a number, for example 1200.50.")
    if price is not None and not price.is_finite():
        mistakes["price"] = _("Write a number, for example 1200.50.")
    if not given["summary"]:
        mistakes["summary"] = _("Fill this in.")
    if not given["validity_days"].isdecimal():
        mistakes["validity_days"] = refusal("INCOMPLETE")
    if "signed" not in request.form:
        mistakes["signed"] = _("A bid must be signed. Tick this once an authorised person has signed it.")
    if mistakes:
        return None, price, mistakes
    files = tuple(
        Attachment(name=f.filename, media_type=f.mimetype, content=f.read())
        for f in request.files.getlist("files")
        if f.filename
    )
    offer = Offer(
        summary=given["summary"],
        signed=True,
        validity_days=int(given["validity_days"]),
        bond_reference=given["bond"],
        attachments=files,
    )
    return offer, price, {}


def _receive(view: BiddingView, offer: Offer, price: Decimal) -> Receipt:
    keys = engine().services[SEAL_KEYS]
    receive = partial(
        receive_bid,
        keys=keys,
        tender_id=view.tender_id,
        supplier_id=view.supplier_id,
        actor=me(),
        offer=offer,
        price=price,
        currency=view.currency,
    )
    return engine().in_transaction(receive, by=actor(), action="receive bid")


def _page(views: tuple[BiddingView, ...], given: Mapping[str, Any], mistakes: Mapping[str, str]) -> str:
    return render_template("bid.html", views=views, tender=views[0], given=given, mistakes=mistakes)
