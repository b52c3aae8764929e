"""A line that is changed, removed or put in is found and named."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update

from engine.filters import AuditFilter
from engine.model import Actor, Channel
from engine.runtime.changes import Changes
from engine.storage.audit import OUTSIDE, chained_hash
from engine.storage.schema import audit_chain, audit_entry, process_instance
from tests.storage.sample import NOW, start

ANNA = Actor(user_id="anna", channel=Channel.WEB)


def append(database, instance_key, *actions, at=NOW, details=None):
    with database.write() as unit:
        for action in actions:
            unit.audit.append(
                at=at,
                actor=ANNA,
                action=action,
                subject_kind="user task",
                subject_key=5,
                process_instance_key=instance_key,
                details=details,
            )


def breaks(database):
    with database.read() as view:
        return [(one.chain, one.position, one.reason) for one in view.audit.verify()]


def lines(database, chain):
    with database.read() as view:
        return view.audit.of_instance(chain)


def tamper(database, statement):
    with database.connect() as connection:
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def trail(database):
    """Two instances and the chain outside, each with three lines over two transactions."""
    keys = [start(database).key, start(database).key]
    for key in (*keys, None):
        append(database, key, "claim", "save", details={"amount": Decimal("10.50"), "文": None})
        append(database, key, "complete")
    return keys


def test_untouched_chains_hold(database, trail):
    assert breaks(database) == []
    with database.read() as view:
        assert [(one.chain, one.length) for one in view.audit.heads()] == [
            (OUTSIDE, 3),
            (trail[0], 3),
            (trail[1], 3),
        ]


def test_lines_come_back_in_order_and_exact(database, trail):
    first, second, third = lines(database, trail[0])

    assert [first.action, second.action, third.action] == ["claim", "save", "complete"]
    assert (first.actor, first.channel, first.at) == ("anna", "web", NOW)
    assert first.details == {"amount": Decimal("10.50"), "文": None}
    assert first.process_instance_key == trail[0]
    assert second.previous_hash == first.hash
    assert lines(database, OUTSIDE)[0].process_instance_key is None


def test_the_time_zone_of_the_writer_does_not_matter(database):
    key = start(database).key

    append(database, key, "claim", at=datetime(2026, 3, 2, 16, 0, tzinfo=timezone(timedelta(hours=8))))

    assert breaks(database) == []
    assert lines(database, key)[0].at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "ben"},
        {"action": "reject"},
        {"details": {"amount": 11}},
        {"at": NOW + timedelta(microseconds=1)},
        {"subject_key": "6"},
    ],
)
def test_a_changed_line_is_named(database, trail, change):
    second = lines(database, trail[0])[1]

    tamper(database, update(audit_entry).where(audit_entry.c.key == second.key).values(**change))

    [(chain, position, reason)] = breaks(database)
    assert (chain, position) == (trail[0], 2)
    assert "was changed" in reason


def test_a_line_changed_with_its_hash_breaks_the_next_one(database, trail):
    second = lines(database, trail[1])[1]

    tamper(database, update(audit_entry).where(audit_entry.c.key == second.key).values(hash="0" * 64))

    assert [position for _, position, _ in breaks(database)] == [2, 3]


def test_a_removed_line_is_noticed(database, trail):
    second = lines(database, trail[0])[1]

    tamper(database, delete(audit_entry).where(audit_entry.c.key == second.key))

    assert breaks(database) == [(trail[0], 3, "lines 2 to 2 are missing before it")]


def test_a_removed_first_line_is_noticed(database, trail):
    tamper(database, delete(audit_entry).where(audit_entry.c.key == lines(database, trail[0])[0].key))

    assert breaks(database) == [(trail[0], 2, "lines 1 to 1 are missing before it")]


def test_the_chain_outside_instances_is_looked_at_as_well(database, trail):
    first, second, _ = lines(database, OUTSIDE)

    tamper(database, delete(audit_entry).where(audit_entry.c.key == first.key))
    tamper(database, update(audit_entry).where(audit_entry.c.key == second.key).values(actor="ben"))

    assert breaks(database) == [
        (OUTSIDE, 2, "lines 1 to 1 are missing before it"),
        (OUTSIDE, 2, "it was changed: its content does not have its hash"),
    ]
    tamper(database, delete(audit_entry).where(audit_entry.c.chain == OUTSIDE))
    assert breaks(database) == [(OUTSIDE, 0, "lines 1 to 3 are missing at the end")]


def test_a_line_that_was_put_between_two_others_is_noticed(database, trail):
    column = audit_entry.c.position
    with database.connect() as connection:
        second = connection.execute(
            select(audit_entry).where(audit_entry.c.chain == trail[0], column == 2)
        ).one()
        for position in (3, 2):
            later = update(audit_entry).where(audit_entry.c.chain == trail[0], column == position)
            connection.execute(later.values(position=position + 1))
        put_in = dict(second._mapping) | {"key": 1, "actor": "ben"}
        connection.execute(audit_entry.insert().values(**put_in | {"hash": chained_hash(put_in)}))
        connection.commit()

    assert breaks(database) == [
        (trail[0], 3, "it does not follow from the line before it"),
        (trail[0], 3, "it was changed: its content does not have its hash"),
        (trail[0], 4, "it was changed: its content does not have its hash"),
        (trail[0], 4, "lines 4 to 4 were put in at the end"),
    ]


def test_all_chains_are_compared_with_their_owners_whichever_are_gone(database, trail):
    more = [start(database).key for _ in range(3)]
    for key in more:
        append(database, key, "claim")

    tamper(database, delete(audit_entry).where(audit_entry.c.chain.in_([OUTSIDE, trail[1], more[2]])))

    assert [(chain, position) for chain, position, _ in breaks(database)] == [
        (OUTSIDE, 0),
        (trail[1], 0),
        (more[2], 0),
    ]


def test_a_removed_last_line_is_noticed(database, trail):
    last = lines(database, trail[0])[2]

    tamper(database, delete(audit_entry).where(audit_entry.c.key == last.key))

    assert breaks(database) == [(trail[0], 2, "lines 3 to 3 are missing at the end")]


def test_a_chain_without_any_line_left_is_noticed(database, trail):
    tamper(database, delete(audit_entry).where(audit_entry.c.chain == trail[0]))

    assert breaks(database) == [(trail[0], 0, "lines 1 to 3 are missing at the end")]


def test_a_line_that_was_put_in_is_noticed(database, trail):
    with database.connect() as connection:
        last = dict(
            connection.execute(
                select(audit_entry).where(audit_entry.c.chain == trail[0], audit_entry.c.position == 3)
            )
            .one()
            ._mapping
        )
        connection.execute(audit_entry.insert().values(**last | {"key": 1, "position": 4}))
        connection.commit()

    reasons = [reason for _, _, reason in breaks(database)]
    assert "it does not follow from the line before it" in reasons
    assert "lines 4 to 4 were put in at the end" in reasons


def test_lines_of_an_instance_that_does_not_exist_are_noticed(database, trail):
    tamper(database, update(audit_entry).where(audit_entry.c.chain == trail[0]).values(chain=7))

    assert (7, 3, "lines were put in: the chain has no owner, or its owner knows of no line") in breaks(
        database
    )
    assert (trail[0], 0, "lines 1 to 3 are missing at the end") in breaks(database)


@pytest.mark.parametrize("table", [audit_chain, process_instance])
def test_a_changed_head_is_noticed(database, trail, table):
    head = {"head": "0" * 64} if table is audit_chain else {"audit_head": "0" * 64}
    chain = OUTSIDE if table is audit_chain else trail[0]
    key = table.c.chain if table is audit_chain else table.c.key

    tamper(database, update(table).where(key == chain).values(**head))

    assert breaks(database) == [(chain, 3, "the last line is not the one the head was taken from")]


def test_filters_narrow(database, trail):
    append(database, None, "deploy", at=NOW + timedelta(hours=1))
    with database.read() as view:

        def found(**narrowing):
            return view.audit.search(AuditFilter(**narrowing)).total

        assert found() == 10
        assert found(process_instance_key=trail[0]) == 3
        assert found(action="deploy") == 1
        assert found(actor="ben") == 0
        assert found(subject_kind="user task", subject_key="5") == 10
        assert found(after=NOW + timedelta(hours=1)) == 1
        assert found(before=NOW + timedelta(hours=1)) == 9


def test_lines_said_before_a_step_is_written_go_with_the_row_of_the_instance(database):
    instance = start(database)
    with database.write() as unit:
        unit.instances.lock(instance.key)
        live = unit.instances.live(instance.key)
        live.position += 1
        unit.audit.append(
            at=NOW,
            actor=ANNA,
            action="complete",
            subject_kind="user task",
            subject_key=5,
            process_instance_key=instance.key,
        )
        unit.write_changes(Changes(instances_changed=[live]), at=NOW, by="anna")
        head = unit.session.execute(
            select(process_instance.c.audit_length).where(process_instance.c.key == instance.key)
        ).scalar_one()
        unit.audit.append(
            at=NOW,
            actor=ANNA,
            action="say",
            subject_kind="element",
            subject_key=6,
            process_instance_key=instance.key,
        )

    assert head == 1
    assert [line.action for line in lines(database, instance.key)] == ["complete", "say"]
    assert breaks(database) == []


def test_a_line_written_inside_a_savepoint_leaves_no_trace_when_it_is_undone(database):
    instance = start(database)
    line = {
        "at": NOW,
        "actor": ANNA,
        "subject_kind": "element",
        "subject_key": 6,
        "process_instance_key": instance.key,
    }
    with database.write() as unit:
        unit.instances.lock(instance.key)
        unit.audit.append(action="kept", **line)
        with suppress(ZeroDivisionError), unit.savepoint():
            unit.audit.append(action="undone", **line)
            unit.audit.settle({instance.key})
            raise ZeroDivisionError

    assert [one.action for one in lines(database, instance.key)] == ["kept"]
    assert breaks(database) == []
