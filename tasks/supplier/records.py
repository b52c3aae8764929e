"""The supplier and the people who act for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tasks.records_base import Breach, Record, Stateful, UserId, Word, references
from tasks.supplier.identifiers import is_lei, is_uscc


class SupplierState(StrEnum):
    APPLICANT = "applicant"
    QUALIFIED = "qualified"
    CONDITIONAL = "conditional"
    SUSPENDED = "suspended"
    BARRED = "barred"


class NewOrders(StrEnum):
    """The standing from the last review; `stop` blocks invitations and orders."""

    ALLOW = "allow"
    WARN = "warn"
    STOP = "stop"


_LIVE = frozenset(
    {SupplierState.QUALIFIED, SupplierState.CONDITIONAL, SupplierState.SUSPENDED, SupplierState.BARRED}
)


class Supplier(Stateful, Record):
    """Known by uscc, by lei, or by the identifier of another register (`scheme` and `scheme_id`)."""

    __tablename__ = "supplier"
    __table_args__ = (UniqueConstraint("scheme", "scheme_id"),)

    name: Mapped[str] = mapped_column(String(200))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    lei: Mapped[str | None] = mapped_column(String(20), unique=True)
    scheme: Mapped[str | None] = mapped_column(String(100))
    scheme_id: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2), default="")
    new_orders: Mapped[Word] = mapped_column(default=NewOrders.ALLOW)
    related_party: Mapped[bool] = mapped_column(default=False)
    valid_until: Mapped[date | None]
    decided_on: Mapped[date | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        SupplierState.APPLICANT: _LIVE,
        SupplierState.QUALIFIED: _LIVE,
        SupplierState.CONDITIONAL: _LIVE,
        SupplierState.SUSPENDED: _LIVE,
    }

    def label(self) -> object:
        return self.name

    @property
    def may_be_invited(self) -> bool:
        """Neither suspended nor barred, and no stop on new orders."""
        return (
            self.state not in (SupplierState.SUSPENDED, SupplierState.BARRED)
            and self.new_orders != NewOrders.STOP
        )

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.uscc and not is_uscc(self.uscc):
            found.append(
                Breach(
                    code="USCC_CHECK",
                    field="uscc",
                    message=f"{self.uscc!r} is no credit code: 18 characters, the last is a check character",
                )
            )
        if self.lei and not is_lei(self.lei):
            found.append(
                Breach(
                    code="LEI_CHECK",
                    field="lei",
                    message=f"{self.lei!r} is no LEI: 20 characters, the last two are check digits",
                )
            )
        if self.new_orders not in [str(standing) for standing in NewOrders]:
            found.append(
                Breach(
                    code="UNKNOWN_VALUE",
                    field="new_orders",
                    message=f"new orders are allow, warn or stop, not {self.new_orders!r}",
                )
            )
        if self.valid_until and self.decided_on and (self.valid_until - self.decided_on).days > 365:
            found.append(
                Breach(
                    code="VALID_TOO_LONG",
                    field="valid_until",
                    message=f"a qualification decided on {self.decided_on} holds for at most 365 days, "
                    f"not until {self.valid_until}",
                )
            )
        return found


class SupplierContact(Record):
    """A user who acts for a supplier, and sees nothing of the others."""

    __tablename__ = "supplier_contact"
    __table_args__ = (UniqueConstraint("supplier_id", "user_id"),)

    supplier_id: Mapped[int] = references("supplier")
    user_id: Mapped[UserId] = mapped_column(index=True)
