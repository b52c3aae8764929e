"""Completing a user task through the facade: late against early rounds, with large variables, and against
the same rows written by hand with SQLAlchemy Core."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import bindparam, delete, event, insert, select, update

from engine import SYSTEM, Actor, Database, ProcessEngine, Resource
from engine.storage.schema import (
    audit_entry,
    draft,
    element_instance,
    flow_taken,
    process_instance,
    token,
    user_task,
    user_task_candidate,
)
from tests.databases import NoPostgres, postgres
from tests.engine.diagrams import process, start
from tests.engine.diagrams import user_task as task_of

ROUNDS = (10, 100, 1_000, 10_000)
SIZES = {"1 kB": 1_000, "100 kB": 100_000, "5 MB": 5_000_000}
SAMPLE = 60
ANNA = Actor(user_id="anna")


def main() -> None:
    for name, database in _databases():
        print(f"### {name}\n")
        _rounds(database)
        _sizes(database)
        _by_hand(database)
        database.close()


# --- what is measured ----------------------------------------------------------------------------


def _rounds(database: Database) -> None:
    """The ten-thousandth round of a loop against the first ones."""
    loop = _Loop(database)
    taken: dict[int, float] = {}
    done = 0
    for goal in ROUNDS:
        while done < goal - SAMPLE // 2:
            loop.complete()
            done += 1
        samples = [loop.complete() for _ in range(SAMPLE)]
        done += SAMPLE
        taken[goal] = median(samples)
        print(f"round {goal:>6}: {taken[goal] * 1000:6.2f} ms, {loop.live_bytes():>4} bytes of live state")
    print(f"last / first: {taken[ROUNDS[-1]] / taken[ROUNDS[0]]:.2f} (bar 1.2)\n")


def _sizes(database: Database) -> None:
    """Variables that the step does not touch."""
    plain = _Loop(database)
    loops = {name: _Loop(database, {"document": "x" * size}) for name, size in SIZES.items()}
    samples: dict[str, list[float]] = {name: [] for name in ("none", *loops)}
    for _ in range(SAMPLE):
        samples["none"].append(plain.complete())
        for name, loop in loops.items():
            samples[name].append(loop.complete())
    base = median(samples["none"])
    for name in loops:
        print(f"with {name:>6} beside it: {median(samples[name]) / base:.2f} (bar 1.5)")
    print()


def _by_hand(database: Database) -> None:
    """The same rows, one prepared statement per table that changes."""
    loop, hand = _Loop(database), _Hand(database)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(SAMPLE):
        ours.append(loop.complete())
        theirs.append(hand.complete())
    ratio = median(ours) / median(theirs)
    print(
        f"facade {median(ours) * 1000:.2f} ms with {loop.statements} statements, by hand"
        f" {median(theirs) * 1000:.2f} ms with {hand.statements}: {ratio:.2f} (bar 2.5)\n"
    )


# --- both sides ----------------------------------------------------------------------------------


class _Loop:
    """A process that offers the same task again and again."""

    def __init__(self, database: Database, variables: dict[str, Any] | None = None) -> None:
        self._database = database
        self._engine = ProcessEngine(database)
        if not self._engine.users():
            self._engine.create_group("buyers", "Buyers", by=SYSTEM)
            self._engine.create_user("anna", "Anna", groups=["buyers"], by=SYSTEM)
        self._engine.deploy([_diagram()], by=SYSTEM)
        self.key = self._engine.start_process_instance("loop", variables=variables, by=SYSTEM).key
        self.statements = 0

    def complete(self) -> float:
        with self._database.read() as view:
            (task,) = view.user_tasks.open_of_instance(self.key)
        with _counted(self._database) as counter:
            begin = time.perf_counter()
            self._engine.complete_user_task(task.key, by=ANNA)
            taken = time.perf_counter() - begin
        self.statements = counter[0]
        return taken

    def live_bytes(self) -> int:
        with self._database.read() as view:
            return sum(len(repr(one.data)) for one in view.tokens.of_instance(self.key))


class _Hand:
    """Writes what one completion of `_Loop` writes, with statements prepared beforehand."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop = _Loop(database)
        self._keys = itertools.count(2**60)
        self.statements = 0
        with database.read() as view:
            session = view.session
            key = self._loop.key
            self._task = dict(
                session.execute(select(user_task).where(user_task.c.process_instance_key == key))
                .one()
                ._mapping
            )
            wanted = select(token).where(token.c.process_instance_key == key, token.c.element_id == "approve")
            self._token = dict(session.execute(wanted).one()._mapping)
        self._position = 10

    def complete(self) -> float:
        connection_of = self._database.connect
        with _counted(self._database) as counter:
            begin = time.perf_counter()
            with connection_of() as connection:
                self._write(connection)
                connection.commit()
            taken = time.perf_counter() - begin
        self.statements = counter[0]
        return taken

    def _write(self, connection: Any) -> None:
        now = datetime.now(UTC)
        old_task, old_token, position = self._task, self._token, self._position
        new_token = old_token | {"key": next(self._keys), "started_position": position + 2, "started_at": now}
        new_task = old_task | {
            "key": next(self._keys),
            "element_instance_key": new_token["key"],
            "created_at": now,
        }
        history = {k: v for k, v in old_token.items() if k != "data"} | {
            "state": "COMPLETED",
            "ended_at": now,
            "ended_position": position,
            "actor": "anna",
        }
        instance = old_token["process_instance_key"]
        line = {
            "key": next(self._keys),
            "chain": instance,
            "position": position,
            "at": now,
            "actor": "anna",
            "channel": "engine",
            "action": "complete-user-task",
            "subject_kind": "user-task",
            "subject_key": str(old_task["key"]),
            "details": {"elementId": "approve", "outcome": None, "variables": []},
            "previous_hash": "0" * 64,
            "hash": "1" * 64,
        }
        connection.execute(_INSTANCE, {"one": instance, "to": position + 2, "head": line["hash"]})
        connection.execute(_NEW_TOKEN, [new_token])
        connection.execute(_HISTORY, [history])
        connection.execute(_OLD_TOKEN, {"one": old_token["key"]})
        connection.execute(
            _FLOW, [{"process_instance_key": instance, "position": position + 1, "flow_id": "flow_0_1"}]
        )
        connection.execute(_NEW_TASK, [new_task])
        connection.execute(
            _NEW_OFFER, [{"user_task_key": new_task["key"], "kind": "group", "candidate": "buyers"}]
        )
        connection.execute(_OLD_TASK, {"one": old_task["key"], "moment": now})
        connection.execute(_OLD_OFFER, {"one": old_task["key"]})
        connection.execute(_OLD_DRAFT, {"one": old_task["key"]})
        connection.execute(_LINE, [line])
        self._task, self._token, self._position = new_task, new_token, position + 3


_INSTANCE = (
    update(process_instance)
    .where(process_instance.c.key == bindparam("one"))
    .values(
        position=bindparam("to"),
        version=process_instance.c.version + 1,
        audit_head=bindparam("head"),
        audit_length=process_instance.c.audit_length + 1,
    )
)
_NEW_TOKEN, _HISTORY, _FLOW = insert(token), insert(element_instance), insert(flow_taken)
_NEW_TASK, _NEW_OFFER, _LINE = insert(user_task), insert(user_task_candidate), insert(audit_entry)
_OLD_TOKEN = delete(token).where(token.c.key == bindparam("one"))
_OLD_OFFER = delete(user_task_candidate).where(user_task_candidate.c.user_task_key == bindparam("one"))
_OLD_DRAFT = delete(draft).where(draft.c.user_task_key == bindparam("one"))
_OLD_TASK = (
    update(user_task)
    .where(user_task.c.key == bindparam("one"))
    .values(
        state="COMPLETED", ended_at=bindparam("moment"), completed_by="anna", version=user_task.c.version + 1
    )
)


# --- surroundings --------------------------------------------------------------------------------


def _diagram() -> Resource:
    nodes = [start(), task_of("approve", groups="buyers")]
    return process("loop", *nodes, flows="start>approve>approve")


def _databases() -> Iterator[tuple[str, Database]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        database.create_schema()
        yield "SQLite", database
    try:
        with postgres() as server, server.empty() as url:
            database = Database(url)
            database.create_schema()
            yield "PostgreSQL", database
    except NoPostgres as missing:
        print(f"PostgreSQL left out: {missing}")


@contextmanager
def _counted(database: Database) -> Iterator[list[int]]:
    """How many statements the writer sent inside the block."""
    counter = [0]
    count: Callable[..., None] = lambda *_: counter.__setitem__(0, counter[0] + 1)  # noqa: E731
    event.listen(database._writer, "before_cursor_execute", count)
    try:
        yield counter
    finally:
        event.remove(database._writer, "before_cursor_execute", count)
