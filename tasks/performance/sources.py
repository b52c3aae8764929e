"""Where measurements come from when nobody has to type them: a CSV file per contract."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Protocol

KPI_SOURCE = "kpi_source"
"""The name under which handlers find the source in `job.services`."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Numerator and denominator of one KPI in one period."""

    numerator: Decimal
    denominator: Decimal


class KpiSource(Protocol):
    def read(self, contract_number: str, kpi_code: str, period: str) -> Reading | None:
        """None when there is no usable value; a denominator of 0 is none."""
        ...


class CsvKpiSource:
    """Reads `<folder>/<contract number>.csv` with the columns period, kpi, numerator, denominator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, contract_number: str, kpi_code: str, period: str) -> Reading | None:
        path = self.folder / f"{contract_number}.csv"
        if path.parent != self.folder or not path.is_file():
            return None
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row.get("kpi") == kpi_code and row.get("period") == period:
                    return _reading(row)
        return None


def _reading(row: dict[str, str]) -> Reading | None:
    try:
        reading = Reading(
            numerator=Decimal(row.get("numerator") or ""), denominator=Decimal(row.get("denominator") or "")
        )
    except InvalidOperation:
        return None
    if not reading.numerator.is_finite() or not reading.denominator.is_finite() or not reading.denominator:
        return None
    return reading
