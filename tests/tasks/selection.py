"""A selection brought to the point a test is about: offers opened, a panel seated, scores handed in."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from engine import BpmnError
from tests.tasks.desk import CRITERIA, publish_tender

POOL = ["eve", "fay", "gus", "hal", "ida"]
SCORES = {"A": ("92.4", "90", "95"), "B": ("88", "85", "90"), "C": ("71.2", "80", "85")}


def refuse(desk, type, code, **variables):
    with pytest.raises(BpmnError) as refused:
        desk.run(type, **variables)
    assert refused.value.code == code
    return refused.value


def open_bids(desk, prices, **changes):
    """A tender whose offers are open and responsive; answers its id and bid ids by name."""
    tender_id = publish_tender(desk, **changes)
    bids = {
        name: desk.hand_in(
            tender_id, desk.supplier(f"Supplier {name}", contacts=[name.lower()]), price
        ).bid_id
        for name, price in prices.items()
    }
    desk.wait(days=25)
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")
    responsiveness = [{"bidId": bid["bidId"], "findings": []} for bid in opened["bids"]]
    desk.run("tender.count_valid", tenderId=tender_id, responsiveness=responsiveness)
    return tender_id, bids


def seat_panel(desk, tender_id, size=3):
    desk.groups["bid_evaluator"] = POOL
    drawn = desk.run(
        "panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=size, seed="x", excluded=[]
    )
    desk.run("evaluation.open", tenderId=tender_id, panel=drawn["panel"])
    return drawn["panel"]


def sheets(panel, bids, scores=SCORES):
    keys = ("technical", "service", "commercial")
    return [
        {
            "evaluator": evaluator,
            "scores": [
                {"bidId": bids[name], "criterion": key, "score": D(score), "comment": ""}
                for name, given in scores.items()
                for key, score in zip(keys, given, strict=True)
            ],
        }
        for evaluator in panel
    ]


def evaluated(desk, prices, scores=SCORES, **changes):
    """Opened, scored, and the prices open: ready to be ranked."""
    tender_id, bids = open_bids(desk, prices, **changes)
    panel = seat_panel(desk, tender_id)
    desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=sheets(panel, bids, scores))
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="price")
    return tender_id, bids, opened["bids"]


PRICES = {"A": "1180000", "B": "1050000", "C": "980000"}
NO_THRESHOLD = [{**c, "threshold": None} for c in CRITERIA]
