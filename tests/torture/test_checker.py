"""The checker is believed because it finds what was broken on purpose."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from engine import SYSTEM, Database, FixedClock, ProcessEngine

from . import outside
from .checker import check
from .models import FILES
from .notebook import Notebook


@pytest.fixture(scope="module")
def lived(sqlite_template, tmp_path_factory):
    """A folder with a database, a notebook and an outside world in which all went well."""
    folder = tmp_path_factory.mktemp("lived")
    file = shutil.copy(sqlite_template, folder / "tenure.db")
    clock = FixedClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    database = Database(f"sqlite:///{file}", durable=False)
    engine = ProcessEngine(database, clock=clock, handlers=outside.HANDLERS)
    notebook = Notebook(folder / "notebook")
    engine.deploy(list(FILES), by=SYSTEM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(outside.LOG, str(folder / "world"))
        patch.setattr("random.random", lambda: 0.5)
        variables = {"token": "t", "items": [1, 2, 3]}
        started = engine.start_process_instance(
            "torture_order", variables=variables, business_key="t", by=SYSTEM
        )
        notebook.write("ack", "start", process="torture_order", token="t", key=started.key)
        (task,) = engine.user_tasks(by=SYSTEM).items
        engine.complete_user_task(task.key, {f"done_{task.key}": "mine"}, by=SYSTEM)
        notebook.write("ack", "complete", key=task.key, token="mine", process="torture_order")
        engine.run_until_idle()
        clock.advance(timedelta(seconds=5))
        engine.run_until_idle()
        engine.publish_message("torture-letter", "t", by=SYSTEM)
    engine.close()
    return folder


def findings(folder, tmp_path, *statements, world=None):
    copy = shutil.copytree(folder, tmp_path / "copy")
    database = Database(f"sqlite:///{copy / 'tenure.db'}", durable=False)
    with database.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()
    if world is not None:
        (copy / "world").write_text(world((copy / "world").read_text()))
    found = check(database, Notebook(copy / "notebook"), copy / "world").faults
    database.close()
    return found


def test_nothing_is_found_where_all_went_well(lived, tmp_path):
    assert findings(lived, tmp_path) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE process_instance SET business_key = ''", "acknowledged starts"),
        ("DELETE FROM variable WHERE name LIKE 'done_%'", "acknowledged completions"),
        ("DELETE FROM document WHERE key = (SELECT min(key) FROM document)", "bookings of an instance"),
        ("UPDATE document SET name = 'booking-1'", "transactional handlers exactly once"),
        ("UPDATE element_instance SET element_id = 'book' WHERE element_id = 'pause'", "each element once"),
        ("UPDATE process_instance SET ended_at = NULL", "instances at their end"),
        ("DELETE FROM audit_entry WHERE action = 'fire-timer'", "timers of an instance"),
        ("UPDATE audit_entry SET actor = 'x' WHERE action = 'fire-timer'", "audit"),
        ("UPDATE audit_entry SET action = 'x' WHERE action = 'complete-user-task'", "user tasks completed"),
        ("UPDATE job SET ended_at = NULL", "nothing left open"),
    ],
)
def test_what_was_broken_in_the_database_is_found(lived, tmp_path, statement, found):
    assert any(fault.startswith(found) for fault in findings(lived, tmp_path, statement))


@pytest.mark.parametrize(
    "world",
    [
        lambda lines: "",
        lambda lines: lines + lines.splitlines()[0] + "-another\n",
        lambda lines: lines.replace(
            lines.splitlines()[0].split("\t")[1], lines.splitlines()[1].split("\t")[1]
        ),
    ],
    ids=["no call", "two keys for a job", "one key for two jobs"],
)
def test_what_does_not_fit_the_outside_world_is_found(lived, tmp_path, world):
    assert any(f.startswith("external handlers") for f in findings(lived, tmp_path, world=world))
