"""The register of suppliers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.supplier.records import Supplier
from tasks.tender.bids import contacts_of


@dataclass(frozen=True, kw_only=True)
class SupplierView:
    supplier_id: int
    name: str
    state: str
    new_orders: str
    uscc: str
    lei: str
    country: str
    valid_until: date | None
    contacts: tuple[str, ...]
    may_be_invited: bool


def suppliers(records: Session, *, text: str = "") -> tuple[SupplierView, ...]:
    """By name; `text` searches name, uscc and lei."""
    query = select(Supplier).where(Supplier.archived_at.is_(None)).order_by(Supplier.name, Supplier.id)
    wanted = text.strip().casefold()
    return tuple(
        _view(records, supplier)
        for supplier in records.scalars(query)
        if wanted in " ".join([supplier.name, supplier.uscc or "", supplier.lei or ""]).casefold()
    )


def _view(records: Session, supplier: Supplier) -> SupplierView:
    return SupplierView(
        supplier_id=supplier.id,
        name=supplier.name,
        state=supplier.state,
        new_orders=supplier.new_orders,
        uscc=supplier.uscc or "",
        lei=supplier.lei or "",
        country=supplier.country,
        valid_until=supplier.valid_until,
        contacts=tuple(contacts_of(records, supplier.id)),
        may_be_invited=supplier.may_be_invited,
    )
