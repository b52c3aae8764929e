"""Where a demonstration's values come from, and which kinds of them were invented.

Real work has no provenance. Kinds are short words such as `criticality`, `evaluation.score`,
`kpi.measurement`, `supplier.name`; pages and exports mark every value of an invented kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tasks.engagement.records import Engagement
from tasks.records_base import Made, get


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """`source` names the publication; empty for real work."""

    source: str = ""
    note: str = ""
    invented: frozenset[str] = frozenset()

    @property
    def is_demonstration(self) -> bool:
        return bool(self.source)

    def is_invented(self, kind: str) -> bool:
        return kind in self.invented


def provenance_of(engagement: Engagement) -> Provenance:
    kept = engagement.provenance
    return Provenance(
        source=kept.get("source", ""),
        note=kept.get("note", ""),
        invented=frozenset(kept.get("invented", [])),
    )


def state_provenance(
    records: Session, engagement_id: int, by: Made, *, source: str, note: str, invented: Sequence[str]
) -> None:
    """Write it into the engagement's file."""
    engagement = get(records, Engagement, engagement_id)
    engagement.provenance = {"source": source, "note": note, "invented": sorted(invented)}
    engagement.touch(by.now)
