"""Two at the same moment, each on a connection of its own: exactly one wins, the other is told."""

import threading
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    AlreadyExists,
    EngineError,
    HandlerRegistry,
    IncidentAlreadyResolved,
    JobContext,
    MigrationPlan,
    ProcessInstanceFilter,
    ProcessInstanceNotActive,
    UserTaskAlreadyClaimed,
    UserTaskAlreadyCompleted,
    UserTaskFilter,
    handler,
)
from engine.commands.timers import FireTimer
from engine.jobs import JobRunner
from engine.jobs.idle import due_timers

from .diagrams import end, message, message_event, node, process, service_task, start, timer_event, user_task

TRIALS = 200
FEWER = 40


@pytest.fixture
def counted():
    return []


@pytest.fixture
def handlers(counted):
    @handler("count")
    def count(job: JobContext) -> None:
        counted.append(job.key)

    return HandlerRegistry([count])


def race(*actions):
    """Run the actions at the same moment; answers what each answered, or the error it raised."""
    go = threading.Barrier(len(actions))
    results = [None] * len(actions)

    def run(index, action):
        go.wait()
        try:
            results[index] = action()
        except EngineError as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(i, a)) for i, a in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def people(account):
    return account("anna", groups=["buyers"]), account("bert", groups=["buyers"])


@pytest.fixture
def loop(engine, deploy):
    """One instance that offers the same task again and again."""
    deploy(
        process(
            "loop",
            start(),
            user_task("approve", groups="buyers"),
            flows="start>approve>approve",
        )
    )
    engine.start_process_instance("loop", by=SYSTEM)


def open_task(engine):
    (task,) = engine.user_tasks(by=SYSTEM).items
    return task


def test_two_people_cannot_complete_one_task(engine, loop, people):
    anna, bert = people
    winners = []

    for _ in range(TRIALS):
        task = open_task(engine)
        results = race(
            lambda task=task: engine.complete_user_task(task.key, by=anna),
            lambda task=task: engine.complete_user_task(task.key, by=bert),
        )
        won = [r for r in results if not isinstance(r, Exception)]
        (lost,) = [r for r in results if isinstance(r, Exception)]
        assert type(lost) is UserTaskAlreadyCompleted
        assert [w.completed_by for w in won] == [lost.by]
        winners.append(lost.by)

    (instance,) = engine.process_instances(by=SYSTEM).items
    done = [e for e in engine.element_instances(instance.key, by=SYSTEM) if e.element_id == "approve"]
    assert [e.actor for e in done if e.state.is_final] == winners
    assert engine.verify_audit(by=SYSTEM) == []


def test_two_people_cannot_claim_one_task(engine, loop, people):
    anna, bert = people

    for _ in range(FEWER):
        task = open_task(engine)
        results = race(
            lambda task=task: engine.claim_user_task(task.key, by=anna),
            lambda task=task: engine.claim_user_task(task.key, by=bert),
        )
        (lost,) = [r for r in results if isinstance(r, Exception)]
        assert type(lost) is UserTaskAlreadyClaimed
        engine.unclaim_user_task(task.key, by=SYSTEM)


def test_completing_and_cancelling_at_once_leaves_one_clear_answer(engine, deploy, people):
    anna, _ = people
    deploy(process("once", start(), user_task("approve", groups="buyers"), end(), flows="start>approve>end"))

    for _ in range(FEWER):
        key = engine.start_process_instance("once", by=SYSTEM).key
        task = open_task(engine)
        results = race(
            lambda task=task: engine.complete_user_task(task.key, by=anna),
            lambda key=key: engine.cancel_process_instance(key, by=SYSTEM),
        )
        state = engine.process_instance(key, by=SYSTEM).state
        completed, cancelled = (not isinstance(r, Exception) for r in results)
        assert (completed, cancelled) == (state == "COMPLETED", state == "TERMINATED")


def test_a_message_and_a_timer_race_for_one_gateway(engine, deploy, clock):
    catch_message = node("intermediateCatchEvent", "paid", message_event("m"))
    catch_timer = node("intermediateCatchEvent", "late", timer_event("Duration", "PT1H"))
    deploy(
        process(
            "order",
            start(),
            node("eventBasedGateway", "which"),
            catch_message,
            catch_timer,
            end("done"),
            end("gone"),
            roots=message("m", "paid"),
            flows="start>which>paid>done; which>late>gone",
        )
    )

    for trial in range(FEWER):
        name = f"T{trial}"
        key = engine.start_process_instance("order", variables={"orderId": name}, by=SYSTEM).key
        clock.advance(timedelta(hours=1))
        (timer,) = due_timers(engine.commands, 10)
        race(
            lambda name=name: engine.publish_message("paid", name, by=SYSTEM),
            lambda timer=timer: engine.commands.run(FireTimer(timer=timer), SYSTEM),
        )
        engine.run_until_idle()
        ends = {e.element_id for e in engine.element_instances(key, by=SYSTEM)} & {"done", "gone"}
        assert len(ends) == 1
        assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"


def test_two_branches_arrive_at_one_join(engine, deploy, people):
    anna, bert = people
    deploy(
        process(
            "fork",
            start(),
            node("parallelGateway", "split"),
            user_task("left", groups="buyers"),
            user_task("right", groups="buyers"),
            node("parallelGateway", "join"),
            end(),
            flows="start>split>left>join>end; split>right>join",
        )
    )

    for _ in range(FEWER):
        key = engine.start_process_instance("fork", by=SYSTEM).key
        left, right = engine.user_tasks(by=SYSTEM).items
        race(
            lambda left=left: engine.complete_user_task(left.key, by=anna),
            lambda right=right: engine.complete_user_task(right.key, by=bert),
        )
        assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"
        joins = [e for e in engine.element_instances(key, by=SYSTEM) if e.element_id == "join"]
        assert len(joins) == 1


def test_two_nodes_never_fire_the_same_timer(engine, deploy, clock):
    catch = node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H"))
    deploy(process("pause", start(), catch, user_task("after"), end(), flows="start>wait>after>end"))

    for _ in range(FEWER):
        engine.start_process_instance("pause", by=SYSTEM)
        clock.advance(timedelta(hours=1))
        (timer,) = due_timers(engine.commands, 10)
        fired = race(*[lambda timer=timer: engine.commands.run(FireTimer(timer=timer), SYSTEM)] * 2)
        assert sorted(fired) == [False, True]

    assert engine.user_tasks(by=SYSTEM).total == FEWER


def test_two_nodes_never_run_the_same_job(engine, deploy, counted):
    chain = [service_task(f"s{n}", "count") for n in range(26)]
    path = ">".join(f"s{n}" for n in range(26))
    deploy(process("jobs", start(), *chain, end(), flows=f"start>{path}>end"))
    nodes = [JobRunner(engine.commands, worker=name) for name in ("one", "two")]

    for _ in range(FEWER // 4):
        counted.clear()
        key = engine.start_process_instance("jobs", by=SYSTEM).key
        taken = race(*[lambda node=node: node.take(5) for node in nodes])
        for runner, jobs in zip(nodes, taken, strict=True):
            for job in jobs:
                runner.run(job)
        assert sorted(len(jobs) for jobs in taken) == [0, 1]
        assert len(counted) == 26
        assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"


def test_two_messages_for_one_key_start_one_instance(engine, deploy):
    deploy(
        process(
            "intake",
            start("begin", message_event("m")),
            user_task("look"),
            end(),
            roots=message("m", "application"),
            flows="begin>look>end",
        )
    )

    for trial in range(FEWER):
        name = f"T{trial}"
        race(*[lambda name=name: engine.publish_message("application", name, by=SYSTEM)] * 2)

    assert engine.process_instances(ProcessInstanceFilter(), by=SYSTEM).total == FEWER


def test_two_deployments_at_once_number_their_versions_one_after_the_other(engine):
    def version(number):
        task = user_task("look", groups=f"group{number}")
        return [process("twice", start(), task, end(), flows="start>look>end")]

    results = []
    for trial in range(5):
        one, two = version(2 * trial), version(2 * trial + 1)
        results += race(
            lambda one=one: engine.deploy(one, by=SYSTEM), lambda two=two: engine.deploy(two, by=SYSTEM)
        )

    assert sorted(result.processes[0].version for result in results) == list(range(1, 11))


def test_of_two_messages_with_one_id_one_is_kept(engine, loop):
    once = {"time_to_live": timedelta(hours=1), "message_id": "same", "by": SYSTEM}

    results = race(*[lambda: engine.publish_message("news", "A", **once)] * 2)

    assert [type(r) for r in results if isinstance(r, Exception)] == [AlreadyExists]


def test_two_operators_resolve_one_incident_once(engine, deploy):
    deploy(process("jobs", start(), service_task("do_it", "nobody-does"), end(), flows="start>do_it>end"))
    engine.start_process_instance("jobs", by=SYSTEM)
    (job,) = engine.activate_jobs("nobody-does", by=SYSTEM)
    engine.fail_job(job.key, retries=0, message="no", by=SYSTEM)
    (incident,) = engine.incidents(by=SYSTEM).items

    results = race(*[lambda: engine.resolve_incident(incident.key, by=SYSTEM)] * 2)

    assert [type(r) for r in results if isinstance(r, Exception)] == [IncidentAlreadyResolved]
    assert engine.workload().incidents == {}


def test_a_migration_meets_a_completion(engine, deploy):
    """Whichever comes first, the person's work counts once, and the instance is whole under one version."""
    deploy(process("two", start(), user_task("a"), end(), flows="start>a>end"))
    later = process("two", start(), user_task("a"), user_task("b"), end(), flows="start>a>b>end")
    target = deploy(later).processes[0]
    first = {MigrationPlan: 0, ProcessInstanceNotActive: 0}

    for _ in range(FEWER):
        instance = engine.start_process_instance("two", version=1, by=SYSTEM)
        (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=instance.key), by=SYSTEM).items
        done, migrated = race(
            lambda task=task: engine.complete_user_task(task.key, by=SYSTEM),
            lambda key=instance.key: engine.migrate_process_instance(key, target.key, by=SYSTEM),
        )
        seen = engine.process_instance(instance.key, by=SYSTEM)
        left = engine.user_tasks(UserTaskFilter(process_instance_key=instance.key), by=SYSTEM).items
        assert done.key == task.key
        first[type(migrated)] += 1
        if isinstance(migrated, MigrationPlan):
            assert (seen.state, seen.process_version) == ("ACTIVE", 2)
            assert [(t.element_id, t.process_version) for t in left] == [("b", 2)]
        else:
            assert (seen.state, seen.process_version, left) == ("COMPLETED", 1, ())

    assert sum(first.values()) == FEWER
    assert engine.verify_audit(by=SYSTEM) == []
