"""/metrics: what Prometheus reads, who may read it, and what it says while the database is away."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine import SYSTEM, DatabaseUnavailable, JobExecutor, UserTaskNotFound
from tests.engine.diagrams import end, node, process, service_task, start, timer_event, user_task
from webui import WebSettings, create_app, create_watch_app

LETTER = process(
    "letter",
    start(),
    node("parallelGateway", "fork"),
    user_task("write"),
    service_task("send", "letter.send"),
    node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H")),
    end(),
    flows="start>fork>write>end; fork>send>end; fork>wait>end",
)


@pytest.fixture
def ask(engine):
    """`ask()` fetches /metrics of an application of its own; answers the response."""

    def ask(*, headers=None, address="127.0.0.1", watch=None, **settings):
        settings = WebSettings(secret_key=b"k" * 32, node="one", **settings)
        app = create_watch_app(engine, settings, watch) if watch else create_app(engine, settings)
        return app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})

    return ask


def samples(answer):
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_tells_open_work_lags_and_how_long_commands_took(engine, clock, ask):
    engine.deploy([LETTER], by=SYSTEM)
    engine.start_process_instance("letter", by=SYSTEM)
    (job,) = engine.activate_jobs("letter.send", by=SYSTEM)
    engine.fail_job(job.key, retries=0, message="no", by=SYSTEM)
    engine.start_process_instance("letter", by=SYSTEM)
    with pytest.raises(UserTaskNotFound):
        engine.complete_user_task(1, by=SYSTEM)
    clock.advance(timedelta(hours=2))

    found = samples(ask())

    assert found["tenure_ready",] == 1
    assert found["tenure_instances", "ACTIVE"] == 2
    assert found["tenure_user_tasks",] == 2
    assert found["tenure_jobs", "available", "letter.send"] == 1
    assert found["tenure_jobs", "letter.send", "without_retries"] == 1
    assert found["tenure_job_lag_seconds",] == 2 * 3600
    assert found["tenure_incidents", "JOB_NO_RETRIES"] == 1
    assert (found["tenure_timers",], found["tenure_timers_due",]) == (2, 2)
    assert found["tenure_timer_lag_seconds",] == 3600
    assert found["tenure_command_seconds_count", "StartProcessInstance"] == 2
    assert found["tenure_command_seconds_bucket", "+Inf", "StartProcessInstance"] == 2
    assert found["tenure_command_seconds_sum", "StartProcessInstance"] > 0
    assert found["tenure_command_failures_total", "CompleteUserTask", "refused"] == 1
    assert found["tenure_command_collisions_total", "StartProcessInstance"] == 0
    assert found["tenure_pool_most", "writing"] >= 1
    assert found["tenure_node_info", "0.1.0", "one"] == 1


def test_a_node_with_job_threads_tells_what_they_are_at(engine, ask):
    executor = JobExecutor(engine, threads=3)

    found = samples(ask(watch=executor))

    assert found["tenure_handler_threads",] == 3
    assert [found["tenure_handlers_in_flight", kind] for kind in ("job", "timer", "batch")] == [0, 0, 0]
    assert found["tenure_ready",] == 0


def test_open_work_is_asked_anew_after_a_while_only(engine, app, monkeypatch):
    asked = []
    workload = engine.workload
    monkeypatch.setattr(engine, "workload", lambda: asked.append(1) or workload())
    client = create_app(engine, WebSettings(secret_key=b"k" * 32)).test_client()

    for _ in range(3):
        client.get("/metrics")

    assert len(asked) == 1


def test_without_the_database_the_process_still_tells_what_it_knows(engine, ask, monkeypatch):
    def broken():
        raise DatabaseUnavailable("connection refused")

    monkeypatch.setattr(engine, "ping", broken)

    found = samples(ask())

    assert found["tenure_ready",] == 0
    assert ("tenure_user_tasks",) not in found
    assert found["tenure_pool_in_use", "reading"] == 0


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 200),
        ({"address": "::1"}, 200),
        ({"address": "10.0.0.9"}, 403),
        ({"address": ""}, 403),
        ({"headers": {"X-Forwarded-For": "10.0.0.9"}}, 403),
        ({"headers": {"X-Forwarded-For": "10.0.0.9"}, "proxies": 1}, 403),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}, "proxies": 1, "address": "10.0.0.9"}, 403),
        ({"proxies": 1}, 200),
    ],
)
def test_without_a_token_it_is_for_this_machine(ask, given, status):
    assert ask(**given).status_code == status


def test_with_a_token_it_is_for_whoever_sends_it_and_nobody_else(ask):
    token = {"metrics_token": "very secret", "address": "10.0.0.9"}

    sent = ask(headers={"Authorization": "Bearer very secret"}, **token)
    wrong = ask(headers={"Authorization": "Bearer very secrét"}, **token)
    missing = ask(metrics_token="very secret")

    assert (sent.status_code, wrong.status_code, missing.status_code) == (200, 401, 401)
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    assert "very secret" not in wrong.text


def test_a_process_without_pages_answers_when_it_works_and_why_it_does_not(engine):
    executor = JobExecutor(engine)
    client = create_watch_app(engine, WebSettings(secret_key=b"k" * 32), executor).test_client()

    before = client.get("/readyz")
    executor.start()
    during = client.get("/readyz")
    executor.stop()

    assert (before.status_code, before.json["reason"]) == (503, "JobsStandStill")
    assert during.status_code == 200
    assert client.get("/healthz").status_code == 200
    assert client.get("/inbox").status_code == 404
