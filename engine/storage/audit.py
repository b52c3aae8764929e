"""The audit trail: append-only lines in hash chains, one per process instance and one outside them.

The head of an instance's chain stands on its row, which the command has locked anyway; that of the
other chain on a row of its own, locked when written. A line that is changed, removed or put in breaks
its chain. Whoever can rewrite the whole database can also rewrite whole chains: compare the heads with
a copy kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from ..filters import AuditFilter
from ..model import Actor, AuditEntry, Page
from . import json_text
from .link import Link, as_dict
from .paging import Order, matching, page
from .schema import audit_chain, process_instance
from .schema import audit_entry as table

OUTSIDE = 0
"""The chain of the commands that belong to no process instance."""


_MOVE_HEAD = (
    update(process_instance)
    .where(process_instance.c.key == bindparam("owner"))
    .values(audit_head=bindparam("new_head"), audit_length=bindparam("new_length"))
)
_MOVE_OUTSIDE = (
    update(audit_chain)
    .where(audit_chain.c.chain == bindparam("owner"))
    .values(head=bindparam("new_head"), length=bindparam("new_length"))
)


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """Where a chain ends. `chain` is the key of a process instance, or `OUTSIDE`."""

    chain: int
    length: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class AuditBreak:
    """A place where a chain does not hold; `entry_key` is None where lines are missing at the end."""

    chain: int
    position: int
    entry_key: int | None
    reason: str

    def __str__(self) -> str:
        chain = f"process instance {self.chain}" if self.chain else "outside process instances"
        line = f"line {self.position}" + (f" (key {self.entry_key})" if self.entry_key else "")
        return f"{chain}, {line}: {self.reason}"


@dataclass(frozen=True)
class _Line:
    chain: int
    fields: dict[str, Any]


class AuditTrail:
    def __init__(self, link: Link, heads: dict[int, AuditHead]) -> None:
        """`heads` are the ends of chains as far as their rows were read under the lock."""
        self._link = link
        self._heads = heads
        self._held: list[_Line] = []

    def append(
        self,
        *,
        at: datetime,
        actor: Actor,
        action: str,
        subject_kind: str,
        subject_key: object,
        process_instance_key: int | None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line. It is chained and written just before the commit, all lines at once; the instance
        it belongs to must be locked, or new in this transaction."""
        self._held.append(
            _Line(
                process_instance_key or OUTSIDE,
                {
                    "key": self._link.keys.next(),
                    "at": at,
                    "actor": actor.user_id,
                    "channel": str(actor.channel),
                    "action": action,
                    "subject_kind": subject_kind,
                    "subject_key": str(subject_key),
                    "details": dict(details or {}),
                },
            )
        )

    def flush(self) -> None:
        """Chain and write the lines held back."""
        lines, self._held = self._held, []
        self._move_heads(self._write(lines))

    def settle(self, instances: Collection[int]) -> Mapping[int, AuditHead]:
        """Chain and write the lines held back of these locked instances.

        The caller writes the heads onto the rows, which it changes anyway: one statement less.
        """
        lines = [line for line in self._held if line.chain in instances]
        self._held = [line for line in self._held if line.chain not in instances]
        self._write(lines)
        return self._known(set(instances))

    def began(self, instances: Iterable[int]) -> None:
        """New instances, whose chains have no line yet."""
        self._heads.update({key: AuditHead(chain=key, length=0, hash="") for key in instances})

    @property
    def mark(self) -> tuple[_Line, ...]:
        """The lines held back where a savepoint begins, for `undone_to`."""
        return tuple(self._held)

    def undone_to(self, mark: tuple[_Line, ...]) -> None:
        """A savepoint was rolled back: its lines are forgotten, and those that were written in it are held
        again."""
        self._held = list(mark)
        self._heads.clear()

    def of_instance(self, process_instance_key: int) -> tuple[AuditEntry, ...]:
        """Oldest first."""
        self.flush()
        query = select(table).where(table.c.chain == process_instance_key).order_by(table.c.position)
        return tuple(_value(row) for row in self._link.rows(query))

    def search(
        self, filter: AuditFilter, *, order: Order = (), limit: int = 50, cursor: str | None = None
    ) -> Page[AuditEntry]:
        """Newest first unless `order` says otherwise."""
        self.flush()
        return page(
            self._link,
            _narrowed(select(table), filter),
            fields=_FIELDS,
            key=table.c.key,
            order=order,
            limit=limit,
            cursor=cursor,
            value=_value,
        )

    def heads(self) -> Iterator[AuditHead]:
        """The ends of all chains that have a line, in the order of their keys; read as they are asked for."""
        instances = select(
            process_instance.c.key.label("chain"),
            process_instance.c.audit_length.label("length"),
            process_instance.c.audit_head.label("head"),
        ).where(process_instance.c.audit_length > 0)
        outside = select(audit_chain.c.chain, audit_chain.c.length, audit_chain.c.head)
        for query in (outside, instances.order_by(process_instance.c.key)):
            for row in self._streamed(query):
                yield AuditHead(chain=row.chain, length=row.length, hash=row.head)

    def verify(self, sealed: Iterable[AuditHead] = ()) -> Iterator[AuditBreak]:
        """Every place where a chain does not hold. Reads the whole trail, one chain after the other, and
        holds little of it at a time.

        `sealed` are heads of an earlier time, kept elsewhere: each must stand in its chain still."""
        earlier = {head.chain: head for head in sealed}
        owners = _Owners(self.heads())
        lines = self._streamed(select(table).order_by(table.c.chain, table.c.position))
        for chain, rows in groupby(lines, key=attrgetter("chain")):
            yield from _without_lines(owners.before(chain))
            last = AuditHead(chain=chain, length=0, hash="")
            for row in rows:
                yield from _line_breaks(row, last)
                if chain in earlier and earlier[chain].length == row.position:
                    yield from _seal_breaks(row, earlier.pop(chain))
                last = AuditHead(chain=chain, length=row.position, hash=row.hash)
            yield from _ending(last, owners.of(chain))
        yield from _without_lines(owners.before(None))
        for seal in earlier.values():
            reason = "the seal knows this line and it is gone"
            yield AuditBreak(chain=seal.chain, position=seal.length, entry_key=None, reason=reason)

    def _streamed(self, query: Select[Any]) -> Iterable[Row[Any]]:
        return self._link.execute(query.execution_options(yield_per=1000))

    def _write(self, lines: list[_Line]) -> list[AuditHead]:
        """Answers the heads that moved; they are not written yet."""
        chains = {line.chain for line in lines}
        heads = self._known(chains)
        rows = []
        for line in lines:
            head = heads[line.chain]
            row = line.fields | {
                "chain": line.chain,
                "position": head.length + 1,
                "previous_hash": head.hash,
            }
            row["hash"] = chained_hash(row)
            heads[line.chain] = AuditHead(chain=line.chain, length=head.length + 1, hash=row["hash"])
            rows.append(row)
        self._link.insert(table, rows)
        return [heads[chain] for chain in chains]

    def _known(self, chains: set[int]) -> dict[int, AuditHead]:
        """Where the chains end; read when that was not seen under the lock."""
        if OUTSIDE in chains and OUTSIDE not in self._heads:
            self._heads[OUTSIDE] = self._lock_outside()
        missing = chains - self._heads.keys()
        if missing:
            columns = process_instance.c
            wanted = select(columns.key, columns.audit_length, columns.audit_head)
            for row in self._link.rows(wanted.where(columns.key.in_(missing))):
                self._heads[row.key] = AuditHead(chain=row.key, length=row.audit_length, hash=row.audit_head)
        return self._heads

    def _lock_outside(self) -> AuditHead:
        query = select(audit_chain).where(audit_chain.c.chain == OUTSIDE).with_for_update()
        row = self._link.row(query)
        if row is None:
            self._link.insert_new(audit_chain, {"chain": OUTSIDE, "head": "", "length": 0})
            row = self._link.row(query)
        assert row is not None
        return AuditHead(chain=OUTSIDE, length=row.length, hash=row.head)

    def _move_heads(self, heads: list[AuditHead]) -> None:
        moved = [{"owner": h.chain, "new_head": h.hash, "new_length": h.length} for h in heads]
        self._link.many(_MOVE_HEAD, [one for one in moved if one["owner"] != OUTSIDE])
        self._link.many(_MOVE_OUTSIDE, [one for one in moved if one["owner"] == OUTSIDE])


class _Owners:
    """Heads in the order of their chains, taken while the lines of the chains go by in the same order."""

    def __init__(self, heads: Iterator[AuditHead]) -> None:
        self._heads = heads
        self._next = next(heads, None)

    def before(self, chain: int | None) -> Iterator[AuditHead]:
        """Those that are left before a chain, or before the end."""
        while self._next is not None and (chain is None or self._next.chain < chain):
            yield self._next
            self._next = next(self._heads, None)

    def of(self, chain: int) -> AuditHead | None:
        found = self._next
        if found is None or found.chain != chain:
            return None
        self._next = next(self._heads, None)
        return found


def chained_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a line without its key and its own hash."""
    content = {name: row[name] for name in _HASHED} | {"at": row["at"].astimezone(UTC).isoformat()}
    return hashlib.sha256(json_text.dumps(content, canonical=True).encode()).hexdigest()


_HASHED = (
    "chain",
    "position",
    "actor",
    "channel",
    "action",
    "subject_kind",
    "subject_key",
    "details",
    "previous_hash",
)
_FIELDS = {"key": table.c.key, "at": table.c.at, "actor": table.c.actor, "action": table.c.action}


def _line_breaks(row: Row[Any], last: AuditHead) -> Iterator[AuditBreak]:
    def broken(reason: str) -> AuditBreak:
        return AuditBreak(chain=row.chain, position=row.position, entry_key=row.key, reason=reason)

    if row.position != last.length + 1:
        yield broken(f"lines {last.length + 1} to {row.position - 1} are missing before it")
    elif row.previous_hash != last.hash:
        yield broken("it does not follow from the line before it")
    if chained_hash(as_dict(row)) != row.hash:
        yield broken("it was changed: its content does not have its hash")


def _seal_breaks(row: Row[Any], sealed: AuditHead) -> Iterator[AuditBreak]:
    if row.hash != sealed.hash:
        reason = "the chain up to here is not the one that was sealed: it was written anew"
        yield AuditBreak(chain=row.chain, position=row.position, entry_key=row.key, reason=reason)


def _without_lines(owners: Iterable[AuditHead]) -> Iterator[AuditBreak]:
    for owner in owners:
        yield from _ending(AuditHead(chain=owner.chain, length=0, hash=""), owner)


def _ending(last: AuditHead, head: AuditHead | None) -> Iterator[AuditBreak]:
    """Compare the last line of a chain with the head kept on the row of its owner."""
    if head == last:
        return
    if head is None:
        reason = "lines were put in: the chain has no owner, or its owner knows of no line"
    elif head.length > last.length:
        reason = f"lines {last.length + 1} to {head.length} are missing at the end"
    elif head.length < last.length:
        reason = f"lines {head.length + 1} to {last.length} were put in at the end"
    else:
        reason = "the last line is not the one the head was taken from"
    yield AuditBreak(chain=last.chain, position=last.length, entry_key=None, reason=reason)


def _narrowed(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    narrowing = {
        table.c.chain: wanted.process_instance_key,
        table.c.actor: wanted.actor,
        table.c.action: wanted.action,
        table.c.subject_kind: wanted.subject_kind,
        table.c.subject_key: wanted.subject_key,
    }
    query = matching(query, narrowing)
    if wanted.after is not None:
        query = query.where(table.c.at >= wanted.after)
    if wanted.before is not None:
        query = query.where(table.c.at < wanted.before)
    return query


def _value(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        key=row.key,
        at=row.at,
        actor=row.actor,
        channel=row.channel,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_key=row.subject_key,
        process_instance_key=row.chain or None,
        details=row.details,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
