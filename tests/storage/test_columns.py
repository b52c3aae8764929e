"""What is put into a column comes out of it, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from engine.storage import Database, Json, Key, Money, Ratio, UtcDateTime

metadata = MetaData()
sample = Table(
    "sample",
    metadata,
    Column("key", Key, primary_key=True),
    Column("amount", Money),
    Column("share", Ratio),
    Column("at", UtcDateTime),
    Column("value", Json),
)


def stored(database: Database, **values: object) -> object:
    """Write one column of a row and read it back."""
    [name] = values
    with database.connect() as connection:
        metadata.create_all(connection)
        connection.execute(insert(sample).values(key=1, **values))
        connection.commit()
    with database.connect() as connection:
        return connection.execute(select(sample.c[name])).scalar_one()


@pytest.mark.parametrize("amount", ["0.00", "-0.01", "9007199254740993.01", "92233720368547758.07"])
def test_money_comes_out_as_it_went_in(database, amount):
    assert str(stored(database, amount=Decimal(amount))) == amount


def test_money_with_a_third_place_is_refused(database):
    with pytest.raises(StatementError, match=r"at most 2 places, not 1\.005"):
        stored(database, amount=Decimal("1.005"))


def test_money_is_never_a_float(database):
    with pytest.raises(StatementError, match="must be a Decimal"):
        stored(database, amount=1.5)


def test_money_that_is_too_large_is_refused(database):
    with pytest.raises(StatementError, match="too large"):
        stored(database, amount=Decimal("92233720368547758.08"))


def test_a_ratio_has_four_places(database):
    assert stored(database, share=Decimal("0.3333")) == Decimal("0.3333")


def test_a_time_comes_out_in_utc_to_the_microsecond(database):
    shanghai = timezone(timedelta(hours=8))

    found = stored(database, at=datetime(2026, 3, 2, 7, 59, 59, 999_999, tzinfo=shanghai))

    assert found == datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database):
    with pytest.raises(StatementError, match="needs a zone"):
        stored(database, at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_times_sort_and_compare_in_the_database(database):
    moments = [datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(microseconds=n) for n in (5, 0, 3)]
    with database.connect() as connection:
        metadata.create_all(connection)
        connection.execute(insert(sample), [{"key": n, "at": at} for n, at in enumerate(moments)])

        found = connection.execute(
            select(sample.c.at).where(sample.c.at > moments[1]).order_by(sample.c.at)
        ).scalars()

        assert list(found) == [moments[2], moments[0]]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        9007199254740993,
        Decimal("9007199254740993.01"),
        Decimal("1E+30"),
        "年度评审 ✓ \x00 \ud800",
        [],
        {"deep": [{"price": Decimal("0.10")}], "": None},
    ],
)
def test_json_comes_out_as_it_went_in(database, value):
    found = stored(database, value=value)

    assert found == value
    assert repr(found) == repr(value)


def test_a_key_is_64_bits_wide(database):
    with database.connect() as connection:
        metadata.create_all(connection)
        connection.execute(insert(sample).values(key=2**63 - 1))

        assert connection.execute(select(sample.c.key)).scalar_one() == 2**63 - 1
