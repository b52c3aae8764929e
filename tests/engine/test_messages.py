"""Messages and signals: who gets them, once, and what happens before anybody waits."""

import threading
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    AlreadyExists,
    HandlerRegistry,
    JobContext,
    MessageNotCorrelated,
    PermissionDenied,
    handler,
)

from .diagrams import (
    boundary,
    end,
    message,
    message_event,
    node,
    process,
    receive,
    service_task,
    signal,
    signal_event,
    start,
    user_task,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def handlers():
    @handler("announce")
    def announce(job: JobContext, order_id: str) -> None:
        job.publish_message("paid", order_id, {"amount": 7})

    return HandlerRegistry([announce])


WAITING = process(
    "order",
    start(),
    user_task("prepare"),
    receive("pay", "m"),
    end(),
    roots=message("m", "paid"),
    flows="start>prepare>pay>end",
)
STARTED_BY_MESSAGE = process(
    "intake",
    start("begin", message_event("m")),
    user_task("look"),
    end(),
    roots=message("m", "application"),
    flows="begin>look>end",
)


def start_order(engine, order_id="A"):
    return engine.start_process_instance("order", variables={"orderId": order_id}, by=SYSTEM).key


def prepare(engine, key):
    (task,) = [t for t in engine.user_tasks(by=SYSTEM).items if t.process_instance_key == key]
    engine.complete_user_task(task.key, by=SYSTEM)


def state(engine, key):
    return engine.process_instance(key, by=SYSTEM).state


def values(engine, key):
    return {v.name: v.value for v in engine.variables(key, by=SYSTEM)}


def test_a_message_reaches_whoever_waits_with_its_key(engine, deploy):
    deploy(WAITING)
    first, second = start_order(engine, "A"), start_order(engine, "B")
    prepare(engine, first)
    prepare(engine, second)

    engine.publish_message("paid", "B", variables={"amount": 3}, by=SYSTEM)

    assert (state(engine, first), state(engine, second)) == ("ACTIVE", "COMPLETED")
    assert values(engine, second)["amount"] == 3
    assert [line.action for line in engine.timeline(second, by=SYSTEM)][-1] == "receive-message"


def test_a_message_that_comes_before_anybody_waits_is_not_lost(engine, deploy):
    deploy(WAITING)
    key = start_order(engine)

    engine.publish_message("paid", "A", variables={"amount": 3}, time_to_live=HOUR, by=SYSTEM)
    prepare(engine, key)

    assert state(engine, key) == "COMPLETED"
    assert values(engine, key)["amount"] == 3
    assert engine.timeline(key, by=SYSTEM)[-1].action == "receive-message"


def test_a_message_is_forgotten_when_its_time_is_over(engine, deploy, clock):
    deploy(WAITING)
    key = start_order(engine)

    engine.publish_message("paid", "A", time_to_live=HOUR, by=SYSTEM)
    clock.advance(HOUR)
    prepare(engine, key)

    assert state(engine, key) == "ACTIVE"


def test_a_message_without_time_to_live_is_not_kept(engine, deploy):
    deploy(WAITING)
    key = start_order(engine)

    engine.publish_message("paid", "A", by=SYSTEM)
    prepare(engine, key)

    assert state(engine, key) == "ACTIVE"


def test_one_message_is_taken_by_one_instance_of_a_process(engine, deploy):
    deploy(WAITING)
    first, second = start_order(engine), start_order(engine)

    engine.publish_message("paid", "A", time_to_live=HOUR, by=SYSTEM)
    prepare(engine, first)
    prepare(engine, second)

    assert (state(engine, first), state(engine, second)) == ("COMPLETED", "ACTIVE")


def test_a_second_message_with_the_same_id_is_refused(engine, deploy):
    deploy(WAITING)
    once = {"time_to_live": HOUR, "message_id": "m-1", "by": SYSTEM}

    engine.publish_message("paid", "A", **once)

    with pytest.raises(AlreadyExists, match="m-1"):
        engine.publish_message("paid", "A", **once)
    engine.publish_message("paid", "B", **once)


def test_correlating_tells_when_nobody_waits(engine, deploy):
    deploy(WAITING)
    key = start_order(engine)

    with pytest.raises(MessageNotCorrelated):
        engine.correlate_message("paid", "A", by=SYSTEM)
    prepare(engine, key)

    assert engine.correlate_message("paid", "A", by=SYSTEM) == key


def test_a_message_starts_one_running_instance_per_key(engine, deploy):
    deploy(STARTED_BY_MESSAGE)

    for _ in range(2):
        engine.publish_message("application", "A", time_to_live=HOUR, by=SYSTEM)
    engine.publish_message("application", "B", by=SYSTEM)
    first, other = engine.user_tasks(by=SYSTEM, order="created_at").items
    engine.complete_user_task(first.key, by=SYSTEM)

    instances = engine.process_instances(by=SYSTEM, order="key").items
    assert [i.state for i in instances] == ["COMPLETED", "ACTIVE", "ACTIVE"]
    assert engine.timeline(instances[1].key, by=SYSTEM)[0].details["message"] == "application"
    assert engine.user_tasks(by=SYSTEM).total == 2
    assert other.process_instance_key == instances[1].key


def test_only_the_latest_version_is_started_by_a_message(engine, deploy):
    deploy(STARTED_BY_MESSAGE)
    changed = STARTED_BY_MESSAGE.content.replace(b'name="look"', b'name="look closely"')
    deploy(type(STARTED_BY_MESSAGE)(name="intake.bpmn", content=changed))

    engine.publish_message("application", "A", by=SYSTEM)

    (instance,) = engine.process_instances(by=SYSTEM).items
    assert instance.process_version == 2


def test_a_boundary_message_that_does_not_interrupt_comes_again_and_again(engine, deploy):
    deploy(
        process(
            "order",
            start(),
            user_task("wait"),
            boundary("reminder", "wait", message_event("m"), interrupting=False),
            user_task("note"),
            end(),
            roots=message("m", "reminded"),
            flows="start>wait>end; reminder>note",
        )
    )
    start_order(engine)

    for _ in range(3):
        engine.publish_message("reminded", "A", by=SYSTEM)

    assert engine.user_tasks(by=SYSTEM).total == 4


def test_a_handler_publishes_in_the_same_transaction(engine, deploy):
    deploy(WAITING)
    deploy(
        process(
            "announcer",
            start(),
            service_task("say", "announce"),
            end(),
            flows="start>say>end",
        )
    )
    key = start_order(engine)
    prepare(engine, key)

    engine.start_process_instance("announcer", variables={"orderId": "A"}, by=SYSTEM)

    assert state(engine, key) == "COMPLETED"
    assert values(engine, key)["amount"] == 7


def test_a_write_outside_a_step_may_publish_and_leaves_a_line(engine, deploy, admin):
    deploy(WAITING)
    key = start_order(engine)
    prepare(engine, key)

    with engine.transaction(by=admin, action="hand-in-bid") as transaction:
        transaction.audit("bid", 12, supplier="A")
        transaction.publish_message("paid", "A", {"amount": 1})

    assert state(engine, key) == "COMPLETED"
    actions = [(line.action, line.actor) for line in engine.audit(by=admin, limit=2).items]
    assert actions == [("receive-message", "admin"), ("hand-in-bid", "admin")]


def test_an_exception_undoes_a_write_outside_a_step(engine, deploy, admin):
    deploy(WAITING)
    key = start_order(engine)
    prepare(engine, key)

    def hand_in():
        with engine.transaction(by=admin, action="try") as transaction:
            transaction.publish_message("paid", "A")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hand_in()

    assert state(engine, key) == "ACTIVE"


def test_publishing_needs_the_permission(engine, account):
    with pytest.raises(PermissionDenied, match="publish_message"):
        engine.publish_message("paid", "A", by=account("carl"))


def test_a_signal_reaches_everybody_and_starts_what_it_starts(engine, deploy):
    roots = signal("s", "alarm")
    deploy(
        process(
            "order",
            start(),
            node("intermediateCatchEvent", "heard", signal_event("s")),
            end(),
            roots=roots,
            flows="start>heard>end",
        ),
        process("fire", start("begin", signal_event("s")), user_task("run"), roots=roots, flows="begin>run"),
    )
    waiting = [start_order(engine, str(n)) for n in range(3)]

    engine.broadcast_signal("alarm", variables={"where": "cellar"}, by=SYSTEM)

    assert {state(engine, key) for key in waiting} == {"COMPLETED"}
    assert [t.element_id for t in engine.user_tasks(by=SYSTEM).items] == ["run"]


def test_a_signal_thrown_by_a_process_reaches_the_others_at_once(engine, deploy):
    roots = signal("s", "alarm")
    deploy(
        process(
            "order",
            start(),
            node("intermediateCatchEvent", "heard", signal_event("s")),
            end(),
            roots=roots,
            flows="start>heard>end",
        ),
        process("thrower", start(), end("shout", signal_event("s")), roots=roots, flows="start>shout"),
    )
    key = start_order(engine)

    engine.start_process_instance("thrower", by=SYSTEM)

    assert state(engine, key) == "COMPLETED"


def test_a_message_and_its_subscriber_at_the_same_moment_always_meet(engine, deploy):
    """The publisher and the step that subscribes run in two threads; the message is never lost."""
    deploy(WAITING)
    lost = []

    for trial in range(20):
        name = f"T{trial}"
        key = start_order(engine, name)
        go = threading.Barrier(2)

        def publish(name=name, go=go):
            go.wait()
            engine.publish_message("paid", name, time_to_live=HOUR, by=SYSTEM)

        thread = threading.Thread(target=publish)
        thread.start()
        go.wait()
        prepare(engine, key)
        thread.join()
        if state(engine, key) != "COMPLETED":
            lost.append(name)

    assert lost == []
