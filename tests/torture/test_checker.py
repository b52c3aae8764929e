"""The checker is believed because it finds what was broken on purpose."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from engine import SYSTEM, Actor, Database, FixedClock, ProcessEngine

from . import outside
from .checks import check
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
    engine.deploy(list(FILES), by=SYSTEM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(outside.LOG, str(folder / "world"))
        patch.setattr("random.random", lambda: 0.5)
        live(engine, clock, Notebook(folder / "notebook"))
    engine.close()
    return folder


def live(engine, clock, notebook):
    for process in ("order", "stop", "bell", "rounds", "outside", "priced", "cancelled"):
        started = engine.start_process_instance(
            f"torture_{process}",
            variables={"token": process, "items": [1, 2, 3]},
            business_key=process,
            by=SYSTEM,
        )
        notebook.write("ack", "start", process=f"torture_{process}", token=process, key=started.key)
    for token in ("first", "second"):
        variables = {"token": token, "queue": "queue-1"}
        engine.publish_message(
            "torture-turn", "queue-1", variables=variables, time_to_live=timedelta(days=1), by=SYSTEM
        )
        notebook.write("ack", "publish", name="torture-turn", token=token)
    engine.broadcast_signal("torture-bell", by=Actor(user_id="ringer", is_system=True))
    notebook.write("ack", "ring", token="ringer")
    (job,) = engine.activate_jobs("torture.outside", by=SYSTEM)
    outside.call(job.key, f"outside-{job.key}")
    engine.complete_job(job.key, by=SYSTEM)
    notebook.write("ack", "work", key=job.key, done=True)
    (incident,) = engine.incidents(by=SYSTEM).items
    engine.resolve_incident(incident.key, variables={"price": 5}, by=SYSTEM)
    notebook.write("ack", "mend", key=incident.key)
    engine.run_until_idle()
    engine.cancel_process_instance(started.key, by=SYSTEM)
    notebook.write("ack", "cancel", key=started.key)
    while open_tasks := [t for t in engine.user_tasks(by=SYSTEM).items if t.state == "CREATED"]:
        task = open_tasks[0]
        engine.complete_user_task(task.key, {f"done_{task.key}": "mine"}, by=SYSTEM)
        notebook.write("ack", "complete", key=task.key, token="mine", process=task.process_id)
        clock.advance(timedelta(seconds=5))
        engine.run_until_idle()
    engine.publish_message("torture-letter", "order", by=SYSTEM)
    notebook.write("ack", "publish", name="torture-letter", token="order")


def findings(folder, tmp_path, *statements, world=None, notebook=None):
    copy = shutil.copytree(folder, tmp_path / "copy")
    database = Database(f"sqlite:///{copy / 'tenure.db'}", durable=False)
    with database.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        for statement in statements:
            changed = connection.execute(text(statement))
            assert changed.rowcount, f"nothing was broken by {statement}"
        connection.commit()
    if world is not None:
        (copy / "world").write_text(world((copy / "world").read_text()))
    if notebook is not None:
        notebook(Notebook(copy / "notebook"))
    found = check(database, Notebook(copy / "notebook"), copy / "world").faults
    database.close()
    return found


def kinds(faults):
    return {fault.partition(":")[0] for fault in faults}


def test_nothing_is_found_where_all_went_well(lived, tmp_path):
    assert findings(lived, tmp_path) == []


ENDED = "(SELECT key FROM process_instance WHERE process_id = 'torture_order')"
BROKEN = {
    "an acknowledged start is gone": (
        "UPDATE process_instance SET business_key = '' WHERE process_id = 'torture_order'",
        "acknowledged starts",
    ),
    "what a person entered is gone": (
        "DELETE FROM variable WHERE name LIKE 'done_%'",
        "acknowledged completions",
    ),
    "a completed task is open again": (
        "UPDATE user_task SET state = 'CREATED' WHERE element_id = 'approve'",
        "acknowledged completions",
    ),
    "a message started nothing": (
        "UPDATE variable SET value = '\"x\"' WHERE value = '\"second\"'",
        "acknowledged messages",
    ),
    "a signal left no line": (
        "UPDATE audit_entry SET actor = 'x' WHERE action = 'broadcast-signal'",
        "acknowledged signals",
    ),
    "a worker's result is gone": (
        "UPDATE job SET state = 'CREATED' WHERE type = 'torture.outside'",
        "acknowledged work",
    ),
    "a repair is undone": ("UPDATE incident SET state = 'ACTIVE'", "acknowledged repairs"),
    "a cancelled instance lives": (
        "UPDATE process_instance SET state = 'COMPLETED' WHERE state = 'TERMINATED'",
        "acknowledged cancelling",
    ),
    "a record of a handler is gone": (
        "DELETE FROM document WHERE key = (SELECT min(key) FROM document)",
        "bookings of an instance",
    ),
    "a handler ran twice": ("UPDATE document SET name = 'booking-1'", "transactional handlers exactly once"),
    "an element ran twice": (
        "UPDATE element_instance SET element_id = 'book' WHERE element_id = 'pause'",
        "each element once",
    ),
    "an instance has not ended": ("UPDATE process_instance SET ended_at = NULL", "instances at their end"),
    "an instance ended in another way": (
        "UPDATE process_instance SET state = 'TERMINATED' WHERE process_id = 'torture_order'",
        "each element once",
    ),
    "a timer never fired": ("DELETE FROM audit_entry WHERE action = 'fire-timer'", "timers of an instance"),
    "a timer fired twice": (
        "UPDATE audit_entry SET subject_key = '1' WHERE action = 'fire-timer'",
        "timers fired once",
    ),
    "a signal was heard by nobody": (
        "UPDATE audit_entry SET action = 'x' WHERE action = 'receive-signal'",
        "signals heard once",
    ),
    "two of a queue ran at once": (
        "UPDATE process_instance SET ended_at = '2099-01-01T00:00:00.000000+00:00'"
        " WHERE process_id = 'torture_queue'",
        "one of a queue at a time",
    ),
    "an audit line was changed": (
        "UPDATE audit_entry SET actor = 'x' WHERE action = 'fire-timer'",
        "audit",
    ),
    "a completion left no line": (
        "UPDATE audit_entry SET action = 'x' WHERE action = 'complete-user-task'",
        "user tasks completed once",
    ),
    "a job is open": ("UPDATE job SET ended_at = NULL", "nothing left open"),
    "a task is open": ("UPDATE user_task SET ended_at = NULL", "nothing left open"),
    "an incident is open": ("UPDATE incident SET resolved_at = NULL", "nothing left open"),
    "an incident is counted": ("UPDATE process_instance SET incidents = 1", "nothing left open"),
    "an ended task is offered": (
        "INSERT INTO user_task_candidate SELECT max(key), 'group', 'g' FROM user_task",
        "nothing left open",
    ),
    "a token is left": (
        "INSERT INTO token SELECT max(key) + 1, process_instance_key, scope_key, element_id, element_type,"
        " 'ACTIVE', started_at, 1, NULL, '{}' FROM element_instance",
        "nothing left open",
    ),
    "a timer is left": (
        "INSERT INTO timer SELECT 1, started_at, 0, 'pause', 1, key, key, definition_key"
        f" FROM process_instance WHERE key = {ENDED}",
        "nothing left open",
    ),
    "a subscription is left": (
        "UPDATE message_subscription SET process_instance_key = (SELECT min(key) FROM process_instance)",
        "nothing left open",
    ),
    "a lock of a message start is left": (
        f"INSERT INTO message_start SELECT 'torture_queue', 'queue-1', {ENDED}",
        "nothing left open",
    ),
    "a flow was taken and nothing came of it": (
        "DELETE FROM element_instance WHERE element_id = 'tally' AND element_type = 'MULTI_INSTANCE_BODY'",
        "histories explained",
    ),
    "an element began that no flow led to": (
        "UPDATE flow_taken SET flow_id = 'flow_0_2' WHERE flow_id = 'flow_0_1'",
        "histories explained",
    ),
    "a join fired early": (
        "UPDATE flow_taken SET flow_id = 'elsewhere' WHERE flow_id = 'flow_1_1'"
        " AND process_instance_key = (SELECT key FROM process_instance WHERE process_id = 'torture_rounds')",
        "histories explained",
    ),
    "two things happened at one place": (
        "UPDATE element_instance SET started_position = 1",
        "histories explained",
    ),
    "an instance never came to an end event": (
        "UPDATE element_instance SET element_type = 'TASK' WHERE element_type = 'END_EVENT'",
        "histories explained",
    ),
    "a process ended twice": (
        "UPDATE element_instance SET element_type = 'PROCESS' WHERE element_type = 'END_EVENT'",
        "histories explained",
    ),
}


@pytest.mark.parametrize(("statement", "found"), BROKEN.values(), ids=BROKEN.keys())
def test_what_was_broken_in_the_database_is_found(lived, tmp_path, statement, found):
    assert found in kinds(findings(lived, tmp_path, statement))


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
    assert "external handlers at least once with one key" in kinds(findings(lived, tmp_path, world=world))


def test_a_call_of_a_job_that_never_was_is_found(lived, tmp_path):
    assert "nothing left open" in kinds(findings(lived, tmp_path, world=lambda lines: lines + "1\tx\n"))


def test_a_job_that_completed_an_external_element_is_missed(lived, tmp_path):
    broken = "UPDATE job SET state = 'CANCELED' WHERE type = 'torture.mail'"

    assert "external elements of an instance" in kinds(findings(lived, tmp_path, broken))


@pytest.mark.parametrize("act", ["complete", "work", "mend", "cancel"])
def test_two_winners_are_found(lived, tmp_path, act):
    def twice(notebook):
        line = next(line for line in notebook.read() if line["act"] == act)
        notebook.write(**line)

    assert any(kind.startswith("one winner") for kind in kinds(findings(lived, tmp_path, notebook=twice)))


def test_an_unanswered_start_that_happened_twice_is_found(lived, tmp_path):
    def unanswered(notebook):
        lines = [line for line in notebook.read() if line["act"] != "start"]
        notebook.path.unlink()
        for line in lines:
            notebook.write(**line)
        notebook.write("try", "start", process="torture_order", token="order")

    twice = "UPDATE process_instance SET business_key = 'order' WHERE parent_key IS NULL"
    found = findings(lived, tmp_path, twice, notebook=unanswered)

    assert "starts without an answer" in kinds(found)


def test_an_error_that_a_user_was_told_is_a_fault(lived, tmp_path):
    found = findings(lived, tmp_path, notebook=lambda book: book.write("error", "post", text="HTTP 500"))

    assert found == ["a user was told: HTTP 500"]
