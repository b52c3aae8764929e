"""Steps that change a supplier's standing."""

from __future__ import annotations

from engine import JobContext, handler
from tasks.records_base import get
from tasks.supplier.records import NewOrders, Supplier


@handler("supplier.set_standing", names={"zh": "更新供应商资格", "en": "Set the supplier's standing"})
def set_standing(job: JobContext, supplier_id: int, new_orders: NewOrders) -> None:
    """allow, warn or stop, by the last review; `stop` blocks invitations, bids and orders."""
    supplier = get(job.records, Supplier, supplier_id)
    supplier.new_orders = new_orders
    supplier.touch(job.now)
    job.log(f"{supplier.name}: new orders {new_orders}")
