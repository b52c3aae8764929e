"""What every store holds: the connection of the transaction, and which database it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Executable,
    Insert,
    Row,
    Table,
    bindparam,
    delete,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite

from .keys import Keys

Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class Link:
    connection: Connection
    is_postgres: bool
    keys: Keys

    def execute(self, statement: Executable) -> CursorResult[Any]:
        return self.connection.execute(statement)

    def rows(self, statement: Executable, **given: Any) -> Rows:
        return self.connection.execute(statement, given).all()

    def row(self, statement: Executable, **given: Any) -> Row[Any] | None:
        return self.connection.execute(statement, given).first()

    def value(self, statement: Executable, **given: Any) -> Any:
        """The first column of the first row, or None."""
        return self.connection.execute(statement, given).scalar()

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert any number of rows with one statement."""
        if rows:
            self.connection.execute(_insert(table), list(rows))

    def insert_new(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless one that must be unique is there already; answers whether it was inserted."""
        statement = self.upsert(table).values(**row).on_conflict_do_nothing()
        return self.value(statement.returning(*table.primary_key.columns)) is not None

    def many(self, statement: Executable, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once per set of parameters."""
        if parameters:
            self.connection.execute(statement, list(parameters))

    def delete(self, table: Table, column: str, values: Iterable[Any]) -> None:
        chosen = list(values)
        if len(chosen) == 1:  # the usual case, without a list to expand
            self.connection.execute(_delete_one(table, column), {"chosen": chosen[0]})
        elif chosen:
            self.connection.execute(_delete(table, column), {"chosen": chosen})

    def upsert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        return upsert(table, self.is_postgres)


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _delete_one(table: Table, column: str) -> Delete:
    return delete(table).where(table.c[column] == bindparam("chosen"))


@cache
def _delete(table: Table, column: str) -> Delete:
    return delete(table).where(table.c[column].in_(bindparam("chosen", expanding=True)))


def upsert(table: Table, is_postgres: bool) -> postgresql.Insert | sqlite.Insert:
    """An insert of this database's own kind, which knows ON CONFLICT."""
    return postgresql.insert(table) if is_postgres else sqlite.insert(table)


def as_dict(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)
