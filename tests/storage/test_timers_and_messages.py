"""Timers fire once; a message is taken once, whichever comes first, it or its subscription."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.model import MessageSubscription, Timer
from engine.storage import ConstraintBroken, Database, Message, SignalSubscription, TransactionConflict
from tests.storage.sample import HOUR, NOW, add, define, start, timer


def opened(database, instance, due_at):
    made = add(database, instance, timers_opened=[lambda unit, owner: timer(unit, owner, due_at=due_at)])
    return made["timers_opened"][0].key


def test_due_timers_come_longest_overdue_first(database):
    instance = start(database)
    opened(database, instance, NOW + HOUR)
    second, first = opened(database, instance, NOW), opened(database, instance, NOW - HOUR)

    with database.read() as view:
        assert [one.key for one in view.timers.due(NOW, limit=10)] == [first, second]
        assert [one.key for one in view.timers.due(NOW, limit=1)] == [first]
        assert view.timers.next_due() == NOW - HOUR


def test_a_fired_timer_is_gone(database):
    key = opened(database, start(database), NOW)
    with database.write() as unit:
        assert unit.timers.lock(key).root_process_instance_key is not None
        unit.timers.close([key])

    with database.write() as unit:
        assert unit.timers.lock(key) is None
        assert unit.timers.next_due() is None


@pytest.mark.postgres
def test_a_timer_that_another_node_is_firing_is_passed_by(filled_postgres_url):
    one, other = Database(filled_postgres_url), Database(filled_postgres_url)
    key = opened(one, start(one), NOW)

    with one.write() as unit, other.write() as second:
        assert unit.timers.lock(key) is not None
        assert second.timers.lock(key) is None

    one.close()
    other.close()


def test_start_events_of_a_process_open_and_close_together(database):
    with database.write() as unit:
        definition = define(unit)
        common = {"element_id": "begin", "definition_key": definition.key, "process_id": "order"}
        unit.timers.open_start(
            Timer(
                key=unit.keys.next(),
                due_at=NOW,
                repetitions=-1,
                element_id="begin",
                element_instance_key=None,
                process_instance_key=None,
                definition_key=definition.key,
            )
        )
        nobody = {"element_instance_key": None, "process_instance_key": None, "created_at": NOW}
        unit.subscriptions.open_message(
            MessageSubscription(
                key=unit.keys.next(),
                message_name="ordered",
                correlation_key="",
                interrupting=True,
                **common,
                **nobody,
            )
        )
        unit.subscriptions.open_signal(
            SignalSubscription(
                key=unit.keys.next(),
                signal_name="go",
                interrupting=True,
                root_process_instance_key=None,
                **common,
                **nobody,
            )
        )
    with database.write() as unit:
        assert len(unit.timers.starts_of(definition.key)) == 1
        assert [one.element_id for one in unit.subscriptions.message_starts("ordered")] == ["begin"]
        assert [one.message_name for one in unit.subscriptions.message_starts_of("order")] == ["ordered"]
        assert unit.subscriptions.messages("ordered", "") == []
        assert len(unit.subscriptions.signals("go")) == 1

        unit.timers.close_starts("order")
        unit.subscriptions.close_starts("order")

        assert unit.timers.starts_of(definition.key) == ()
        assert unit.subscriptions.message_starts("ordered") == []
        assert unit.subscriptions.signals("go") == []


def message(unit, **fields):
    given = {
        "name": "paid",
        "correlation_key": "o-1",
        "message_id": "",
        "variables": {"n": 1},
        "published_at": NOW,
        "expires_at": NOW + HOUR,
    }
    return Message(key=unit.keys.next(), **given | fields)


def kept(unit, now=NOW, process_id="order"):
    return [one.key for one in unit.messages.kept("paid", "o-1", now=now, process_id=process_id)]


def test_a_message_is_kept_for_its_time_to_live(database):
    with database.write() as unit:
        one = message(unit)
        assert unit.messages.publish(one)

        assert unit.messages.get(one.key) == one
        assert kept(unit) == [one.key]
        assert kept(unit, now=NOW + HOUR) == []
        assert unit.messages.expire(NOW + HOUR - timedelta(microseconds=1)) == 0
        assert unit.messages.expire(NOW + HOUR) == 1
        assert unit.messages.get(one.key) is None


def test_the_oldest_message_comes_first(database):
    with database.write() as unit:
        later, sooner = message(unit, published_at=NOW + HOUR / 2), message(unit)
        unit.messages.publish(later)
        unit.messages.publish(sooner)

        assert kept(unit) == [sooner.key, later.key]


def test_a_message_reaches_each_process_once(database):
    with database.write() as unit:
        one = message(unit)
        unit.messages.publish(one)
        unit.messages.correlate(one.key, process_id="order", process_instance_key=5)

        assert kept(unit) == []
        assert kept(unit, process_id="invoice") == [one.key]
        unit.messages.remove(one.key)
        assert kept(unit, process_id="invoice") == []


def test_a_message_with_a_known_id_is_not_taken_again(database):
    with database.write() as unit:
        assert unit.messages.publish(message(unit, message_id="m-1"))
        assert not unit.messages.publish(message(unit, message_id="m-1"))
        assert unit.messages.publish(message(unit, message_id="m-1", correlation_key="o-2"))
        assert unit.messages.publish(message(unit))
        assert unit.messages.publish(message(unit))


def test_a_correlation_key_has_one_running_instance_of_a_message_start(database):
    one, other = start(database), start(database)
    with database.write() as unit:
        unit.messages.hold_start("order", "o-1", one.key)
        assert unit.messages.start_lock("order", "o-1") == one.key
        assert unit.messages.start_lock("order", "o-2") is None
    with pytest.raises(ConstraintBroken), database.write() as unit:
        unit.messages.hold_start("order", "o-1", other.key)
    with database.write() as unit:
        assert unit.messages.release_start(one.key) == ("order", "o-1")
        assert unit.messages.release_start(one.key) is None
        unit.messages.hold_start("order", "o-1", other.key)


@pytest.mark.postgres
def test_publisher_and_subscriber_of_one_message_wait_for_each_other(filled_postgres_url):
    one, other = Database(filled_postgres_url), Database(filled_postgres_url)
    with one.write() as unit:
        unit.messages.lock("paid", "o-1")

        with pytest.raises(TransactionConflict):
            lock_impatiently(other)

    one.close()
    other.close()


def lock_impatiently(database):
    """Take the lock of a free message and then of one that is taken, waiting a moment only."""
    with database.write() as unit:
        unit.messages.lock("paid", "o-2")
        unit.session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        unit.messages.lock("paid", "o-1")
