"""Taking over orders and payments that were made elsewhere, as spend of a contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from tasks.amounts import ZERO, to_money
from tasks.contract.lookups import orders_of, payments_of
from tasks.contract.records import Contract, Payment, PurchaseOrder
from tasks.ocds.draft import OrderDraft, PaymentDraft
from tasks.records_base import Made, made


def import_spend(
    records: Session,
    contract: Contract,
    orders: Sequence[OrderDraft],
    payments: Sequence[PaymentDraft],
    by: Made,
    *,
    source: str,
) -> int:
    """Write what is not there yet, by number; answers how many rows were new.

    What was paid for an order counts as accepted, also of an order that was there before. An order without
    an amount counts with what was paid.
    """
    paid: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        paid[payment.order_number] += payment.amount
    known_orders = {order.number: order for order in orders_of(records, contract.id)}
    known_payments = {payment.number for payment in payments_of(records, contract.id)}
    new = 0
    for draft in orders:
        if draft.number in known_orders or draft.ordered_on is None:
            continue
        order = PurchaseOrder(
            contract_id=contract.id,
            number=draft.number,
            title=draft.title[:200],
            amount=to_money(draft.amount if draft.amount is not None else paid[draft.number]),
            accepted_amount=to_money(paid[draft.number]),
            ordered_on=draft.ordered_on,
            due_on=draft.due_on,
            source=source,
            **made(by),
        )
        records.add(order)
        known_orders[draft.number] = order
        new += 1
    records.flush()
    for draft_payment in payments:
        if draft_payment.number in known_payments:
            continue
        order_found = known_orders.get(draft_payment.order_number)
        if order_found is not None:
            accepted = max(order_found.accepted_amount, to_money(paid[order_found.number]))
            order_found.accepted_amount = accepted
            order_found.touch(by.now)
        records.add(
            Payment(
                contract_id=contract.id,
                order_id=order_found.id if order_found else None,
                number=draft_payment.number,
                amount=to_money(draft_payment.amount),
                paid_on=draft_payment.paid_on,
                source=source,
                **made(by),
            )
        )
        new += 1
    records.flush()
    return new
