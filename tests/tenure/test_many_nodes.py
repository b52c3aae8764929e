"""Real processes on one PostgreSQL: the server goes away and comes back, a node dies at work."""

import json
import os
import signal
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from engine import SYSTEM, ProcessEngine, ProcessInstanceFilter, upgrade_schema
from tests.engine.diagrams import end, node, process, service_task, start, timer_event
from tests.tenure.node_program import HOLD, LOG
from tests.tenure.test_run import fetched, free_port, stop, tenure

SECONDS = 120
WORK = process(
    "work",
    start(),
    node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1S")),
    service_task("note", "nodes.note"),
    end(),
    flows="start>wait>note>end",
)
LONG = process("long", start(), service_task("hold", "nodes.hold"), end(), flows="start>hold>end")

pytestmark = pytest.mark.postgres


def wait_until(condition, *processes):
    until = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < until:
        for one in processes:
            if one.poll() is not None:
                pytest.fail(f"the program ended: {one.stdout.read()}")
        time.sleep(0.1)
    assert condition()


def readiness(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
    except OSError:
        return 0, {}


def finished(url):
    engine = ProcessEngine(url)
    try:
        return engine.process_instances(ProcessInstanceFilter(states=("COMPLETED",)), by=SYSTEM).total
    finally:
        engine.close()


def started(url, process_id, count=1):
    engine = ProcessEngine(url)
    for _ in range(count):
        engine.start_process_instance(process_id, by=SYSTEM)
    engine.close()


def prepared(url):
    upgrade_schema(url, "tenure:migrations")
    engine = ProcessEngine(url)
    engine.deploy([WORK, LONG], by=SYSTEM)
    engine.close()


def calls(log):
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def test_nodes_wait_for_a_server_that_went_away_and_go_on_by_themselves(own_postgres, tmp_path):
    url = own_postgres.address.render_as_string(hide_password=False)
    prepared(url)
    log = tmp_path / "log"
    page, watch = free_port(), free_port()
    worker_of = {"module": "tests.tenure.node_program", "TENURE_WATCH_PORT": str(watch), LOG: str(log)}
    with (
        tenure("serve", home=tmp_path, url=url, port=page) as web,
        tenure("worker", home=tmp_path, url=url, **worker_of) as worker,
    ):
        wait_until(lambda: (readiness(page)[0], readiness(watch)[0]) == (200, 200), web, worker)
        started(url, "work", 3)
        wait_until(lambda: finished(url) == 3, web, worker)

        started(url, "work", 5)
        own_postgres.stop()
        wait_until(lambda: (readiness(page)[0], readiness(watch)[0]) == (503, 503), web, worker)
        away = readiness(page)[1], readiness(watch)[1]
        told = fetched(watch, "/metrics")
        own_postgres.start()
        wait_until(lambda: (readiness(page)[0], readiness(watch)[0]) == (200, 200), web, worker)
        wait_until(lambda: finished(url) == 8, web, worker)
        started(url, "work", 2)
        wait_until(lambda: finished(url) == 10, web, worker)
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN tenure_wake'"
        with psycopg.connect(url.replace("+psycopg", "")) as look:
            wait_until(lambda: look.execute(listening).fetchone()[0] == 1)
        worker_ended, web_ended = stop(worker), stop(web)

    assert away == ({"status": "unavailable", "reason": "DatabaseUnavailable"},) * 2
    assert "tenure_ready 0.0" in told
    assert len(calls(log)) == len({key for _, key in calls(log)}) == 10
    assert (worker_ended[0], web_ended[0]) == (0, 0)
    assert "Traceback" not in worker_ended[1] + web_ended[1]


def test_what_a_dead_node_had_taken_is_taken_over(postgres_url, tmp_path):
    prepared(postgres_url)
    log, hold = tmp_path / "log", tmp_path / "hold"
    hold.touch()
    given = {"module": "tests.tenure.node_program", LOG: str(log), HOLD: str(hold)}
    with (
        tenure("worker", home=tmp_path, url=postgres_url, **given) as one,
        tenure("worker", home=tmp_path, url=postgres_url, **given) as other,
    ):
        started(postgres_url, "long")
        wait_until(lambda: len(calls(log)) == 1, one, other)
        first = int(calls(log)[0][0])
        os.kill(first, signal.SIGKILL)
        survivor = other if first == one.pid else one
        wait_until(lambda: len(calls(log)) == 2, survivor)
        hold.unlink()
        wait_until(lambda: finished(postgres_url) == 1, survivor)

    assert [int(pid) for pid, _ in calls(log)] == [first, survivor.pid]
    assert len({key for _, key in calls(log)}) == 1
