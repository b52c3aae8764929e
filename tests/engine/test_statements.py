"""What a step sends to the database: a statement more in every step is a decision, not an accident."""

from contextlib import contextmanager

from sqlalchemy import Engine, event

from engine import SYSTEM, ProcessEngine
from tests.engine.diagrams import process, start, user_task

LOOP = process("loop", start(), user_task("approve", groups="buyers"), flows="start>approve>approve")
LOOK = 5
"""The lock with the root's row, the task, the standing of who acts, the live elements, the variables."""
WRITE = 10
"""Instance, token (in, out), history, flow, task (new, done), offers (in, out), audit line."""


@contextmanager
def sent():
    statements = []

    def note(connection, cursor, statement, *rest):
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def open_task(engine):
    (task,) = engine.user_tasks(by=SYSTEM).items
    return task.key


def test_completing_a_task_looks_five_times_and_changes_each_table_once(engine, deploy, account):
    anna = account("anna", groups=["buyers"])
    deploy(LOOP)
    engine.start_process_instance("loop", by=SYSTEM)
    engine.complete_user_task(open_task(engine), by=anna)
    key = open_task(engine)

    with sent() as statements:
        engine.complete_user_task(key, by=anna)

    looks = [one for one in statements if one.startswith("SELECT")]
    changes = sorted(" ".join(one.split()[:3]) for one in statements if not one.startswith("SELECT"))
    assert len(looks) == LOOK
    assert len(changes) == WRITE
    assert len(set(changes)) == WRITE


def test_a_draft_goes_with_its_task(engine, deploy, account):
    anna = account("anna", groups=["buyers"])
    deploy(LOOP)
    engine.start_process_instance("loop", by=SYSTEM)
    key = open_task(engine)
    engine.save_draft(key, {"note": "half"}, by=anna)

    engine.complete_user_task(key, by=anna)

    assert engine.draft(key, by=anna) is None


def test_a_definition_is_read_once_by_a_program(engine, deploy):
    deploy(LOOP)
    restarted = ProcessEngine(engine.database)

    with sent() as first:
        restarted.start_process_instance("loop", by=SYSTEM)
    with sent() as second:
        restarted.start_process_instance("loop", by=SYSTEM)

    assert any("FROM resource" in one for one in first)
    assert not any("FROM resource" in one for one in second)
