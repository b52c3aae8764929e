"""Where a story begins: an award, a contract in force."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

from tests.stories.company import Company

CLAUSES = ("SCOPE", "STEP_IN")


def awarded(company: Company, contact: str = "supplier_contact1", **engagement: Any) -> int:
    """An award of 1.2 million to supplier A; answers its id. 26 days pass."""
    created = company.step(
        "tender.create",
        by="business_owner",
        **{
            "title": "Application maintenance",
            "serviceCategory": "it",
            "criticality": "standard",
            "dataClass": "none",
            "budget": 1_300_000,
            "currency": "CNY",
            **engagement,
        },
    )
    tender_id = created["tenderId"]
    company.step(
        "tender.validate",
        tenderId=tender_id,
        method="open_tender",
        budget=1_300_000,
        ceilingPrice=1_300_000,
        currency="CNY",
        criteria=[{"key": "price", "name": "Price", "weight": 1, "max": 100}],
        bidValidityDays=90,
        panelSize=3,
        deadline=(company.clock.now() + timedelta(days=25)).isoformat(),
    )
    company.step("tender.publish", tenderId=tender_id)
    bid_id = company.bid(tender_id, company.supplier("Supplier A", contact), "1200000")
    company.wait(days=26)
    openers = ["bid_opener1", "bid_opener2"]
    company.step("tender.unseal", tenderId=tender_id, openers=openers, envelope="technical")
    company.step("tender.count_valid", tenderId=tender_id, responsiveness=[{"bidId": bid_id}])
    company.step("tender.unseal", tenderId=tender_id, openers=openers, envelope="price")
    company.step("evaluation.score", tenderId=tender_id)
    return int(company.step("award.record", tenderId=tender_id, bidId=bid_id)["awardId"])


def terms(company: Company, **changes: Any) -> dict[str, Any]:
    """What the contract manager types into the terms."""
    return {
        "value": 1_200_000,
        "currency": "CNY",
        "startDate": company.today.isoformat(),
        "endDate": (company.today + timedelta(days=364)).isoformat(),
        "noticeDaysUs": 90,
        "noticeDaysSupplier": 180,
        "paymentTermsDays": 30,
        "atRiskPct": D("0.12"),
        "liabilityCap": 1_200_000,
        "governingLaw": "CN",
        "serviceCountry": "CN",
        "dataCountry": "CN",
        "processingCountry": "CN",
        "ictServiceType": "S01",
        **changes,
    }


KPIS: list[dict[str, Any]] = [
    {
        "code": "availability",
        "name": "Availability",
        "unit": "%",
        "direction": "up",
        "target": D("99.9"),
        "minimum": D("99.5"),
        "critical": D("98"),
        "weight": D("0.6"),
        "category": "service",
        "pool": D("0.8"),
        "allocation": D("0.5"),
        "source": "manual",
    },
    {
        "code": "p1_resolution_h",
        "name": "Hours to mend",
        "unit": "h",
        "direction": "down",
        "target": D("4"),
        "minimum": D("6"),
        "critical": D("12"),
        "weight": D("0.4"),
        "category": "service",
        "pool": D("0.8"),
        "allocation": D("0.4"),
        "source": "manual",
    },
]


def in_force(company: Company, contact: str = "supplier_contact1", **engagement: Any) -> dict[str, Any]:
    """A contract in force with two service levels; answers contractId, engagementId and supplierId."""
    award_id = awarded(company, contact, **engagement)
    created = company.step("contract.create", awardId=award_id)
    required = [{"clause": clause, "level": "M", "basis": "policy"} for clause in CLAUSES]
    company.step(
        "contract.check",
        contractId=created["contractId"],
        terms=terms(company),
        required=required,
        clauses=[{"clause": clause, "status": "present", "textRef": "1"} for clause in CLAUSES],
        kpis=KPIS,
    )
    company.step(
        "contract.activate",
        contractId=created["contractId"],
        signedOn=company.today.isoformat(),
        ourSignatory="Olga",
        supplierSignatory="Sam",
    )
    company.step("engagement.go_live", engagementId=created["engagementId"])
    return created
