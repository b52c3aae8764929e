"""Entering a supplier in the register, with the users who act for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.records_base import Maker, made
from tasks.supplier.records import Supplier, SupplierContact, SupplierState


def enlist_supplier(
    records: Session,
    maker: Maker,
    *,
    name: str,
    country: str = "",
    uscc: str | None = None,
    lei: str | None = None,
    scheme: str | None = None,
    scheme_id: str | None = None,
    contacts: Sequence[str] = (),
    **more: Any,
) -> Supplier:
    """A supplier that may be invited; `contacts` are user ids, who then see its tenders and tasks.

    Raises InvariantBroken for a credit code or LEI whose check digits do not fit.
    """
    supplier = Supplier(
        name=name,
        country=country,
        uscc=uscc,
        lei=lei,
        scheme=scheme,
        scheme_id=scheme_id,
        state=SupplierState.QUALIFIED,
        **more,
        **made(maker),
    )
    records.add(supplier)
    records.flush()
    for user_id in contacts:
        records.add(SupplierContact(supplier_id=supplier.id, user_id=user_id, **made(maker)))
    records.flush()
    return supplier


def enlisted(records: Session, scheme: str, scheme_id: str) -> Supplier | None:
    """The supplier with that identifier of another register."""
    return records.scalar(select(Supplier).where(Supplier.scheme == scheme, Supplier.scheme_id == scheme_id))
