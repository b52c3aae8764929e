"""Running numbers such as OUT-2026-0007: gap-free per series and year, also with many writers."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from tasks.records_base import Made, Record, made


class NumberSeries(Record):
    """The last number given out in one year. Its row is locked until the number's record is committed,
    so a rolled back record gives its number back."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("series", "year"),)

    series: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    last: Mapped[int]


def next_number(records: Session, series: str, by: Made) -> str:
    """The next `SERIES-YYYY-NNNN` of the year of `by.now`."""
    year = by.now.year
    row = records.scalar(
        select(NumberSeries)
        .where(NumberSeries.series == series, NumberSeries.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        row = NumberSeries(series=series, year=year, last=0, **made(by))
        records.add(row)
    row.last += 1
    row.touch(by.now)
    records.flush()
    return f"{series}-{year}-{row.last:04d}"
