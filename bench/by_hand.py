"""The rows of a change, written again by hand: what differs between two looks at a database becomes one
SQLAlchemy Core statement per table and kind of change, its parameters prepared beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table, and_, bindparam, delete, insert, select, update

from engine import Database
from engine.storage import metadata

Row = dict[str, Any]
Rows = dict[Table, dict[tuple[Any, ...], Row]]
"""The rows of every table by primary key."""

Statements = list[tuple[Executable, list[Row]]]
TABLES = metadata.sorted_tables
"""Those that others refer to come first."""


def look(database: Database) -> Rows:
    with database.connect() as connection:
        return {table: dict(_rows(connection, table)) for table in TABLES}


def copy(source: Database, target: Database) -> None:
    """Make the empty `target` hold what `source` holds."""
    found = look(source)
    with target.connect() as connection:
        for table in TABLES:
            if found[table]:
                connection.execute(insert(table), list(found[table].values()))
        connection.commit()


def statements(before: Rows, after: Rows) -> Statements:
    """What turns `before` into `after`: per table an insert, an update and a delete, as far as needed."""
    made: Statements = []
    gone: Statements = []
    for table in TABLES:
        old, new = before[table], after[table]
        made += _several(_insert(table), [new[key] for key in new.keys() - old.keys()])
        changed = {key: _difference(old[key], new[key]) for key in old.keys() & new.keys()}
        for columns in {tuple(fields) for fields in changed.values() if fields}:
            rows = [
                _named(table, key) | fields for key, fields in changed.items() if tuple(fields) == columns
            ]
            made += _several(_update(table, columns), rows)
        gone += _several(_delete(table), [_named(table, key) for key in old.keys() - new.keys()])
    return made + gone[::-1]


def differences(one: Database, other: Database) -> list[str]:
    """The tables that do not hold the very same rows, as the driver hands them out."""
    return [table.name for table in TABLES if _raw(one, table) != _raw(other, table)]


def _raw(database: Database, table: Table) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        text = select(table).compile(connection.engine).string
        return sorted((tuple(row) for row in connection.exec_driver_sql(text)), key=repr)


def _rows(connection: Connection, table: Table) -> Iterator[tuple[tuple[Any, ...], Row]]:
    for row in connection.execute(select(table)):
        fields = dict(row._mapping)
        yield tuple(fields[column.name] for column in table.primary_key), fields


def _difference(old: Row, new: Row) -> Row:
    return {name: value for name, value in new.items() if old[name] != value}


def _several(statement: Executable, rows: list[Row]) -> Statements:
    return [(statement, rows)] if rows else []


def _named(table: Table, key: tuple[Any, ...]) -> Row:
    return {f"the_{column.name}": value for column, value in zip(table.primary_key, key, strict=True)}


def _is_row(table: Table) -> Any:
    return and_(*(column == bindparam(f"the_{column.name}") for column in table.primary_key))


@cache
def _insert(table: Table) -> Executable:
    return insert(table)


@cache
def _update(table: Table, columns: tuple[str, ...]) -> Executable:
    values: Mapping[str, Any] = {name: bindparam(name) for name in columns}
    return update(table).where(_is_row(table)).values(values)


@cache
def _delete(table: Table) -> Executable:
    return delete(table).where(_is_row(table))
