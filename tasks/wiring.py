"""What the handlers need from outside the database, as one mapping for `ProcessEngine(services=...)`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.exit.access import ACCESS_SYSTEMS, AccessSystem
from tasks.performance.sources import KPI_SOURCE, CsvKpiSource
from tasks.tender.sealing import SEAL_KEYS, SealKeys


def handler_services(
    *,
    seal_key: bytes,
    kpi_folder: Path | None = None,
    access_systems: Mapping[str, AccessSystem] | None = None,
) -> dict[str, Any]:
    """`seal_key` are 32 bytes from a file outside the database. `kpi_folder` holds measurements as CSV, one
    file a contract. `access_systems` are adapters that can take access away, by the name of the system."""
    return {
        SEAL_KEYS: SealKeys(seal_key),
        KPI_SOURCE: CsvKpiSource(kpi_folder) if kpi_folder else None,
        ACCESS_SYSTEMS: dict(access_systems or {}),
    }
