"""What is asked all the time is found through indexes that know nothing of history."""

import re

import pytest
from sqlalchemy import event

from engine.batch import BatchItemFilter, BatchItemState
from engine.filters import IncidentFilter, ProcessInstanceFilter, UserTaskFilter
from engine.model import Group, InstanceState, User
from engine.storage import Database, metadata
from tests.storage.sample import NOW, start
from tests.storage.test_jobs import LOCK, TYPES


def inbox(unit, key):
    unit.user_tasks.search(UserTaskFilter(workable_by="anna"), now=NOW)


def all_open_tasks(unit, key):
    unit.user_tasks.search(UserTaskFilter())


def due_timers(unit, key):
    unit.timers.due(NOW, limit=10)


def next_timer(unit, key):
    unit.timers.next_due()


def free_jobs(unit, key):
    unit.jobs.activate(TYPES, worker="w", now=NOW, lock_time=LOCK, limit=10)


def next_job(unit, key):
    unit.jobs.next_due(TYPES)


def live_state(unit, key):
    unit.instances.lock(key)
    unit.instances.live(key)
    unit.tokens.of_instance(key)
    unit.variables.load(key)


def subscriptions(unit, key):
    unit.subscriptions.messages("paid", "o-1")
    unit.subscriptions.signals("stop")


def running_instances(unit, key):
    unit.instances.search(ProcessInstanceFilter(states=(InstanceState.ACTIVE,)))


def troubled_instances(unit, key):
    unit.instances.search(ProcessInstanceFilter(has_incident=True))


def open_incidents(unit, key):
    unit.incidents.search(IncidentFilter())


def metrics(unit, key):
    unit.workload(NOW)


def active_batches(unit, key):
    unit.batch_operations.active()


def batch_items(unit, key):
    unit.batch_operations.open_items(key, limit=50)
    unit.batch_operations.lock_item(key, key, wait=False)
    unit.batch_operations.has_open_items(key)


def failed_batch_items(unit, key):
    unit.batch_operations.items(BatchItemFilter(batch_operation_key=key, states=(BatchItemState.FAILED,)))


def timeline(unit, key):
    unit.audit.of_instance(key)
    unit.history.element_instances(key)
    unit.history.completers(key, ["approve"])


SCAN = re.compile(r"SCAN (\w+)")
OPEN_ONLY = re.compile(r"ix_\w+_(open|running|with_incident)\b|ix_timer_due_at\b")
USES = [
    inbox,
    all_open_tasks,
    due_timers,
    next_timer,
    free_jobs,
    next_job,
    live_state,
    subscriptions,
    running_instances,
    troubled_instances,
    open_incidents,
    active_batches,
    batch_items,
    failed_batch_items,
    timeline,
    metrics,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_no_table_is_read_from_end_to_end(sqlite_url, use):
    database = Database(sqlite_url, durable=False)
    instance = start(database)
    with database.write() as unit:
        unit.identity.add_user(User(user_id="anna", name="Anna"), password_hash=None, created_at=NOW)
        unit.identity.add_group(Group(group_id="buyers", name="Buyers"))
        unit.identity.add_member("anna", "buyers")
    asked = []
    with database.write() as unit:
        connection = unit.session.connection()

        @event.listens_for(connection, "before_cursor_execute")
        def note(connection, cursor, statement, parameters, context, executemany):
            if statement.startswith("SELECT"):
                asked.append((statement, parameters))

        use(unit, instance.key)
        event.remove(connection, "before_cursor_execute", note)
        plans = [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    database.close()

    assert asked
    scans = [plan for plan in plans if (found := SCAN.match(plan)) and found[1] in metadata.tables]
    assert [plan for plan in scans if not OPEN_ONLY.search(plan)] == []
