"""Facts about this installation that must survive a restart, as text by name."""

from __future__ import annotations

from sqlalchemy import select

from .link import Link
from .schema import setting as table


class Settings:
    def __init__(self, link: Link) -> None:
        self._link = link

    def get(self, name: str) -> str | None:
        found: str | None = self._link.value(select(table.c.value).where(table.c.name == name))
        return found

    def set(self, name: str, value: str) -> None:
        statement = self._link.upsert(table).values(name=name, value=value)
        self._link.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.name], set_={"value": statement.excluded.value}
            )
        )
