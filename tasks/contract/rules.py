"""The invariants of contracts and KPI definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tasks.amounts import ONE, ZERO
from tasks.performance.scoring import Direction
from tasks.records_base import Breach

MOST_AT_RISK = Decimal("0.20")
LONGEST_PAYMENT_TERM = 120


class KpiCategory(StrEnum):
    QUALITY = "quality"
    COST = "cost"
    DELIVERY = "delivery"
    SERVICE = "service"
    COMPLIANCE = "compliance"
    INNOVATION = "innovation"


class ContractTerms(Protocol):
    """What the rules for a contract look at."""

    @property
    def value(self) -> Decimal: ...
    @property
    def start(self) -> date | None: ...
    @property
    def end(self) -> date | None: ...
    @property
    def payment_terms_days(self) -> int: ...
    @property
    def at_risk_pct(self) -> Decimal: ...
    @property
    def notice_days_us(self) -> int: ...
    @property
    def notice_days_supplier(self) -> int: ...


class KpiTerms(Protocol):
    """What the rules for a KPI definition look at."""

    @property
    def code(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def target(self) -> Decimal: ...
    @property
    def minimum(self) -> Decimal: ...
    @property
    def critical(self) -> Decimal: ...
    @property
    def weight(self) -> Decimal: ...
    @property
    def category(self) -> str: ...
    @property
    def pool(self) -> Decimal: ...
    @property
    def allocation(self) -> Decimal: ...


def contract_breaches(contract: ContractTerms) -> list[Breach]:
    """Every invariant of its terms that a contract breaks."""
    found: list[Breach] = []
    if contract.value <= 0:
        found.append(_breach("VALUE", "value", f"the value must be above 0, not {contract.value}"))
    if contract.start and contract.end and contract.end <= contract.start:
        found.append(
            _breach(
                "END_BEFORE_START", "end", f"the end {contract.end} must be after the start {contract.start}"
            )
        )
    if not 0 <= contract.payment_terms_days <= LONGEST_PAYMENT_TERM:
        found.append(
            _breach(
                "PAYMENT_TERMS",
                "payment_terms_days",
                f"payment is due within 0 to {LONGEST_PAYMENT_TERM} days, not {contract.payment_terms_days}",
            )
        )
    if not 0 <= contract.at_risk_pct <= MOST_AT_RISK:
        found.append(
            _breach(
                "AT_RISK",
                "at_risk_pct",
                f"at risk are 0 to {MOST_AT_RISK} of a month, not {contract.at_risk_pct}",
            )
        )
    if contract.notice_days_us < 0 or contract.notice_days_supplier < 0:
        found.append(_breach("NOTICE_DAYS", "notice_days_us", "days of notice are 0 or more"))
    return found


def kpi_breaches(kpi: KpiTerms) -> list[Breach]:
    """Every invariant that one definition breaks."""
    found: list[Breach] = []
    if kpi.direction not in [str(d) for d in Direction]:
        return [_breach("DIRECTION", "direction", f"{kpi.code}: the direction {kpi.direction!r} is unknown")]
    sign = 1 if kpi.direction == Direction.UP else -1
    if not sign * kpi.critical < sign * kpi.minimum <= sign * kpi.target:
        order = "critical < minimum <= target" if sign > 0 else "critical > minimum >= target"
        found.append(
            _breach(
                "KPI_LIMITS",
                "target",
                f"{kpi.code}: {order} must hold, not {kpi.critical}, {kpi.minimum}, {kpi.target}",
            )
        )
    if kpi.category not in [str(c) for c in KpiCategory]:
        found.append(_breach("KPI_CATEGORY", "category", f"{kpi.code}: category {kpi.category!r} is unknown"))
    for share in ("weight", "pool", "allocation"):
        if not 0 <= getattr(kpi, share) <= 1:
            found.append(_breach("KPI_SHARE", share, f"{kpi.code}: {share} is a share of 0 to 1"))
    return found


def kpi_set_breaches(kpis: Sequence[KpiTerms]) -> list[Breach]:
    """Every invariant that the active definitions of one contract break together, and each alone."""
    found = [breach for kpi in kpis for breach in kpi_breaches(kpi)]
    total = sum((kpi.weight for kpi in kpis), ZERO)
    if total != ONE:
        found.append(_breach("KPI_WEIGHTS", "weight", f"the weights must sum to 1, they sum to {total}"))
    allocations: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for kpi in kpis:
        allocations[kpi.category] += kpi.allocation
    for category, allocated in allocations.items():
        if allocated > ONE:
            found.append(
                _breach(
                    "KPI_ALLOCATION", "allocation", f"{category} allocates {allocated} of its pool, at most 1"
                )
            )
    return found


def _breach(code: str, field: str, message: str) -> Breach:
    return Breach(code=code, field=field, message=message)
