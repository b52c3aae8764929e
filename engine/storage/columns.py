"""Column types that keep what is put in: exact numbers, aware times, JSON without floats.

They read the same on SQLite and PostgreSQL. Money and ratios are whole numbers in the database, so
that no driver rounds them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

from . import json_text


class Key(TypeDecorator[int]):
    """A 64-bit key. On SQLite the primary key becomes the row id."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class _Scaled(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of places, stored as a whole number of its smallest unit."""

    impl = BigInteger
    cache_ok = True
    places: int
    what: str

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise ValueError(f"{self.what} must be a Decimal or a whole number, not {value!r}")
        scaled = Decimal(value).scaleb(self.places)
        try:
            whole = int(scaled.to_integral_exact()) if scaled.is_finite() else None
        except InvalidOperation:
            whole = None
        if whole is None or whole != scaled:
            raise ValueError(f"{self.what} has at most {self.places} places, not {value}")
        if abs(whole) >= 2**63:
            raise ValueError(f"{self.what} of {value} is too large to be stored")
        return whole

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


class Money(_Scaled):
    """An amount in a currency's unit, stored as hundredths. More than two places raise ValueError."""

    cache_ok = True
    places = 2
    what = "an amount of money"


class Ratio(_Scaled):
    """A share, score or weight, stored as ten-thousandths. More than four places raise ValueError."""

    cache_ok = True
    places = 4
    what = "a ratio"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, to the microsecond; comes out in UTC. A time without a zone raises ValueError.

    `timestamptz` on PostgreSQL; on SQLite text of fixed width, so that it sorts and a person can read it.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs a zone: {value.isoformat()}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON value as text, decimals exact. Python's None is JSON's null, never SQL's."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json_text.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json_text.loads(value)
