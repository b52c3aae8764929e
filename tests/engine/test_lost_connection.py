"""A connection that is lost in the middle of a step is no fault of the handler that was running."""

import psycopg
import pytest
from sqlalchemy import text

from engine import (
    SYSTEM,
    DatabaseUnavailable,
    HandlerRegistry,
    IncidentFilter,
    JobContext,
    JobFilter,
    handler,
)

from .diagrams import end, process, service_task, start, user_task


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
