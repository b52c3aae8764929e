"""What an import hands over: a draft for the start form, and everything that looked odd on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class ImportWarning:
    """`path` is the place in the file. Nothing was mended: a person decides."""

    code: str
    message: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Amount:
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class PartyDraft:
    """`key` is scheme and id together, by which the supplier is found again."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CriterionDraft:
    key: str
    weight: Decimal
    max: Decimal


@dataclass(frozen=True, kw_only=True)
class BidDraft:
    bidders: tuple[PartyDraft, ...]
    value: Amount | None
    status: str


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """`amount` is None where the file gives none."""

    number: str
    title: str
    amount: Decimal | None
    ordered_on: date | None
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class PaymentDraft:
    number: str
    order_number: str
    amount: Decimal
    paid_on: date


@dataclass(frozen=True, kw_only=True)
class AwardDraft:
    award_id: str
    value: Amount | None
    awarded_at: datetime | None
    suppliers: tuple[PartyDraft, ...]


@dataclass(frozen=True, kw_only=True)
class ContractDraft:
    contract_id: str
    award_id: str
    title: str
    status: str
    value: Amount | None
    start: date | None
    end: date | None
    signed_on: date | None
    suppliers: tuple[PartyDraft, ...]
    orders: tuple[OrderDraft, ...]
    payments: tuple[PaymentDraft, ...]


@dataclass(frozen=True, kw_only=True)
class ImportDraft:
    """Fields of the form `tender_start` and what followed. None means: ask."""

    ocid: str
    title: str
    description: str
    method: str | None
    service_category: str | None
    budget: Decimal | None
    currency: str | None
    deadline: datetime | None
    criteria: tuple[CriterionDraft, ...]
    suppliers: tuple[PartyDraft, ...]
    bids: tuple[BidDraft, ...]
    awards: tuple[AwardDraft, ...]
    contracts: tuple[ContractDraft, ...]


@dataclass(frozen=True, kw_only=True)
class Imported:
    draft: ImportDraft
    warnings: tuple[ImportWarning, ...]
