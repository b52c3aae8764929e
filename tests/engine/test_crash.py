"""A process that is killed in the middle of a step leaves the database as it was before the step."""

import signal
import subprocess
import sys

import pytest

from engine import SYSTEM, HandlerRegistry, JobContext, handler

from .diagrams import end, process, service_task, start, user_task

KILLED_IN_A_HANDLER = """
import os, signal, sys
from engine import SYSTEM, Database, FixedClock, HandlerRegistry, JobContext, ProcessEngine, handler
from datetime import UTC, datetime

@handler("pay")
def pay(job: JobContext) -> dict:
    job.documents.store("receipt.txt", b"paid")
    os.kill(os.getpid(), signal.SIGKILL)

clock = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
engine = ProcessEngine(Database(sys.argv[1]), clock=clock, handlers=HandlerRegistry([pay]))
engine.complete_user_task(int(sys.argv[2]), {"typed": "much"}, by=SYSTEM)
"""


@pytest.fixture
def handlers():
    @handler("pay")
    def pay(job: JobContext) -> dict:
        return {"documentKey": str(job.documents.store("receipt.txt", b"paid").key)}

    return HandlerRegistry([pay])


def test_a_killed_process_loses_nothing_that_was_there_and_applies_nothing_twice(engine, deploy, database):
    deploy(
        process(
            "payment",
            start(),
            user_task("begin"),
            service_task("do_it", "pay"),
            end(),
            flows="start>begin>do_it>end",
        )
    )
    key = engine.start_process_instance("payment", by=SYSTEM).key
    (task,) = engine.user_tasks(by=SYSTEM).items

    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_A_HANDLER, database.url, str(task.key)], check=False
    )

    assert killed.returncode == -signal.SIGKILL
    assert engine.user_tasks(by=SYSTEM).items == (task,)
    engine.complete_user_task(task.key, {"typed": "again"}, by=SYSTEM)
    values = {v.name: v.value for v in engine.variables(key, by=SYSTEM)}
    assert values["typed"] == "again"
    assert engine.document_content(int(values["documentKey"]), by=SYSTEM) == b"paid"
    assert engine.verify_audit(by=SYSTEM) == []
