"""A connection that is lost in the middle of a step is no fault of the handler that was running."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url, text

from engine import (
    SYSTEM,
    Database,
    DatabaseUnavailable,
    HandlerRegistry,
    IncidentFilter,
    JobContext,
    JobExecutor,
    JobFilter,
    ProcessEngine,
    handler,
)

from .diagrams import end, process, service_task, start, user_task

SECONDS = 60


@pytest.fixture
def cuts():
    """How often the handler's own connection is still cut."""
    return [1]


@pytest.fixture
def handlers(cuts, database_url):
    def cut(pid):
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))

    @handler("cut")
    def cut_own_connection(job: JobContext) -> dict:
        if cuts[0]:
            cuts[0] -= 1
            cut(job.records.execute(text("SELECT pg_backend_pid()")).scalar())
        return {"done": True}

    return HandlerRegistry([cut_own_connection])


def test_a_lost_connection_undoes_the_step_and_blames_no_handler(engine, deploy, database, cuts):
    if not database.is_postgres:
        pytest.skip("a SQLite file has no connection that somebody could cut")
    nodes = [start(), user_task("ask"), service_task("work", "cut"), end()]
    deploy(process("p", *nodes, flows="start>ask>work>end"))
    instance = engine.start_process_instance("p", by=SYSTEM)
    (task,) = engine.user_tasks(by=SYSTEM).items

    with pytest.raises(DatabaseUnavailable):
        engine.complete_user_task(task.key, by=SYSTEM)

    assert engine.user_task(task.key, by=SYSTEM).state == "CREATED"
    assert engine.incidents(IncidentFilter(), by=SYSTEM).total == 0
    assert engine.jobs(JobFilter(), by=SYSTEM).total == 0
    engine.complete_user_task(task.key, by=SYSTEM)
    assert engine.process_instance(instance.key, by=SYSTEM).state == "COMPLETED"


@pytest.mark.postgres
def test_what_came_of_an_external_handler_is_kept_until_the_database_is_back(
    filled_postgres_url, clock, caplog
):
    """The clock stands still, so that no lock expires: a result that was lost would never be made up for."""
    inside, go_on, calls = threading.Event(), threading.Event(), []

    @handler("outside", external=True)
    def call_outside(job: JobContext) -> None:
        calls.append(job.idempotency_key)
        inside.set()
        assert go_on.wait(SECONDS)

    engine = ProcessEngine(
        Database(filled_postgres_url), clock=clock, handlers=HandlerRegistry([call_outside])
    )
    engine.deploy(
        [process("p", start(), service_task("call", "outside"), end(), flows="start>call>end")], by=SYSTEM
    )
    instance = engine.start_process_instance("p", by=SYSTEM)
    executor = JobExecutor(engine)
    executor.start()
    try:
        assert inside.wait(SECONDS)
        with shut(filled_postgres_url):
            go_on.set()
            wait_until(lambda: not executor.healthy)
            wait_until(lambda: any(line.name == "engine.jobs.patience" for line in caplog.records))
        wait_until(lambda: ended(engine, instance.key))
        wait_until(lambda: executor.healthy)
    finally:
        executor.stop()
        engine.close()

    assert len(calls) == 1


def ended(engine, key):
    try:
        return engine.process_instance(key, by=SYSTEM).state == "COMPLETED"
    except DatabaseUnavailable:
        return False


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    assert condition()


@contextmanager
def shut(url):
    """The database cuts all connections and refuses new ones."""
    address = make_url(url).set(drivername="postgresql")
    beside = address.set(database="template1").render_as_string(hide_password=False)
    with psycopg.connect(beside, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{address.database}" ALLOW_CONNECTIONS false')
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [address.database]
        )
        try:
            yield
        finally:
            other.execute(f'ALTER DATABASE "{address.database}" ALLOW_CONNECTIONS true')
