"""The steps of a supplier selection as its people take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine import ProcessInstance
from tests.stories.company import Company

CRITERIA = [
    {"key": "technical", "name": "Technical", "weight": "0.5", "max": 100, "threshold": 75},
    {"key": "service", "name": "Service", "weight": "0.1", "max": 100},
    {"key": "commercial", "name": "Commercial", "weight": "0.1", "max": 100},
    {"key": "price", "name": "Price", "weight": "0.3", "max": 100},
]
TENDER = {
    "title": "Application maintenance",
    "serviceCategory": "it",
    "criticality": "standard",
    "dataClass": "none",
    "budget": 1_300_000,
    "currency": "CNY",
}
GOOD = {"technical": 90, "service": 85, "commercial": 85}
Scores = Mapping[str, Mapping[str, int]]


def plan(company: Company, **changes: Any) -> dict[str, Any]:
    """What the sourcing manager types into the plan."""
    return {
        "method": "open_tender",
        "deadline": (company.clock.now() + timedelta(days=25)).isoformat(),
        "bidValidityDays": 90,
        "panelSize": 3,
        "budget": 1_300_000,
        "ceilingPrice": 1_300_000,
        "currency": "CNY",
        "priceFormula": "lowest_price",
        "criteria": CRITERIA,
        **changes,
    }


def begin(company: Company, **changes: Any) -> ProcessInstance:
    return company.start("supplier_selection", "sourcing_manager", **{**TENDER, **changes})


def prepare(company: Company, **changes: Any) -> None:
    company.do("sourcing_manager", "prepare_tender", plan(company, **changes))


def review(company: Company) -> None:
    """Every reviewer agrees."""
    while "review_tender" in company.inbox():
        (group,) = company.task("review_tender").candidate_groups
        company.do(group, "review_tender", {}, outcome="approve")


def approve(company: Company) -> None:
    """Every level that is asked agrees."""
    while "approve" in company.inbox():
        (group,) = company.task("approve").candidate_groups
        company.do(group, "approve", {}, outcome="approve")


def publish(company: Company, **changes: Any) -> int:
    """From the plan to the published tender; answers its id."""
    prepare(company, **changes)
    review(company)
    approve(company)
    return int(company.variables(company.instance_of("supplier_selection"))["tenderId"])


def published(company: Company, **changes: Any) -> tuple[ProcessInstance, int]:
    selection = begin(company)
    return selection, publish(company, **changes)


def bids(company: Company, tender_id: int, prices: Mapping[str, object], contact: str = "") -> dict[str, int]:
    """One bid per supplier; answers the ids of the bids by name."""
    suppliers = {name: company.supplier(name, contact) for name in prices}
    return {name: company.bid(tender_id, suppliers[name], str(price)) for name, price in prices.items()}


def open_bids(company: Company, openers: Sequence[str] = ("bid_opener1", "bid_opener2")) -> None:
    """The deadline passes, two people open."""
    company.wait(days=26)
    for number, opener in enumerate(openers, start=1):
        company.do(opener, f"confirm_opening_{number}", {"sealsIntact": True})


def declare(company: Company, conflicted: Sequence[str] = ()) -> None:
    """Everybody who is asked answers."""
    while "declare_conflict" in company.inbox():
        evaluator = company.task("declare_conflict").assignee
        assert evaluator
        if evaluator in conflicted:
            company.do(
                evaluator, "declare_conflict", {"coi": "declared", "relation": "my brother works there"}
            )
        else:
            company.do(evaluator, "declare_conflict", {"coi": "none"})


def score(company: Company, scores: Scores | None = None) -> None:
    """Every evaluator gives the same scores, by bidder and criterion."""

    def sheet(of: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        def fill(shown: Mapping[str, Any]) -> Mapping[str, Any]:
            return {
                "scores": [
                    {**row, "score": (scores or {}).get(row["bidder"], GOOD)[row["criterion"]], "comment": of}
                    for row in shown["scores"]
                ]
            }

        return fill

    while "score_bid" in company.inbox():
        evaluator = company.task("score_bid").assignee
        assert evaluator
        company.do(evaluator, "score_bid", sheet(evaluator))


def open_prices(company: Company) -> None:
    for number in (1, 2):
        company.do(f"bid_opener{number}", f"confirm_price_opening_{number}", {"sealsIntact": True})


def award(company: Company) -> None:
    """The award is approved, and the standstill passes without an objection."""
    approve(company)
    company.wait(days=4)


def select(company: Company, prices: Mapping[str, object], scores: Scores | None = None) -> ProcessInstance:
    """A whole selection without a hitch."""
    selection, tender_id = published(company)
    bids(company, tender_id, prices)
    open_bids(company)
    declare(company)
    score(company, scores)
    open_prices(company)
    award(company)
    return selection
