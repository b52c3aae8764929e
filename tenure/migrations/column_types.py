"""Column types as revisions write them.

They say what stands in the database and no more, so that an old revision goes on meaning what it meant
whatever becomes of the types in the program. Never change one; add another.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine


def key() -> TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def utc_time() -> TypeEngine[Any]:
    return sa.String(27).with_variant(TIMESTAMP(timezone=True), "postgresql")


def json() -> TypeEngine[Any]:
    return sa.Text()


def money() -> TypeEngine[Any]:
    """Hundredths."""
    return sa.BigInteger()


def ratio() -> TypeEngine[Any]:
    """Ten-thousandths."""
    return sa.BigInteger()
