"""Keys: 64-bit whole numbers, unique over all kinds and all nodes, small enough for JavaScript.

PostgreSQL hands them out by a sequence; on SQLite a counter row is part of the transaction that needs
the keys, so that an undone transaction also undoes its keys. Both come in blocks.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy import Connection, Sequence, select, update
from sqlalchemy.dialects.sqlite import insert

from .schema import counter, metadata

FIRST_KEY = 2**51 + 1
BLOCK = 100
COUNTER = "next_key"

key_sequence = Sequence("key_sequence", start=FIRST_KEY, increment=BLOCK, metadata=metadata)


@dataclass
class KeyReserve:
    """Keys that belong to this process: left over from the blocks of committed transactions."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ranges: list[tuple[int, int]] = field(default_factory=list)

    def take(self) -> tuple[int, int] | None:
        """The lowest range (first, past the last) that nobody else uses, or None: keys grow with time."""
        with self._lock:
            if not self._ranges:
                return None
            lowest = min(self._ranges)
            self._ranges.remove(lowest)
            return lowest

    def give(self, first: int, end: int) -> None:
        with self._lock:
            self._ranges.append((first, end))


class Keys:
    """Hands out keys inside one transaction."""

    def __init__(self, connection: Connection, reserve: KeyReserve, *, is_postgres: bool) -> None:
        self._connection = connection
        self._reserve = reserve
        self._is_postgres = is_postgres
        self._next = self._end = 0
        self._blocks = 0

    def next(self) -> int:
        """A key that nothing else has or will have."""
        if self._next == self._end:
            self._next, self._end = self._reserve.take() or self._allocate()
        key = self._next
        self._next += 1
        return key

    def keep_rest(self) -> None:
        """Leave what was not used to later transactions of this process. Call it after the commit."""
        if self._next < self._end:
            self._reserve.give(self._next, self._end)

    @property
    def mark(self) -> int:
        """Where a savepoint begins, for `undone_to`."""
        return self._blocks

    def undone_to(self, mark: int) -> None:
        """A savepoint was rolled back: a block that was allocated after it is no longer ours on SQLite."""
        if self._blocks != mark and not self._is_postgres:
            self._next = self._end = 0

    def _allocate(self) -> tuple[int, int]:
        first = self._next_block()
        self._blocks += 1
        return first, first + BLOCK

    def _next_block(self) -> int:
        if self._is_postgres:
            return int(self._connection.execute(select(key_sequence.next_value())).scalar_one())
        taken = self._connection.execute(
            update(counter)
            .where(counter.c.name == COUNTER)
            .values(value=counter.c.value + BLOCK)
            .returning(counter.c.value)
        ).scalar_one_or_none()
        if taken is None:
            self._connection.execute(insert(counter).values(name=COUNTER, value=FIRST_KEY + BLOCK))
            return FIRST_KEY
        return int(taken) - BLOCK
