"""A desk to run single handlers at: a real SQLite session, a clock, handlers called as the engine does."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine, event
from sqlalchemy.orm import Session

from engine import HandlerRegistry, JobContext
from tasks import all_records
from tasks.supplier.records import Supplier, SupplierContact, SupplierState
from tasks.tender.receiving import Receipt, receive_bid
from tasks.tender.sealing import Attachment, Offer
from tasks.wiring import handler_services

KEY = bytes(range(32))
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HANDLERS = HandlerRegistry.from_packages("tasks")


@cache
def _database() -> Engine:
    """One SQLite in memory for all tests; each works in a transaction that is rolled back."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=ON"))
    all_records.metadata.create_all(engine)
    return engine


class Files:
    """Documents kept in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[int, SimpleNamespace] = {}

    def store(
        self, name: str, content: bytes, *, media_type: str = "", readers: Sequence[str] = ()
    ) -> SimpleNamespace:
        key = len(self.kept) + 1
        sha256 = hashlib.sha256(content).hexdigest()
        self.kept[key] = SimpleNamespace(
            key=key, name=name, content=content, readers=tuple(readers), sha256=sha256
        )
        return self.kept[key]


class Desk:
    """`run` a handler by its type; `records` is the session; move `now` to let time pass."""

    def __init__(self) -> None:
        self._connection = _database().connect()
        self._transaction = self._connection.begin()
        self.records = Session(self._connection)
        self.now = START
        self.actor = "demo"
        self.files = Files()
        self.services: dict[str, Any] = handler_services(seal_key=KEY)
        self.groups: dict[str, list[str]] = {}
        self.messages: list[tuple[str, str, Mapping[str, Any]]] = []
        self.audited: list[dict[str, Any]] = []
        self.log: list[str] = []
        self._jobs = itertools.count(1)

    def close(self) -> None:
        self.records.close()
        if self._transaction.is_active:
            self._transaction.rollback()
        self._connection.close()

    def run(
        self, type: str, *, job_key: int | None = None, actor: str = "", **variables: Any
    ) -> dict[str, Any]:
        """Run one handler as the engine would; answers the variables it sets."""
        key = job_key or next(self._jobs)
        context = JobContext(
            key=key,
            type=type,
            process_instance_key=1,
            root_process_instance_key=1,
            definition_key=1,
            process_id="test",
            element_id="step",
            element_instance_key=key,
            business_key="",
            headers={},
            variables=variables,
            retries=3,
            now=self.now,
            actor=actor or self.actor,
            idempotency_key=f"job-{key}",
            services=self.services,
            open_records=lambda: self.records,
            document_store=self.files,
            members_of=lambda group: self.groups.get(group, []),
        )
        result = HANDLERS[type].run(context)
        self.records.flush()
        self.log += context.log_lines
        self.messages += [(m.name, m.correlation_key, m.variables) for m in context.outgoing]
        return result

    def wait(self, **time: int) -> None:
        self.now += timedelta(**time)

    # --- what a page's transaction offers ---------------------------------------------------------

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> None:
        self.messages.append((name, correlation_key, dict(variables or {})))

    def audit(self, subject_kind: str, subject_key: str, **details: Any) -> None:
        self.audited.append({"kind": subject_kind, "key": subject_key, **details})

    # --- makers ------------------------------------------------------------------------------------

    def supplier(self, name: str, *, contacts: Sequence[str] = (), **fields: Any) -> Supplier:
        common = {"created_at": self.now, "created_by": "demo", "updated_at": self.now}
        supplier = Supplier(name=name, **{"state": SupplierState.QUALIFIED, **fields}, **common)
        self.records.add(supplier)
        self.records.flush()
        for user_id in contacts:
            self.records.add(SupplierContact(supplier_id=supplier.id, user_id=user_id, **common))
        self.records.flush()
        return supplier

    def hand_in(
        self,
        tender_id: int,
        supplier: Supplier,
        price: str,
        *,
        signed: bool = True,
        validity_days: int = 90,
        bond: str = "",
        files: Sequence[tuple[str, bytes]] = (),
        summary: str = "We do it well.",
        currency: str = "CNY",
    ) -> Receipt:
        attachments = tuple(Attachment(name=n, media_type="text/plain", content=c) for n, c in files)
        offer = Offer(
            summary=summary,
            signed=signed,
            validity_days=validity_days,
            bond_reference=bond,
            attachments=attachments,
        )
        return receive_bid(
            self,
            self.services["seal_keys"],
            tender_id=tender_id,
            supplier_id=supplier.id,
            actor="seller",
            offer=offer,
            price=Decimal(price),
            currency=currency,
        )


CRITERIA = [
    {"key": "technical", "name": "Technical", "weight": Decimal("0.5"), "max": 100, "threshold": 75},
    {"key": "service", "name": "Service", "weight": Decimal("0.1"), "max": 100},
    {"key": "commercial", "name": "Commercial", "weight": Decimal("0.1"), "max": 100},
    {"key": "price", "name": "Price", "weight": Decimal("0.3"), "max": 100},
]


def tender_terms(now: datetime = START, **changes: Any) -> dict[str, Any]:
    """Terms that hold every invariant, with changes."""
    return {
        "method": "open_tender",
        "budget": 1_300_000,
        "ceilingPrice": 1_300_000,
        "currency": "CNY",
        "priceFormula": "lowest_price",
        "criteria": CRITERIA,
        "bidValidityDays": 90,
        "bondAmount": None,
        "deadline": (now + timedelta(days=25)).isoformat(),
        "panelSize": 3,
        **changes,
    }


def create_tender(desk: Desk, **changes: Any) -> int:
    created = desk.run(
        "tender.create",
        title="Application maintenance",
        serviceCategory="it",
        criticality="important",
        dataClass="personal",
        budget=1_300_000,
        currency="CNY",
        **changes,
    )
    return int(created["tenderId"])


def publish_tender(desk: Desk, **changes: Any) -> int:
    """A tender that takes bids."""
    tender_id = create_tender(desk)
    desk.run("tender.validate", tenderId=tender_id, **tender_terms(desk.now, **changes))
    desk.run("tender.publish", tenderId=tender_id)
    return tender_id
