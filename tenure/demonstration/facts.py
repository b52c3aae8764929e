"""The facts that the demonstration plays, read from its data files; numbers exact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.ocds.draft import OrderDraft, PaymentDraft

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class RealBid:
    letter: str
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class PortFacts:
    """Solicitation 2024-10569 of the Port of Portland. `invented` holds what was made up."""

    source: str
    note: str
    title: str
    currency: str
    estimate: Decimal
    bids: tuple[RealBid, ...]
    invented: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CityFacts:
    """Record 118001 of the City of Portland. `invented` holds what was made up."""

    source: str
    note: str
    title: str
    description: str
    currency: str
    tender_value: Decimal
    deadline: datetime
    award: Decimal
    contract_start: date
    contract_end: date
    orders: tuple[OrderDraft, ...]
    payments: tuple[PaymentDraft, ...]
    invented: dict[str, Any]


def port_facts() -> PortFacts:
    read = _read("port_of_portland_2024_10569.json")
    return PortFacts(
        source=read["source"],
        note=read["note"],
        title=read["title"],
        currency=read["currency"],
        estimate=Decimal(read["estimate"]),
        bids=tuple(RealBid(letter=b["letter"], price=Decimal(b["price"])) for b in read["bids"]),
        invented=read["invented"],
    )


def city_facts() -> CityFacts:
    read = _read("city_of_portland_118001.json")
    return CityFacts(
        source=read["source"],
        note=read["note"],
        title=read["title"],
        description=read["description"],
        currency=read["currency"],
        tender_value=Decimal(read["tender_value"]),
        deadline=datetime.fromisoformat(read["deadline"]),
        award=Decimal(read["award"]),
        contract_start=date.fromisoformat(read["contract_start"]),
        contract_end=date.fromisoformat(read["contract_end"]),
        orders=tuple(
            OrderDraft(
                number=o["number"],
                title=o["title"],
                amount=Decimal(o["amount"]),
                ordered_on=date.fromisoformat(o["ordered_on"]),
                due_on=date.fromisoformat(o["due_on"]),
            )
            for o in read["orders"]
        ),
        payments=tuple(
            PaymentDraft(
                number=p["number"],
                order_number=p["order_number"],
                amount=Decimal(p["amount"]),
                paid_on=date.fromisoformat(p["paid_on"]),
            )
            for p in read["payments"]
        ),
        invented=read["invented"],
    )


def criteria_of(invented: dict[str, Any]) -> list[dict[str, Any]]:
    """The criteria as the form of the tender takes them."""
    return [{**c, "weight": Decimal(c["weight"])} for c in invented["criteria"]]


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"), parse_float=Decimal)
    return read
