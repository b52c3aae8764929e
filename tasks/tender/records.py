"""The tender, who was invited, the bids, the panel with its scores, and the award."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, event, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from tasks.records_base import (
    Breach,
    InvariantBroken,
    JsonList,
    JsonObject,
    LongText,
    Moment,
    MoneyAmount,
    RatioValue,
    Record,
    Stateful,
    UserId,
    Word,
    references,
)
from tasks.tender.rules import tender_breaches
from tasks.tender.scoring import PriceFormula


class TenderState(StrEnum):
    PLANNED = "planned"
    REVIEW = "review"
    PUBLISHED = "published"
    OPENED = "opened"
    EVALUATED = "evaluated"
    AWARDED = "awarded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BidState(StrEnum):
    """A late bid stays `received`: it is kept and never opened."""

    RECEIVED = "received"
    SEALED = "sealed"
    OPENED = "opened"
    RESPONSIVE = "responsive"
    REJECTED = "rejected"
    SCORED = "scored"
    WINNER = "winner"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


class Coi(StrEnum):
    """The answer about conflicts of interest. Only `none` may score."""

    ASKED = "asked"
    NONE = "none"
    DECLARED = "declared"
    NO_ANSWER = "no_answer"


_ABANDONED = frozenset({TenderState.FAILED, TenderState.CANCELLED})


class Tender(Stateful, Record):
    """One selection, `TN-YYYY-NNNN`.

    `criteria` holds {key, name, weight, max, threshold}; the criterion `price` is scored by the formula.
    `round` counts from 1; a retender is the next round.
    """

    __tablename__ = "tender"

    code: Mapped[str] = mapped_column(String(20), unique=True)
    engagement_id: Mapped[int] = references("engagement")
    title: Mapped[str] = mapped_column(String(200))
    method: Mapped[Word]
    currency: Mapped[str] = mapped_column(String(3))
    budget: Mapped[MoneyAmount]
    ceiling_price: Mapped[MoneyAmount | None]
    should_cost: Mapped[MoneyAmount | None]
    bond_amount: Mapped[MoneyAmount | None]
    criteria: Mapped[JsonList]
    price_formula: Mapped[Word] = mapped_column(default=PriceFormula.LOWEST_PRICE)
    bid_validity_days: Mapped[int] = mapped_column(default=90)
    panel_size: Mapped[int] = mapped_column(default=3)
    cross_border: Mapped[bool] = mapped_column(default=False)
    onsite_staff: Mapped[bool] = mapped_column(default=False)
    subcontracting: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[Moment | None]
    deadline: Mapped[Moment | None]
    offers_opened_at: Mapped[Moment | None]
    prices_opened_at: Mapped[Moment | None]
    released_at: Mapped[Moment | None]
    """When candidates were published: from then on the ranking may be shown."""
    round: Mapped[int] = mapped_column(default=1)
    ocid: Mapped[str | None] = mapped_column(String(60), unique=True)
    base_price: Mapped[MoneyAmount | None]
    score_gap: Mapped[RatioValue | None]
    negotiation_rounds: Mapped[int] = mapped_column(default=0)
    close_reason: Mapped[LongText | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        TenderState.PLANNED: frozenset({TenderState.REVIEW, TenderState.PUBLISHED}) | _ABANDONED,
        TenderState.REVIEW: frozenset({TenderState.PLANNED, TenderState.PUBLISHED}) | _ABANDONED,
        TenderState.PUBLISHED: frozenset({TenderState.OPENED}) | _ABANDONED,
        TenderState.OPENED: frozenset({TenderState.EVALUATED, TenderState.PLANNED}) | _ABANDONED,
        TenderState.EVALUATED: frozenset({TenderState.AWARDED, TenderState.PLANNED}) | _ABANDONED,
        TenderState.AWARDED: frozenset({TenderState.EVALUATED}) | _ABANDONED,
    }

    def label(self) -> object:
        return self.code

    @property
    def weights(self) -> dict[str, Decimal]:
        """Criterion key to weight."""
        return {c["key"]: Decimal(c["weight"]) for c in self.criteria}

    def breaches(self) -> list[Breach]:
        """A draft may be incomplete; from publication on every invariant holds."""
        if self.state in (TenderState.PLANNED, TenderState.REVIEW, *_ABANDONED):
            return []
        return tender_breaches(self)


class Invitation(Record):
    """A supplier that was asked to bid."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("tender_id", "supplier_id"),)

    tender_id: Mapped[int] = references("tender")
    supplier_id: Mapped[int] = references("supplier")
    sent_at: Mapped[Moment | None]


_DECIDED = frozenset({BidState.WINNER, BidState.LOST, BidState.WITHDRAWN, BidState.REJECTED})


class Bid(Stateful, Record):
    """What a supplier handed in, in two envelopes: the offer and the price.

    The envelopes are encrypted with a key outside the database; `price` and what else they hold are empty
    until two people open them. A newer bid of the same supplier archives the older one.
    """

    __tablename__ = "bid"
    __table_args__ = (
        Index(
            "uq_bid_in_force",
            "tender_id",
            "supplier_id",
            "round",
            unique=True,
            sqlite_where=text("archived_at IS NULL AND late = 0"),
            postgresql_where=text("archived_at IS NULL AND NOT late"),
        ),
    )

    tender_id: Mapped[int] = references("tender", index=False)
    supplier_id: Mapped[int] = references("supplier")
    round: Mapped[int]
    received_at: Mapped[Moment]
    late: Mapped[bool] = mapped_column(default=False)
    key_id: Mapped[str] = mapped_column(String(20))
    sealed_offer: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_price: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    receipt: Mapped[str] = mapped_column(String(80), unique=True)
    summary: Mapped[LongText | None]
    signed: Mapped[bool | None]
    bond_ok: Mapped[bool | None]
    bond_reference: Mapped[str | None] = mapped_column(String(200))
    mandatory_missing: Mapped[int | None]
    valid_until: Mapped[date | None]
    price: Mapped[MoneyAmount | None]
    documents: Mapped[JsonList] = mapped_column(default=list)
    findings: Mapped[JsonList] = mapped_column(default=list)
    """Why the bid was rejected or flagged: {reason, action}."""
    offers: Mapped[JsonList] = mapped_column(default=list)
    """Prices of earlier negotiation rounds: {round, price, at}."""
    criterion_scores: Mapped[JsonObject] = mapped_column(default=dict)
    """Criterion key to the mean of the evaluators, scaled to 0..100."""
    price_score: Mapped[RatioValue | None]
    total_score: Mapped[RatioValue | None]
    rank: Mapped[int | None]
    tied: Mapped[bool] = mapped_column(default=False)
    explanation: Mapped[LongText | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        BidState.RECEIVED: frozenset({BidState.SEALED}),
        BidState.SEALED: frozenset({BidState.OPENED, BidState.WITHDRAWN}),
        BidState.OPENED: frozenset({BidState.RESPONSIVE, BidState.REJECTED, BidState.WITHDRAWN}),
        BidState.RESPONSIVE: frozenset({BidState.SCORED}) | _DECIDED,
        BidState.SCORED: frozenset({BidState.RESPONSIVE}) | _DECIDED,
        BidState.WINNER: frozenset({BidState.WITHDRAWN, BidState.SCORED}),
        BidState.LOST: frozenset({BidState.WINNER, BidState.SCORED}),
    }

    @property
    def is_sealed(self) -> bool:
        return self.state in (BidState.RECEIVED, BidState.SEALED)

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.is_sealed and (self.price is not None or self.summary is not None):
            found.append(
                Breach(code="OPEN_BEFORE_OPENING", message="a sealed bid shows nothing of its content")
            )
        if self.price is not None and self.price <= 0:
            found.append(
                Breach(
                    code="PRICE_NOT_POSITIVE",
                    field="price",
                    message=f"a price must be above 0, not {self.price}",
                )
            )
        return found


class PanelMember(Record):
    """Somebody drawn to score a round, and the answer about conflicts of interest."""

    __tablename__ = "panel_member"
    __table_args__ = (UniqueConstraint("tender_id", "round", "evaluator"),)

    tender_id: Mapped[int] = references("tender", index=False)
    round: Mapped[int]
    evaluator: Mapped[UserId]
    coi: Mapped[Word] = mapped_column(default=Coi.ASKED)
    relation: Mapped[LongText] = mapped_column(default="")


class Evaluation(Record):
    """One score of one evaluator, never changed once handed in; a new evaluation archives it."""

    __tablename__ = "evaluation"
    __table_args__ = (
        Index(
            "uq_evaluation_in_force",
            "bid_id",
            "evaluator",
            "criterion",
            unique=True,
            sqlite_where=text("archived_at IS NULL"),
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    bid_id: Mapped[int] = references("bid", index=False)
    evaluator: Mapped[UserId]
    criterion: Mapped[Word]
    score: Mapped[RatioValue]
    maximum: Mapped[RatioValue]
    comment: Mapped[LongText] = mapped_column(default="")

    def breaches(self) -> list[Breach]:
        if 0 <= self.score <= self.maximum:
            return []
        return [
            Breach(
                code="SCORE_OUT_OF_RANGE",
                field="score",
                message=f"{self.criterion} is scored from 0 to {self.maximum}, not {self.score}",
            )
        ]


class AwardState(StrEnum):
    RECORDED = "recorded"
    REVOKED = "revoked"


class Award(Stateful, Record):
    """The decision for one bid. `amount` is the bid's price at that time."""

    __tablename__ = "award"

    tender_id: Mapped[int] = references("tender")
    bid_id: Mapped[int] = references("bid")
    supplier_id: Mapped[int] = references("supplier")
    amount: Mapped[MoneyAmount]
    currency: Mapped[str] = mapped_column(String(3))
    awarded_at: Mapped[Moment]
    reason: Mapped[LongText] = mapped_column(default="")

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        AwardState.RECORDED: frozenset({AwardState.REVOKED}),
    }


_MAY_CHANGE = {"archived_at", "updated_at", "version"}


@event.listens_for(Evaluation, "before_update")
def _refuse_changed_scores(mapper: object, connection: object, evaluation: Evaluation) -> None:
    changed = {a.key for a in inspect(evaluation).attrs if a.history.has_changes()} - _MAY_CHANGE
    if changed:
        raise InvariantBroken(
            "evaluation",
            evaluation.label(),
            [
                Breach(
                    code="IMMUTABLE",
                    message=f"a submitted score is not changed ({', '.join(sorted(changed))})",
                )
            ],
        )
