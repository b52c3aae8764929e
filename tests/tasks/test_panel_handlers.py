"""The service steps that draw and seat an evaluation panel, on a real session."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import HandlerFailed
from tasks.tender.records import PanelMember
from tests.tasks.desk import publish_tender
from tests.tasks.selection import POOL, PRICES, open_bids, refuse


def test_the_panel_is_drawn_by_the_seed_alone(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = list(reversed(POOL))

    drawn = desk.run(
        "panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=3, seed="tenure-1", excluded=["eve"]
    )

    assert len(drawn["panel"]) == 3
    assert drawn["panel"] == drawn["drawn"]
    assert "eve" not in drawn["panel"]
    assert drawn["panel"] == ["fay", "gus", "hal"]
    assert "tenure-1" in desk.log[-1]


def test_who_declares_a_conflict_or_stays_silent_is_replaced(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = POOL
    ask = {"tenderId": tender_id, "poolGroup": "bid_evaluator", "size": 3, "seed": "x", "excluded": []}
    first = desk.run("panel.draw", **ask)["drawn"]

    second = desk.run(
        "panel.draw",
        **ask,
        declarations=[
            {"evaluator": first[0], "coi": "declared", "relation": "my brother"},
            {"evaluator": first[1], "coi": "no_answer"},
            {"evaluator": first[2], "coi": "none"},
        ],
    )

    assert len(second["panel"]) == 3
    assert first[2] in second["panel"]
    assert not {first[0], first[1]} & set(second["panel"])
    assert set(second["drawn"]) == set(second["panel"]) - {first[2]}
    members = desk.records.scalars(select(PanelMember)).all()
    assert {m.evaluator: m.coi for m in members}[first[0]] == "declared"


def test_a_pool_that_is_used_up_is_an_error(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = POOL[:3]
    ask = {"tenderId": tender_id, "poolGroup": "bid_evaluator", "size": 3, "seed": "x"}
    drawn = desk.run("panel.draw", **ask)["drawn"]

    refuse(
        desk,
        "panel.draw",
        "PANEL_TOO_SMALL",
        **ask,
        declarations=[{"evaluator": drawn[0], "coi": "declared"}],
    )


def test_the_score_sheet_has_no_price(desk):
    tender_id, bids = open_bids(desk, PRICES)
    desk.groups["bid_evaluator"] = POOL
    panel = desk.run("panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=3, seed="x")["panel"]

    opened = desk.run("evaluation.open", tenderId=tender_id, panel=panel)

    lines = opened["scoreSheet"]
    assert len(lines) == 9
    assert {line["criterion"] for line in lines} == {"technical", "service", "commercial"}
    assert {line["bidId"] for line in lines} == set(bids.values())
    assert "1180000" not in repr(lines)


def test_somebody_who_was_not_drawn_cannot_sit_on_the_panel(desk):
    tender_id, _ = open_bids(desk, PRICES)

    with pytest.raises(HandlerFailed, match="not drawn"):
        desk.run("evaluation.open", tenderId=tender_id, panel=["mallory"])
