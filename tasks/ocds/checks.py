"""Whether the parts of an imported record fit together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tasks.ocds.draft import AwardDraft, ContractDraft, ImportDraft, ImportWarning


def consistency_warnings(draft: ImportDraft) -> tuple[ImportWarning, ...]:
    """Amounts and dates that contradict each other."""
    return tuple(
        warning
        for i, contract in enumerate(draft.contracts)
        for warning in _contract_warnings(draft, contract, f"contracts[{i}]")
    )


def _contract_warnings(draft: ImportDraft, contract: ContractDraft, path: str) -> Iterator[ImportWarning]:
    award = next((a for a in draft.awards if a.award_id == contract.award_id), None)
    if award is None:
        yield _warning("AWARD_MISSING", f"the contract's award {contract.award_id!r} is not there", path)
    else:
        yield from _against_award(contract, award, path)
    if contract.start and contract.signed_on and contract.start < contract.signed_on:
        days = (contract.signed_on - contract.start).days
        yield _warning(
            "STARTS_BEFORE_SIGNATURE",
            f"the period starts on {contract.start}, {days} days before the signature on "
            f"{contract.signed_on}",
            f"{path}.period.startDate",
        )
    if contract.start and contract.end and contract.end <= contract.start:
        yield _warning("END_BEFORE_START", f"the period ends on {contract.end}", f"{path}.period.endDate")
    yield from _spend_warnings(contract, award, path)


def _against_award(contract: ContractDraft, award: AwardDraft, path: str) -> Iterator[ImportWarning]:
    if contract.value and award.value and contract.value != award.value:
        difference = contract.value.amount - award.value.amount
        yield _warning(
            "VALUE_DIFFERS",
            f"the contract's value {contract.value.amount} differs from the award's {award.value.amount} "
            f"by {difference}",
            f"{path}.value",
        )
    awarded = award.awarded_at.date() if award.awarded_at else None
    if awarded and contract.signed_on and contract.signed_on < awarded:
        yield _warning(
            "SIGNED_BEFORE_AWARD",
            f"signed on {contract.signed_on}, before the award on {awarded}",
            f"{path}.dateSigned",
        )
    if awarded and contract.start and contract.signed_on is None and contract.start < awarded:
        yield _warning(
            "STARTS_BEFORE_AWARD",
            f"the period starts on {contract.start}, before the award on {awarded}",
            f"{path}.period.startDate",
        )


def _spend_warnings(contract: ContractDraft, award: AwardDraft | None, path: str) -> Iterator[ImportWarning]:
    paid = sum((payment.amount for payment in contract.payments), Decimal(0))
    if award and award.value and paid > award.value.amount:
        yield _warning(
            "PAID_OVER_AWARD",
            f"paid {paid}, which is {paid - award.value.amount} more than the award",
            f"{path}.implementation.transactions",
        )
    for order in contract.orders:
        paid_for_it = sum((p.amount for p in contract.payments if p.order_number == order.number), Decimal(0))
        if order.amount is not None and order.amount != paid_for_it:
            yield _warning(
                "ORDER_NOT_PAID_IN_FULL",
                f"order {order.number} is over {order.amount}, paid for it were {paid_for_it}",
                f"{path}.implementation.purchaseOrders",
            )


def _warning(code: str, message: str, path: str) -> ImportWarning:
    return ImportWarning(code=code, message=message, path=path)
