"""A signed contract to start from."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tasks.contract.records import Contract
from tasks.contract.templates import STANDARD_KPIS
from tests.tasks.desk import Desk, publish_tender

REQUIRED = [
    {"clause": "SCOPE", "level": "M", "basis": "law"},
    {"clause": "STEP_IN", "level": "M", "basis": "policy"},
    {"clause": "IP_OWNERSHIP", "level": "R", "basis": "policy"},
]
CLAUSES = [{"clause": c["clause"], "status": "present", "textRef": "§ 1"} for c in REQUIRED]
KPIS = [dict(kpi) for kpi in STANDARD_KPIS]


def terms(**changes: Any) -> dict[str, Any]:
    return {
        "value": D(1_200_000),
        "currency": "CNY",
        "startDate": "2026-04-01",
        "endDate": "2027-03-31",
        "noticeDaysUs": 90,
        "noticeDaysSupplier": 180,
        "paymentTermsDays": 30,
        "atRiskPct": D("0.12"),
        "liabilityCap": None,
        "governingLaw": "CN",
        "serviceCountry": "CN",
        "dataCountry": "CN",
        "processingCountry": "CN",
        "ictServiceType": "S01",
        **changes,
    }


def awarded(desk: Desk) -> int:
    """An award to Supplier A, whose contact is sally."""
    criteria = [{"key": "price", "weight": D(1)}]
    tender_id = publish_tender(desk, criteria=criteria)
    bid_id = desk.hand_in(tender_id, desk.supplier("Supplier A", contacts=["sally"]), "1200000").bid_id
    desk.wait(days=25)
    desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")
    desk.run("tender.count_valid", tenderId=tender_id, responsiveness=[{"bidId": bid_id}])
    desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="price")
    desk.run("evaluation.score", tenderId=tender_id)
    return int(desk.run("award.record", tenderId=tender_id, bidId=bid_id)["awardId"])


def check(desk: Desk, contract_id: int, **changes: Any) -> dict[str, Any]:
    given = {"terms": terms(), "required": REQUIRED, "clauses": CLAUSES, "kpis": KPIS, **changes}
    return desk.run("contract.check", contractId=contract_id, **given)


def signed(desk: Desk, **changes: Any) -> Contract:
    """A contract in force from 1 April 2026, with the standard KPIs."""
    contract_id = desk.run("contract.create", awardId=awarded(desk))["contractId"]
    check(desk, contract_id, **changes)
    desk.run(
        "contract.activate",
        contractId=contract_id,
        signedOn=desk.now.date().isoformat(),
        ourSignatory="Olga",
        supplierSignatory="Sam",
    )
    contract = desk.records.get(Contract, contract_id)
    assert contract is not None
    return contract
