"""Work for the machine: handlers in the step, retries, incidents, outside workers, external handlers."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import (
    SYSTEM,
    BpmnError,
    HandlerRegistry,
    IncidentFilter,
    InvalidInput,
    JobContext,
    JobExecutor,
    JobFilter,
    JobNotActivatable,
    JobState,
    PermissionDenied,
    UserTaskFilter,
    handler,
)

from .diagrams import boundary, end, error, error_event, process, service_task, start, user_task


class Outside:
    """The world that external handlers reach, and switches for what goes wrong."""

    def __init__(self):
        self.calls = []
        self.broken = False


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def handlers(outside):
    @handler("sum")
    def sum_up(job: JobContext, amounts: list[int]) -> dict:
        return {"total": sum(amounts)}

    @handler("fragile")
    def fragile(job: JobContext) -> dict:
        outside.calls.append(job.key)
        job.records.execute(
            text("INSERT INTO setting (name, value) VALUES (:n, '1')"), {"n": f"row{job.key}"}
        )
        if outside.broken:
            raise RuntimeError("the printer is on fire")
        return {"printed": True}

    @handler("refuse", error_codes=["TOO_MUCH"])
    def refuse(job: JobContext, amount: int) -> dict:
        if amount > 10:
            raise BpmnError("TOO_MUCH", "more than ten", {"excess": amount - 10})
        return {}

    @handler("mail", external=True)
    def mail(job: JobContext, to: str) -> dict:
        outside.calls.append((job.idempotency_key, to))
        if outside.broken:
            raise ConnectionError("no answer from the mail server")
        job.log(f"sent to {to}")
        return {"sent": True}

    return HandlerRegistry([sum_up, fragile, refuse, mail])


def work_then_wait(job_type, **more):
    return process(
        "work",
        start(),
        user_task("begin"),
        service_task("do_it", job_type, **more),
        user_task("after"),
        end(),
        flows="start>begin>do_it>after>end",
    )


@pytest.fixture
def begin(engine, deploy):
    """`begin(diagram, variables)` starts it and completes `begin`; answers the instance's key."""

    def begin(diagram, variables=None):
        deploy(diagram)
        instance = engine.start_process_instance("work", variables=variables, by=SYSTEM)
        (task,) = engine.user_tasks(by=SYSTEM).items
        engine.complete_user_task(task.key, by=SYSTEM)
        return instance.key

    return begin


def values(engine, key):
    return {v.name: v.value for v in engine.variables(key, by=SYSTEM)}


def open_elements(engine):
    return {task.element_id for task in engine.user_tasks(UserTaskFilter(), by=SYSTEM).items}


def rows_written(engine):
    with engine.records() as session:
        return session.execute(text("SELECT count(*) FROM setting WHERE name LIKE 'row%'")).scalar_one()


# --- in the step ---------------------------------------------------------------------------------


def test_a_plain_handler_runs_in_the_step_that_led_to_it(engine, begin):
    key = begin(work_then_wait("sum"), {"amounts": [1, 2, 3]})

    assert values(engine, key)["total"] == 6
    assert open_elements(engine) == {"after"}
    assert engine.jobs(by=SYSTEM).items == ()


def test_the_rows_of_a_handler_commit_with_the_step(engine, begin):
    begin(work_then_wait("fragile"))

    assert rows_written(engine) == 1


def test_a_failing_handler_leaves_a_job_and_keeps_the_work_of_the_person(engine, begin, outside, clock):
    outside.broken = True

    begin(work_then_wait("fragile"))

    (job,) = engine.jobs(by=SYSTEM).items
    assert (job.state, job.retries) == (JobState.FAILED, 2)
    assert job.due_at == clock.now() + timedelta(minutes=5)
    assert "the printer is on fire" in job.error_message
    assert rows_written(engine) == 0
    done = engine.user_tasks(UserTaskFilter(state=None, element_id="begin"), by=SYSTEM).items
    assert [task.completed_by for task in done] == ["system"]


def test_retries_end_in_an_incident_that_is_mended_and_tried_again(engine, begin, outside, clock):
    outside.broken = True
    key = begin(work_then_wait("fragile", headers={"retryBackoff": "PT1M"}))

    for _ in range(2):
        assert engine.run_until_idle() == 0
        clock.advance(timedelta(minutes=1))
        engine.run_until_idle()

    (incident,) = engine.incidents(by=SYSTEM).items
    assert len(outside.calls) == 3
    assert (incident.error_type, incident.element_id) == ("JOB_NO_RETRIES", "do_it")
    assert "the printer is on fire" in incident.message
    assert "RuntimeError" in incident.trace
    assert engine.process_instance(key, by=SYSTEM).has_incident

    outside.broken = False
    engine.resolve_incident(incident.key, by=SYSTEM)
    engine.run_until_idle()

    assert open_elements(engine) == {"after"}
    assert not engine.process_instance(key, by=SYSTEM).has_incident
    assert engine.incidents(by=SYSTEM).items == ()
    assert rows_written(engine) == 1


def test_a_wrong_input_is_an_incident_at_once_and_mended_by_an_edit(engine, begin):
    key = begin(work_then_wait("sum"), {"amounts": "1, 2, 3"})
    (incident,) = engine.incidents(by=SYSTEM).items
    assert (
        incident.message
        == "variable 'amounts' of job sum: expected a list (a whole number each), got '1, 2, 3'"
    )

    engine.resolve_incident(incident.key, variables={"amounts": [1, 2, 3]}, reason="a slip", by=SYSTEM)
    engine.run_until_idle()

    assert values(engine, key)["total"] == 6
    (edit,) = [line for line in engine.timeline(key, by=SYSTEM) if line.action == "set-variables"]
    assert edit.details["before"] == {"amounts": "1, 2, 3"}
    assert edit.details["after"] == {"amounts": [1, 2, 3]}


def test_a_retry_that_fails_again_is_a_new_incident(engine, begin):
    begin(work_then_wait("sum"), {"amounts": "1"})
    (first,) = engine.incidents(by=SYSTEM).items

    engine.resolve_incident(first.key, by=SYSTEM)
    engine.run_until_idle()

    (second,) = engine.incidents(by=SYSTEM).items
    assert second.key != first.key
    assert engine.incidents(IncidentFilter(state=None), by=SYSTEM).total == 2


def test_repairing_needs_the_permission(engine, begin, account):
    begin(work_then_wait("sum"), {"amounts": "1"})
    (incident,) = engine.incidents(by=SYSTEM).items

    with pytest.raises(PermissionDenied, match="operate"):
        engine.resolve_incident(incident.key, by=account("carl"))


def test_a_business_error_goes_to_the_event_that_catches_it(engine, begin):
    diagram = process(
        "work",
        start(),
        user_task("begin"),
        service_task("do_it", "refuse"),
        boundary("caught", "do_it", error_event("e")),
        user_task("excuse"),
        end(),
        roots=error("e", "TOO_MUCH"),
        flows="start>begin>do_it>end; caught>excuse",
    )

    key = begin(diagram, {"amount": 12})

    assert open_elements(engine) == {"excuse"}
    assert engine.jobs(JobFilter(states=(JobState.CREATED, JobState.FAILED)), by=SYSTEM).items == ()
    assert engine.process_instance(key, by=SYSTEM).has_incident is False


def test_a_business_error_that_nothing_catches_is_an_incident_and_not_retried(engine, begin):
    key = begin(work_then_wait("refuse"), {"amount": 12})

    assert engine.run_until_idle() == 0
    (incident,) = engine.incidents(by=SYSTEM).items
    assert incident.error_type == "UNHANDLED_ERROR_EVENT"

    engine.resolve_incident(incident.key, variables={"amount": 9}, by=SYSTEM)
    engine.run_until_idle()

    assert open_elements(engine) == {"after"}
    assert not engine.process_instance(key, by=SYSTEM).has_incident


def test_a_step_does_a_bounded_number_of_jobs_and_leaves_the_rest(engine, begin):
    chain = [service_task(f"s{n}", "sum") for n in range(40)]
    path = ">".join(f"s{n}" for n in range(40))
    diagram = process(
        "work",
        start(),
        user_task("begin"),
        *chain,
        user_task("after"),
        end(),
        flows=f"start>begin>{path}>after>end",
    )

    begin(diagram, {"amounts": [1]})

    assert engine.jobs(by=SYSTEM).total == 1
    assert engine.run_until_idle() == 1
    assert open_elements(engine) == {"after"}


# --- outside workers -----------------------------------------------------------------------------


@pytest.fixture
def worker(account):
    return account("worker", permissions=["work_jobs"])


def test_an_outside_worker_takes_a_job_once_and_completes_it(engine, begin, worker):
    key = begin(work_then_wait("print", headers={"paper": "A4"}), {"text": "hello"})

    (job,) = engine.activate_jobs("print", worker="w1", max_jobs=5, by=worker)
    again = engine.activate_jobs("print", worker="w2", max_jobs=5, by=worker)
    engine.complete_job(job.key, {"pages": 3}, by=worker)

    assert job.headers == {"paper": "A4"}
    assert job.variables == {"text": "hello"}
    assert again == []
    assert values(engine, key)["pages"] == 3
    with pytest.raises(JobNotActivatable, match="completed"):
        engine.complete_job(job.key, by=worker)


def test_after_the_lock_another_worker_takes_the_job_and_the_first_is_too_late(engine, begin, worker, clock):
    begin(work_then_wait("print"))
    (first,) = engine.activate_jobs("print", worker="w1", lock_time=timedelta(minutes=1), by=worker)
    clock.advance(timedelta(minutes=2))

    (second,) = engine.activate_jobs("print", worker="w2", by=worker)

    assert second.key == first.key
    with pytest.raises(JobNotActivatable, match="no longer holds"):
        engine.complete_job(first.key, worker="w1", by=worker)
    engine.complete_job(second.key, worker="w2", by=worker)


def test_a_worker_may_fail_a_job_with_a_pause(engine, begin, worker, clock):
    begin(work_then_wait("print"))
    (job,) = engine.activate_jobs("print", worker="w1", by=worker)

    engine.fail_job(job.key, retries=1, message="no ink", retry_back_off=timedelta(minutes=3), by=worker)

    assert engine.activate_jobs("print", by=worker) == []
    clock.advance(timedelta(minutes=3))
    (again,) = engine.activate_jobs("print", by=worker)
    engine.fail_job(again.key, retries=0, message="no ink", by=worker)
    (incident,) = engine.incidents(by=SYSTEM).items
    assert (incident.message, incident.job_key) == ("no ink", job.key)
    engine.update_job(job.key, retries=2, by=worker)
    engine.resolve_incident(incident.key, by=SYSTEM)
    assert [j.retries for j in engine.activate_jobs("print", by=worker)] == [2]


def test_a_worker_may_throw_an_error(engine, begin, worker):
    begin(work_then_wait("print"))
    (job,) = engine.activate_jobs("print", by=worker)

    engine.throw_job_error(job.key, "NO_PAPER", message="empty", by=worker)

    (incident,) = engine.incidents(by=SYSTEM).items
    assert incident.error_type == "UNHANDLED_ERROR_EVENT"
    assert engine.activate_jobs("print", by=worker) == []


def test_a_job_whose_error_is_caught_says_so(engine, begin, worker):
    key = begin(
        process(
            "work",
            start(),
            user_task("prepare"),
            service_task("print", "print"),
            boundary("caught", "print", error_event("paper")),
            user_task("refill"),
            end(),
            flows="start>prepare>print>end; caught>refill>end",
            roots=error("paper", "NO_PAPER"),
        )
    )
    (job,) = engine.activate_jobs("print", by=worker)

    engine.throw_job_error(job.key, "NO_PAPER", message="empty", by=worker)

    (ended,) = engine.jobs(JobFilter(process_instance_key=key), by=worker).items
    assert (ended.state, ended.error_message) == ("ERROR_THROWN", "empty")
    assert [task.element_id for task in engine.user_tasks(by=SYSTEM).items] == ["refill"]


def test_working_on_jobs_needs_the_permission(engine, begin, account):
    begin(work_then_wait("print"))
    carl = account("carl")

    with pytest.raises(PermissionDenied, match="work_jobs"):
        engine.activate_jobs("print", by=carl)
    with pytest.raises(PermissionDenied):
        engine.jobs(by=carl)


def test_an_outside_worker_must_ask_for_something_sensible(engine, worker):
    with pytest.raises(InvalidInput):
        engine.activate_jobs("print", max_jobs=0, by=worker)
    with pytest.raises(InvalidInput):
        engine.activate_jobs("print", lock_time=timedelta(), by=worker)


# --- external handlers ---------------------------------------------------------------------------


def test_an_external_handler_waits_for_the_executor(engine, begin, outside):
    key = begin(work_then_wait("mail"), {"to": "anna@example.org"})
    assert outside.calls == []

    assert engine.run_until_idle() == 1

    assert values(engine, key)["sent"] is True
    assert open_elements(engine) == {"after"}
    logged = [line for line in engine.timeline(key, by=SYSTEM) if line.action == "handler-log"]
    assert [line.details["text"] for line in logged] == ["sent to anna@example.org"]


def test_every_attempt_carries_the_same_idempotency_key(engine, begin, outside, clock):
    outside.broken = True
    begin(work_then_wait("mail", headers={"retryBackoff": "PT0S"}), {"to": "a"})
    engine.run_until_idle()
    (incident,) = engine.incidents(by=SYSTEM).items
    assert "no answer from the mail server" in incident.message

    outside.broken = False
    engine.resolve_incident(incident.key, by=SYSTEM)
    engine.run_until_idle()

    keys = {key for key, _ in outside.calls}
    assert len(outside.calls) == 4
    assert len(keys) == 1
    assert open_elements(engine) == {"after"}


def test_an_executor_that_died_with_a_job_is_followed_by_another(engine, begin, outside, clock):
    begin(work_then_wait("mail"), {"to": "a"})
    from engine.jobs import JobRunner

    dead = JobRunner(engine.commands, worker="dead")
    (job,) = dead.take(10)

    assert engine.run_until_idle() == 0
    clock.advance(timedelta(minutes=2))
    engine.run_until_idle()
    dead.run(job)

    assert open_elements(engine) == {"after"}
    assert len({key for key, _ in outside.calls}) == 1


# --- threads -------------------------------------------------------------------------------------


def test_the_executor_does_what_falls_due_and_stops_cleanly(engine, begin, outside):
    import time

    executor = JobExecutor(engine, threads=2, poll=timedelta(milliseconds=100))
    executor.start()
    try:
        begin(work_then_wait("mail"), {"to": "a"})
        until = time.monotonic() + 20
        while open_elements(engine) != {"after"} and time.monotonic() < until:
            time.sleep(0.02)
        assert executor.healthy
    finally:
        executor.stop()

    assert open_elements(engine) == {"after"}
    assert len(outside.calls) == 1
    assert not executor.healthy


def test_a_later_attempt_acts_in_the_name_of_the_same_person(engine, deploy, account, outside, clock):
    deploy(work_then_wait("fragile", headers={"retryBackoff": "PT1M"}))
    anna = account("anna")
    key = engine.start_process_instance("work", by=SYSTEM).key
    (task,) = engine.user_tasks(by=SYSTEM).items
    outside.broken = True
    engine.complete_user_task(task.key, by=anna)

    outside.broken = False
    clock.advance(timedelta(minutes=1))
    engine.run_until_idle()

    (done,) = [e for e in engine.element_instances(key, by=SYSTEM) if e.element_id == "do_it"]
    assert done.actor == "anna"
    assert engine.jobs(by=SYSTEM).items[0].actor == "anna"


def test_a_job_of_a_suspended_instance_waits_whoever_comes_with_its_result(engine, begin):
    key = begin(work_then_wait("outside"))
    (job,) = engine.activate_jobs("outside", worker="w", by=SYSTEM)
    engine.suspend_process_instance(key, by=SYSTEM)

    for worker in ("w", ""):
        for report in (
            lambda worker=worker: engine.complete_job(job.key, worker=worker, by=SYSTEM),
            lambda worker=worker: engine.fail_job(job.key, retries=1, worker=worker, by=SYSTEM),
            lambda worker=worker: engine.throw_job_error(job.key, "BAD", worker=worker, by=SYSTEM),
        ):
            with pytest.raises(JobNotActivatable, match="is suspended"):
                report()
    engine.update_job(job.key, retries=5, by=SYSTEM)
    engine.resume_process_instance(key, by=SYSTEM)
    engine.complete_job(job.key, worker="w", by=SYSTEM)

    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    assert task.element_id == "after"


def test_who_gives_no_worker_name_may_report_on_a_job_that_somebody_holds_or_nobody(engine, begin):
    first, second = begin(work_then_wait("outside")), begin(work_then_wait("outside"))
    (held,) = engine.activate_jobs("outside", worker="w", by=SYSTEM)
    (free,) = [
        job
        for job in engine.jobs(JobFilter(type="outside", states=(JobState.CREATED,)), by=SYSTEM).items
        if job.key != held.key
    ]

    with pytest.raises(JobNotActivatable, match="worker 'x' no longer holds"):
        engine.complete_job(held.key, worker="x", by=SYSTEM)
    engine.complete_job(held.key, by=SYSTEM)
    engine.complete_job(free.key, by=SYSTEM)

    waiting = engine.user_tasks(UserTaskFilter(element_id="after"), by=SYSTEM).items
    assert {task.process_instance_key for task in waiting} == {first, second}
