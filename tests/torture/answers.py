"""What people answer in the shipped processes, by element: one engagement as it goes when all goes well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Seen = Mapping[str, Any]

WISH = {
    "title": "Application maintenance",
    "serviceCategory": "it",
    "description": "We want to concentrate on our own products.",
    "serviceOwner": "service_owner",
    "estimatedAnnualCost": 1_300_000,
    "currency": "CNY",
    "supportsLicensedActivity": False,
    "impactOfFailure": "high",
    "rtoHours": 8,
    "substitutability": "medium",
    "dataClass": "none",
}
CRITERIA = [
    {"key": "technical", "name": "Technical", "weight": "0.7", "max": 100, "threshold": 75},
    {"key": "price", "name": "Price", "weight": "0.3", "max": 100},
]
READINGS = {"availability": ("9995", "10000"), "p1_resolution_h": ("4", "1")}
ITEMS = [
    {"kind": "knowledge", "title": "Runbook", "mandatory": True, "weight": 5},
    {"kind": "asset", "title": "Laptops", "mandatory": False, "weight": 2},
]


@dataclass(frozen=True, kw_only=True)
class Answer:
    values: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None


def answer(element_id: str, seen: Seen, now: datetime) -> Answer:
    """Raises KeyError for an element that nobody here knows."""
    return _ANSWERS[element_id](seen, now)


def _same(outcome: str | None = None, **values: Any) -> Callable[[Seen, datetime], Answer]:
    return lambda seen, now: Answer(values=values, outcome=outcome)


def _plan(seen: Seen, now: datetime) -> Answer:
    return Answer(
        values={
            "method": "open_tender",
            "deadline": (now + timedelta(days=25)).isoformat(),
            "bidValidityDays": 120,
            "panelSize": 3,
            "budget": 1_300_000,
            "ceilingPrice": 1_300_000,
            "currency": "CNY",
            "priceFormula": "lowest_price",
            "criteria": CRITERIA,
        }
    )


def _scores(seen: Seen, now: datetime) -> Answer:
    return Answer(values={"scores": [{**line, "score": 90, "comment": "fair"} for line in seen["scores"]]})


def _clauses(seen: Seen) -> list[dict[str, Any]]:
    return [{**line, "status": "present", "textRef": "§ 1", "waivedBy": ""} for line in seen["clauses"]]


def _kpi(code: str, unit: str, direction: str, numbers: tuple[str, str, str], weight: str) -> dict[str, Any]:
    target, minimum, critical = map(Decimal, numbers)
    return {
        "code": code,
        "name": code,
        "unit": unit,
        "direction": direction,
        "target": target,
        "minimum": minimum,
        "critical": critical,
        "weight": Decimal(weight),
        "category": "service",
        "pool": Decimal("0.8"),
        "allocation": Decimal("0.4"),
        "source": "manual",
    }


def _draft(seen: Seen, now: datetime) -> Answer:
    terms = {
        "value": 1_050_000,
        "currency": "CNY",
        "startDate": now.date().isoformat(),
        "endDate": (now.date() + timedelta(days=364)).isoformat(),
        "noticeDaysUs": 90,
        "noticeDaysSupplier": 180,
        "paymentTermsDays": 30,
        "atRiskPct": Decimal("0.12"),
        "liabilityCap": 1_200_000,
        "governingLaw": "CN",
        "serviceCountry": "CN",
        "dataCountry": "CN",
        "processingCountry": "CN",
        "ictServiceType": "S01",
    }
    kpis = [
        _kpi("availability", "%", "up", ("99.9", "99.5", "98"), "0.6"),
        _kpi("p1_resolution_h", "h", "down", ("4", "6", "12"), "0.4"),
    ]
    return Answer(values={"terms": terms, "kpis": kpis, "clauses": _clauses(seen)})


def _legal(seen: Seen, now: datetime) -> Answer:
    return Answer(values={"clauses": _clauses(seen), "legalComment": ""}, outcome="approve")


def _negotiate(seen: Seen, now: datetime) -> Answer:
    return Answer(values={"clauses": _clauses(seen), "negotiationNotes": "agreed"})


def _sign(seen: Seen, now: datetime) -> Answer:
    signed = {"signedOn": now.date().isoformat(), "ourSignatory": "Olga", "supplierSignatory": "Sam"}
    return Answer(values={**signed, "declineReason": ""}, outcome="signed")


def _enter(seen: Seen, now: datetime) -> Answer:
    numerator, denominator = READINGS[seen["kpi"]["code"]]
    return Answer(values={"numerator": numerator, "denominator": denominator})


def _verify(seen: Seen, now: datetime) -> Answer:
    rows = [
        {**{name: row[name] for name in ("numerator", "denominator", "missingCause")}, "correctionReason": ""}
        for row in seen["measurements"]
    ]
    return Answer(values={"measurements": rows, "invoiceAmount": 100_000})


def _decide(seen: Seen, now: datetime) -> Answer:
    verdict = seen["verdict"]
    return Answer(values={"consequence": verdict["consequence"], "newOrders": verdict["newOrders"]})


def _certify(seen: Seen, now: datetime) -> Answer:
    return Answer(
        values={
            "deletionMethod": "overwrite",
            "deletionSystems": "all",
            "deletedOn": now.date().isoformat(),
            "deletionSigner": "Sam",
        }
    )


def _settle(seen: Seen, now: datetime) -> Answer:
    return Answer(values={"settledAmount": "0", "settledOn": now.date().isoformat()})


_EXIT_PLAN = {
    "targetService": "insource",
    "durationDays": 90,
    "cost": 100_000,
    "plannedScenario": "we take it back",
    "stressedScenario": "we take it back at once",
}
_ANSWERS: Mapping[str, Callable[[Seen, datetime], Answer]] = {
    "prepare_tender": _plan,
    "review_tender": _same("approve"),
    "approve": _same("approve", comment=""),
    "confirm_opening_1": _same(sealsIntact=True),
    "confirm_opening_2": _same(sealsIntact=True),
    "confirm_price_opening_1": _same(sealsIntact=True),
    "confirm_price_opening_2": _same(sealsIntact=True),
    "declare_conflict": _same(coi="none"),
    "score_bid": _scores,
    "confirm_outlier": _same(outlierReason="I saw them work"),
    "explain_price": _same(explanation="we own the tools"),
    "judge_explanation": _same("accept", judgementReason="enough"),
    "decide_next_step": _same("again", nextStepReason="once more"),
    "draft_contract": _draft,
    "legal_review": _legal,
    "specialist_review": _same("approve"),
    "negotiate_clauses": _negotiate,
    "plan_exit": _same(exitPlan=_EXIT_PLAN),
    "upload_signed": _sign,
    "enter_measurements": _enter,
    "verify_measurements": _verify,
    "hold_review_meeting": _same(attendees="all", minutes="we talked", actions=[]),
    "decide_consequence": _decide,
    "review_exit": _same("continue", exitReason="one bad month"),
    "freeze_plan": _same(targetService="insource", items=ITEMS),
    "handover_item": _same(deliverable="on the shelf"),
    "accept_item": _same("accept", rejectReason=""),
    "certify_deletion": _certify,
    "accept_deletion": _same("accept", deletionComment=""),
    "revoke_manually": _same(allRevoked=True),
    "final_settlement": _settle,
    "close_gaps": _same(gapNotes="nothing mandatory is open"),
    "accept_transition": _same(serviceStable=True),
    "lessons_learned": _same(lessons="plan earlier", wouldUseAgain="yes"),
}
