"""Every table of the business on one metadata, for migrations and for tests."""

from __future__ import annotations

from tasks import numbering
from tasks.approval import records as approval
from tasks.contract import records as contract
from tasks.engagement import records as engagement
from tasks.exit import records as exit_
from tasks.performance import records as performance
from tasks.records_base import Record
from tasks.supplier import records as supplier
from tasks.tender import records as tender

metadata = Record.metadata

__all__ = [
    "approval",
    "contract",
    "engagement",
    "exit_",
    "metadata",
    "numbering",
    "performance",
    "supplier",
    "tender",
]
