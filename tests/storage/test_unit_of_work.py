"""One step is one transaction: all of it is there afterwards, or nothing."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.model import SYSTEM, Comment, Group
from engine.storage import ConstraintBroken, Database
from tests.storage.sample import NOW, Undo, start, undone


def group(name: str) -> Group:
    return Group(group_id=name, name=name)


def groups(database: Database) -> set[str]:
    with database.read() as view:
        return {one.group_id for one in view.identity.groups()}


def test_what_was_written_is_there_after_the_block(database):
    with database.write() as unit:
        unit.identity.add_group(group("buyers"))

    assert groups(database) == {"buyers"}


def test_an_exception_undoes_the_whole_block(database):
    with undone(), database.write() as unit:
        unit.identity.add_group(group("buyers"))
        raise Undo

    assert groups(database) == set()


def test_a_savepoint_undoes_its_part_alone(database):
    with database.write() as unit:
        unit.identity.add_group(group("buyers"))
        with undone(), unit.savepoint():
            unit.identity.add_group(group("sellers"))
            raise Undo
        unit.identity.add_group(group("clerks"))

    assert groups(database) == {"buyers", "clerks"}


def test_a_broken_statement_inside_a_savepoint_leaves_the_rest_usable(database):
    with database.write() as unit:
        with pytest.raises(DBAPIError), unit.savepoint():
            unit.session.execute(text("SELECT nonsense FROM nowhere"))
        unit.identity.add_group(group("buyers"))

    assert groups(database) == {"buyers"}


def test_savepoints_nest(database):
    with database.write() as unit, unit.savepoint():
        unit.identity.add_group(group("outer"))
        with undone(), unit.savepoint():
            unit.identity.add_group(group("inner"))
            raise Undo

    assert groups(database) == {"outer"}


def test_the_session_writes_in_the_same_transaction(database):
    with undone(), database.write() as unit:
        unit.session.execute(text("INSERT INTO setting (name, value) VALUES ('a', 'b')"))
        assert unit.settings.get("a") == "b"
        raise Undo

    with database.read() as view:
        assert view.settings.get("a") is None


@pytest.mark.parametrize("method", ["commit", "rollback"])
def test_only_the_unit_of_work_ends_the_transaction(database, method):
    with database.write() as unit, pytest.raises(RuntimeError, match="only the unit of work"):
        getattr(unit.session, method)()


def test_callbacks_run_after_the_commit_and_see_it(database):
    seen = []
    with database.write() as unit:
        unit.identity.add_group(group("buyers"))
        unit.after_commit(lambda: seen.append(groups(database)))
        assert seen == []

    assert seen == [{"buyers"}]


def test_callbacks_of_an_undone_transaction_or_savepoint_never_run(database):
    seen = []
    with database.write() as unit:
        unit.after_commit(lambda: seen.append("kept"))
        with undone(), unit.savepoint():
            unit.after_commit(lambda: seen.append("undone"))
            raise Undo
    with undone(), database.write() as unit:
        unit.after_commit(lambda: seen.append("undone"))
        raise Undo

    assert seen == ["kept"]


def test_a_failing_callback_does_not_stop_the_others(database, caplog):
    seen = []
    with database.write() as unit:
        unit.after_commit(lambda: 1 / 0)
        unit.after_commit(lambda: seen.append("second"))

    assert seen == ["second"]
    assert "the commit stands" in caplog.text


def test_a_view_cannot_write(database):
    with pytest.raises(DBAPIError), database.read() as view:
        view.identity.add_group(group("buyers"))

    assert groups(database) == set()


def test_a_view_is_a_snapshot(database):
    with database.read() as view:
        before = view.identity.groups()
        with database.write() as unit:
            unit.identity.add_group(group("buyers"))

        assert view.identity.groups() == before == ()


def test_a_broken_reference_says_so(database):
    instance = start(database)
    comment = Comment(
        key=1, user_task_key=99, process_instance_key=instance.key, author="a", text="?", at=NOW
    )

    with pytest.raises(ConstraintBroken), database.write() as unit:
        unit.comments.add(comment)


def test_a_document_may_come_before_its_instance_but_not_without(database):
    content = {"name": "a.txt", "media_type": "text/plain", "created_at": NOW, "created_by": "anna"}

    with pytest.raises(ConstraintBroken), database.write() as unit:
        unit.documents.add(b"a", process_instance_key=12345, **content)


def test_a_thread_that_opens_a_second_unit_of_work_is_told(sqlite_url):
    database = Database(sqlite_url, durable=False)

    with database.write(), pytest.raises(RuntimeError, match="already has a unit of work"), database.write():
        pass

    database.close()


def test_a_writer_on_sqlite_waits_for_the_other(sqlite_url):
    one, other = Database(sqlite_url, durable=False), Database(sqlite_url, durable=False)
    entered = threading.Event()

    def write() -> None:
        with other.write() as unit:
            entered.set()
            unit.identity.add_group(group("second"))

    thread = threading.Thread(target=write)
    with one.write() as unit:
        thread.start()
        assert not entered.wait(0.2)
        unit.identity.add_group(group("first"))
    thread.join()

    assert groups(one) == {"first", "second"}
    one.close()
    other.close()


def test_audit_lines_of_an_undone_savepoint_are_not_written(database):
    line = {"at": NOW, "actor": SYSTEM, "subject_kind": "x", "subject_key": 1, "process_instance_key": None}
    with database.write() as unit:
        unit.audit.append(action="kept", **line)
        with undone(), unit.savepoint():
            unit.audit.append(action="undone", **line)
            raise Undo

    with database.read() as view:
        assert [one.action for one in view.audit.of_instance(0)] == ["kept"]
