"""A database that cannot be reached, or that another process executes on, is told in plain words."""

import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from engine.errors import DatabaseUnavailable, ExecutorAlreadyRunning, InvalidInput
from engine.storage import Database, TransactionConflict, upgrade_schema
from engine.storage.notifications import MISSED
from tests.storage.sample import NOW


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "is not a database URL"),
        ("mysql://localhost/x", "not on mysql"),
        ("sqlite://", "needs a SQLite file"),
        ("sqlite:///:memory:", "needs a SQLite file"),
    ],
)
def test_a_url_of_something_else_is_refused(url, message):
    with pytest.raises(InvalidInput, match=message):
        Database(url)


def test_the_driver_of_postgresql_need_not_be_named():
    database = Database("postgresql://anna:secret@localhost/tenure")

    assert database.is_postgres
    assert "secret" in database.url
    assert "secret" not in database.place
    assert "secret" not in repr(database)
    database.close()


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_named_without_the_password(postgres_server):
    database = Database("postgresql://anna:secret@127.0.0.1:1/tenure")

    for attempt in (database.ping, lambda: upgrade_schema(database.url, "tenure:migrations")):
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/tenure cannot be reached") as error:
            attempt()
        assert "secret" not in str(error.value)
    database.close()


@pytest.mark.postgres
def test_a_database_that_went_away_is_unavailable_and_comes_back(filled_postgres_url):
    database, other = Database(filled_postgres_url), Database(filled_postgres_url)

    with pytest.raises(DatabaseUnavailable):
        lose_connection(database, other)

    database.ping()
    with database.write() as unit:
        unit.settings.set("still", "there")
    database.close()
    other.close()


def lose_connection(database, other):
    """The server ends the connection in the middle of a transaction."""
    with database.write() as unit:
        unit.settings.set("a", "b")
        with other.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        unit.settings.set("c", "d")


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    path = tmp_path / "tenure.db"
    path.write_text("This is a letter, not a database. " * 100)
    database = Database(f"sqlite:///{path}")

    with pytest.raises(DatabaseUnavailable, match="cannot be reached: file is not a database"):
        database.ping()
    database.close()


def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path):
    database = Database(f"sqlite:///{tmp_path}")

    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        database.ping()
    database.close()


def test_a_writer_that_waits_too_long_is_told_to_try_again(sqlite_url, monkeypatch):
    monkeypatch.setattr("engine.storage.connections.BUSY_SECONDS", 0.1)
    database = Database(sqlite_url, durable=False)
    blocker = sqlite3.connect(database.file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    with pytest.raises(TransactionConflict), database.write():
        pass

    blocker.execute("ROLLBACK")
    blocker.close()
    database.close()


def test_sqlite_is_set_up_to_keep_what_it_is_told(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as unit:
        answers = {
            name: unit.session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }

    assert answers == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    database.close()


# --- one executor per SQLite file -----------------------------------------------------------------------

HOLD = """
import sys, time
from datetime import UTC, datetime
from engine.storage import Database
with Database(sys.argv[1]).executor("other", datetime(2026, 3, 2, tzinfo=UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_executor_is_refused_until_the_first_is_killed(sqlite_url):
    database = Database(sqlite_url, durable=False)
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    )
    try:
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(ExecutorAlreadyRunning, match=rf"other \(process {process.pid}, since 2026-03-02"),
            database.executor("second", NOW),
        ):
            pass
        with database.write() as unit:
            unit.settings.set("beside", "it")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

    with database.executor("second", NOW):
        pass
    database.close()


def test_a_second_executor_is_refused_by_whatever_name_the_file_is_opened(sqlite_url, tmp_path):
    link = tmp_path / "elsewhere" / "other.db"
    link.parent.mkdir()
    link.symlink_to(sqlite_url.removeprefix("sqlite:///"))
    one, other = Database(sqlite_url, durable=False), Database(f"sqlite:///{link}", durable=False)

    with (
        one.executor("first", NOW),
        pytest.raises(ExecutorAlreadyRunning, match="first"),
        other.executor("second", NOW),
    ):
        pass

    one.close()
    other.close()


@pytest.mark.postgres
def test_any_number_may_execute_on_postgresql(filled_postgres_url):
    one, other = Database(filled_postgres_url), Database(filled_postgres_url)

    with one.executor("one", NOW), other.executor("other", NOW):
        pass

    one.close()
    other.close()


# --- waking ---------------------------------------------------------------------------------------------


def test_listeners_are_woken_after_the_commit_and_only_then(database):
    heard = []
    stop = database.listen(heard.append)
    with database.write() as unit:
        unit.notify("jobs", "jobs")
        assert heard == []

    assert heard[:1] == ["jobs"]
    stop()
    with database.write() as unit:
        unit.notify("timers")
    assert "timers" not in heard


def test_an_undone_transaction_wakes_nobody(database):
    heard = []
    database.listen(heard.append)

    with pytest.raises(ZeroDivisionError), database.write() as unit:
        unit.notify(f"jobs{1 / 0}")

    assert heard == []


@pytest.mark.postgres
def test_many_hints_reach_the_other_nodes_as_few(filled_postgres_url):
    """NOTIFY makes commits queue: it is sent on a connection of its own, for many commits at once."""
    database = Database(filled_postgres_url)
    with psycopg.connect(filled_postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("LISTEN tenure_wake")
        for _ in range(100):
            with database.write() as unit:
                unit.notify("jobs", "timers")
        with database.write() as unit:
            unit.notify("last")
        heard = []
        for notice in other.notifies(timeout=30):
            heard.append(notice.payload)
            if notice.payload == "last":
                break

    assert set(heard) >= {"jobs", "last"}
    assert len(heard) < 100
    database.close()


@pytest.mark.postgres
def test_listening_goes_on_after_its_connection_was_cut(filled_postgres_url):
    database = Database(filled_postgres_url)
    heard = queue.Queue()
    database.listen(heard.put)
    with psycopg.connect(filled_postgres_url.replace("+psycopg", ""), autocommit=True) as other:

        def heard_there(topic):
            for _ in range(300):
                other.execute("SELECT pg_notify('tenure_wake', %s)", (topic,))
                with suppress(queue.Empty):
                    while heard.get(timeout=0.1) != topic:
                        pass
                    return True
            return False

        assert heard_there("before")
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        assert heard.get(timeout=60) == MISSED
        assert heard_there("after")
    database.close()


@pytest.mark.postgres
def test_other_nodes_are_woken_too(filled_postgres_url):
    here, there = Database(filled_postgres_url), Database(filled_postgres_url)
    heard = threading.Event()
    there.listen(lambda topic: heard.set() if topic == "jobs" else None)

    for _ in range(50):
        # Listening begins a moment after it was asked for.
        with here.write() as unit:
            unit.notify("jobs")
        if heard.wait(0.2):
            break

    assert heard.is_set()
    here.close()
    there.close()
