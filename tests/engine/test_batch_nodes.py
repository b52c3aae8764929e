"""Nodes share a batch operation: no item is done twice, and a node that dies leaves none behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    AuditFilter,
    BatchItemFilter,
    BatchItemState,
    BatchOperationState,
    BatchOperationType,
    BatchRepair,
    Database,
    InstanceState,
    JobExecutor,
    ProcessEngine,
    ProcessInstanceFilter,
    SystemClock,
)
from engine.commands import batch_operations
from engine.commands.batch_operations import CancelBatchOperation, FailBatchItem, RunBatchItem
from engine.jobs.batch_runner import run_batch

from .diagrams import end, process, start, user_task

ONE = process("one", start(), user_task("only"), end(), flows="start>only>end")
SET = BatchRepair(type=BatchOperationType.UPDATE_VARIABLE, variables={"seen": True})
OF_ONE = ProcessInstanceFilter(process_id="one")
SECONDS = 60

NODE = """
import sys
from datetime import timedelta
from engine import JobExecutor, ProcessEngine
executor = JobExecutor(ProcessEngine(sys.argv[1]), threads=4, poll=timedelta(milliseconds=100))
executor.start()
print("ready", flush=True)
sys.stdin.read()
executor.stop()
"""


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def prepared(engine, deploy, number):
    """A batch over `number` instances; answers the batch and their keys."""
    deploy(ONE)
    keys = [engine.start_process_instance("one", by=SYSTEM).key for _ in range(number)]
    return engine.create_batch_operation(SET, OF_ONE, by=SYSTEM), keys


def items(engine, batch, **more):
    return engine.batch_operation_items(
        BatchItemFilter(batch_operation_key=batch.key, **more), by=SYSTEM, limit=1000
    ).items


def is_over(engine, batch):
    return engine.batch_operation(batch.key, by=SYSTEM).state is BatchOperationState.COMPLETED


def times_done(engine, keys, admin):
    """Process instance -> how often the repair was applied to it, by the trail."""
    lines = engine.audit(AuditFilter(action="set-variables"), by=admin, limit=1000).items
    return Counter(line.process_instance_key for line in lines)


@pytest.fixture
def node(database):
    """`node()` starts a process with a job executor on the same PostgreSQL database."""
    if not database.is_postgres:
        pytest.skip("one executor per SQLite file")
    started = []

    def node():
        running = subprocess.Popen(
            [sys.executable, "-c", NODE, database.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(running)
        assert running.stdout.readline() == "ready\n"
        return running

    yield node
    for one in started:
        one.communicate(timeout=SECONDS)


def test_the_executor_works_off_a_batch_while_the_program_runs(engine, deploy, admin):
    executor = JobExecutor(engine, threads=2, poll=timedelta(seconds=30))
    executor.start()
    try:
        batch, keys = prepared(engine, deploy, 30)
        wait_until(lambda: is_over(engine, batch))
    finally:
        executor.stop()

    assert times_done(engine, keys, admin) == dict.fromkeys(keys, 1)


def test_two_nodes_share_a_batch_and_do_no_item_twice(engine, deploy, admin, node):
    nodes = [node(), node()]

    batch, keys = prepared(engine, deploy, 200)
    wait_until(lambda: is_over(engine, batch))

    assert all(one.poll() is None for one in nodes)
    assert times_done(engine, keys, admin) == dict.fromkeys(keys, 1)
    assert engine.batch_operation(batch.key, by=SYSTEM).completed == 200
    assert engine.verify_audit(by=admin) == []


def test_the_items_of_a_killed_node_are_taken_over(engine, deploy, admin, node):
    first = node()
    batch, keys = prepared(engine, deploy, 200)
    wait_until(lambda: engine.batch_operation(batch.key, by=SYSTEM).completed > 5)
    first.send_signal(signal.SIGKILL)
    first.wait(SECONDS)
    left = engine.batch_operation(batch.key, by=SYSTEM).remaining

    node()
    wait_until(lambda: is_over(engine, batch))

    assert left > 0
    assert times_done(engine, keys, admin) == dict.fromkeys(keys, 1)


def test_an_item_that_another_node_has_in_hand_is_passed_by(engine, deploy, database):
    batch, _ = prepared(engine, deploy, 1)
    (item,) = items(engine, batch)
    if not database.is_postgres:
        pytest.skip("SQLite has one writer")
    with database.write() as unit:
        assert unit.batch_operations.lock_item(batch.key, item.item_key) is not None

        passed = engine.commands.run(RunBatchItem(item=item), SYSTEM)

    assert passed is False
    assert engine.commands.run(RunBatchItem(item=item), SYSTEM) is True


def test_a_node_that_comes_late_does_not_do_an_item_again(engine, deploy, admin):
    batch, keys = prepared(engine, deploy, 1)
    (item,) = items(engine, batch)
    engine.run_until_idle()

    again = engine.commands.run(RunBatchItem(item=item), SYSTEM)
    failed = engine.commands.run(FailBatchItem(item=item, error=ValueError("late")), SYSTEM)

    assert (again, failed) == (False, False)
    assert times_done(engine, keys, admin) == {keys[0]: 1}
    assert [one.state for one in items(engine, batch)] == [BatchItemState.COMPLETED]


def test_an_outcome_is_written_with_its_repair_or_not_at_all(engine, deploy, admin, monkeypatch):
    batch, keys = prepared(engine, deploy, 1)
    (item,) = items(engine, batch)

    def cut(*_args, **_more):
        raise ConnectionError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("engine.storage.batch_operations.BatchOperations.end_item", cut)
        with pytest.raises(ConnectionError):
            engine.commands.run(RunBatchItem(item=item), SYSTEM)

    assert times_done(engine, keys, admin) == {}
    assert [one.state for one in items(engine, batch)] == [BatchItemState.ACTIVE]


def test_an_error_that_nobody_foresaw_fails_the_item_and_names_itself(engine, deploy, monkeypatch):
    batch, _ = prepared(engine, deploy, 2)
    broken = items(engine, batch)[0].item_key
    usual = batch_operations.item_command

    def item_command(repair, item_key, **more):
        if item_key == broken:
            raise ZeroDivisionError("a fault of the program")
        return usual(repair, item_key, **more)

    monkeypatch.setattr(batch_operations, "item_command", item_command)
    engine.run_until_idle()

    (failed,) = items(engine, batch, states=(BatchItemState.FAILED,))
    assert (failed.item_key, failed.error_code) == (broken, "INTERNAL_ERROR")
    assert "ZeroDivisionError" in failed.error_message
    assert is_over(engine, batch)


def test_cancelling_a_batch_waits_for_the_item_in_hand_and_takes_no_other(engine, deploy, database):
    if not database.is_postgres:
        pytest.skip("SQLite has one writer")
    batch, _ = prepared(engine, deploy, 3)
    first = items(engine, batch)[0]
    with database.write() as unit:
        unit.batch_operations.lock_item(batch.key, first.item_key)
        canceller = threading.Thread(
            target=lambda: engine.commands.run(CancelBatchOperation(key=batch.key), SYSTEM)
        )
        canceller.start()
        unit.batch_operations.end_item(
            batch.key, first.item_key, BatchItemState.COMPLETED, SystemClock().now()
        )
    canceller.join(SECONDS)

    ended = engine.batch_operation(batch.key, by=SYSTEM)
    assert (ended.state, ended.completed, ended.canceled) == (BatchOperationState.CANCELED, 1, 2)
    assert run_batch(engine.commands, batch.key) == 0


def test_a_second_engine_sees_the_progress_of_the_first(engine, deploy, database, clock):
    batch, keys = prepared(engine, deploy, 4)
    run_batch(engine.commands, batch.key, limit=3)
    other = Database(database.url)

    seen = ProcessEngine(other, clock=clock).batch_operation(batch.key, by=SYSTEM)

    other.close()
    assert (seen.total, seen.completed, seen.remaining) == (4, 3, 1)
    assert [engine.process_instance(key, by=SYSTEM).state for key in keys] == [InstanceState.ACTIVE] * 4
