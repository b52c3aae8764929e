"""What a new contract starts from: terms and a first set of KPIs, for the drafter to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_D = Decimal

STANDARD_KPIS: tuple[dict[str, Any], ...] = (
    {
        "code": "availability",
        "name": "可用率 / Availability",
        "unit": "%",
        "direction": "up",
        "target": _D("99.9"),
        "minimum": _D("99.5"),
        "critical": _D("98.0"),
        "weight": _D("0.40"),
        "category": "service",
        "pool": _D("0.80"),
        "allocation": _D("0.50"),
        "source": "manual",
    },
    {
        "code": "p1_resolution_h",
        "name": "一级事件恢复时长 / Hours to resolve a P1",
        "unit": "h",
        "direction": "down",
        "target": _D(4),
        "minimum": _D(6),
        "critical": _D(12),
        "weight": _D("0.25"),
        "category": "service",
        "pool": _D("0.80"),
        "allocation": _D("0.40"),
        "source": "manual",
    },
    {
        "code": "quality_pass",
        "name": "验收合格率 / Acceptance rate",
        "unit": "%",
        "direction": "up",
        "target": _D(98),
        "minimum": _D(95),
        "critical": _D(90),
        "weight": _D("0.20"),
        "category": "quality",
        "pool": _D("0.20"),
        "allocation": _D("0.60"),
        "source": "manual",
    },
    {
        "code": "csat",
        "name": "满意度 / Satisfaction",
        "unit": "1-5",
        "direction": "up",
        "target": _D("4.5"),
        "minimum": _D("4.0"),
        "critical": _D("3.0"),
        "weight": _D("0.15"),
        "category": "quality",
        "pool": _D("0.20"),
        "allocation": _D("0.40"),
        "source": "manual",
    },
)
