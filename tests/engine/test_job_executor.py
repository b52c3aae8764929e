"""Threads that do what falls due: on one node, on two, and when a handler takes long."""

import threading
import time
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    Database,
    ExecutorAlreadyRunning,
    HandlerRegistry,
    JobContext,
    JobExecutor,
    ProcessEngine,
    ProcessInstanceFilter,
    SystemClock,
    handler,
)

from .diagrams import end, node, process, service_task, start, timer_event

SECONDS = 60


@pytest.fixture
def done():
    return []


@pytest.fixture
def go_on():
    return threading.Event()


@pytest.fixture
def handlers(done, go_on):
    @handler("mail", external=True)
    def mail(job: JobContext) -> None:
        done.append(job.idempotency_key)

    @handler("slow", external=True)
    def slow(job: JobContext) -> None:
        done.append(job.idempotency_key)
        go_on.wait(SECONDS)

    return HandlerRegistry([mail, slow])


def mailing(job_type="mail"):
    return process("mailing", start(), service_task("send", job_type), end(), flows="start>send>end")


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def finished(engine):
    return engine.process_instances(ProcessInstanceFilter(states=("COMPLETED",)), by=SYSTEM).total


@pytest.fixture
def executor(engine):
    made = []

    def executor(of=engine, **more):
        running = JobExecutor(of, **{"threads": 2, "poll": timedelta(milliseconds=200), **more})
        made.append(running)
        running.start()
        return running

    yield executor
    for running in made:
        running.stop()


def test_many_jobs_are_all_done_once(engine, deploy, executor, done):
    deploy(mailing())
    executor()

    for _ in range(30):
        engine.start_process_instance("mailing", by=SYSTEM)

    wait_until(lambda: finished(engine) == 30)
    assert len(done) == len(set(done)) == 30


def test_timers_that_were_due_before_the_start_fire_at_once(engine, deploy, executor, clock):
    catch = node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H"))
    deploy(process("pause", start(), catch, end(), flows="start>wait>end"))
    for _ in range(5):
        engine.start_process_instance("pause", by=SYSTEM)
    clock.advance(timedelta(days=1))

    executor()

    wait_until(lambda: finished(engine) == 5)


def test_overdue_timers_of_suspended_instances_hold_up_nobody(engine, deploy, executor, clock):
    catch = node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H"))
    deploy(process("pause", start(), catch, end(), flows="start>wait>end"))
    for _ in range(3):
        suspended = engine.start_process_instance("pause", by=SYSTEM)
        engine.suspend_process_instance(suspended.key, by=SYSTEM)
    clock.advance(timedelta(minutes=1))
    engine.start_process_instance("pause", by=SYSTEM)
    clock.advance(timedelta(days=1))

    executor(threads=2)

    wait_until(lambda: finished(engine) == 1)


def test_a_long_job_is_not_given_to_anybody_else(engine, deploy, executor, done, go_on, clock):
    deploy(mailing("slow"))
    executor(lock_time=timedelta(seconds=3))
    engine.start_process_instance("mailing", by=SYSTEM)
    wait_until(lambda: done)

    clock.advance(timedelta(seconds=2))
    wait_until(lambda: engine.jobs(by=SYSTEM).items[0].locked_until > clock.now() + timedelta(seconds=2))
    clock.advance(timedelta(seconds=2))
    go_on.set()

    wait_until(lambda: finished(engine) == 1)
    assert len(done) == 1


def test_stopping_lets_what_runs_come_to_its_end(engine, deploy, executor, done, go_on):
    deploy(mailing("slow"))
    running = executor()
    engine.start_process_instance("mailing", by=SYSTEM)
    wait_until(lambda: done)

    stopper = threading.Thread(target=running.stop)
    stopper.start()
    go_on.set()
    stopper.join(SECONDS)

    assert not running.healthy
    assert finished(engine) == 1


def test_a_second_executor_on_one_sqlite_file_is_refused(sqlite_url, clock):
    one = ProcessEngine(Database(sqlite_url), clock=clock)
    two = ProcessEngine(Database(sqlite_url), clock=clock)
    running = JobExecutor(one)
    running.start()

    with pytest.raises(ExecutorAlreadyRunning):
        JobExecutor(two).start()

    running.stop()
    again = JobExecutor(two)
    again.start()
    again.stop()
    one.close()
    two.close()


@pytest.mark.postgres
def test_two_nodes_share_one_database_and_do_every_job_once(
    filled_postgres_url, clock, handlers, done, executor_of_nodes
):
    nodes = [ProcessEngine(Database(filled_postgres_url), clock=clock, handlers=handlers) for _ in range(2)]
    nodes[0].deploy([mailing()], by=SYSTEM)
    executor_of_nodes(nodes)

    for number in range(40):
        nodes[number % 2].start_process_instance("mailing", by=SYSTEM)

    wait_until(lambda: finished(nodes[0]) == 40)
    assert len(done) == len(set(done)) == 40


@pytest.fixture
def executor_of_nodes():
    made = []

    def run(nodes):
        for one in nodes:
            running = JobExecutor(one, threads=2, poll=timedelta(milliseconds=200))
            made.append((one, running))
            running.start()

    yield run
    for one, running in made:
        running.stop()
        one.close()


def test_what_falls_due_soon_is_done_without_polling(database, handlers, done):
    engine = ProcessEngine(database, clock=SystemClock(), handlers=handlers)
    catch = node("intermediateCatchEvent", "wait", timer_event("Duration", "PT2S"))
    engine.deploy([process("pause", start(), catch, end(), flows="start>wait>end")], by=SYSTEM)
    running = JobExecutor(engine, threads=2, poll=timedelta(minutes=10))
    running.start()

    engine.start_process_instance("pause", by=SYSTEM)

    try:
        wait_until(lambda: finished(engine) == 1)
    finally:
        running.stop()
