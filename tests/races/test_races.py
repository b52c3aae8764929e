"""A few trials of every kind of race; `make races` runs thousands. And what the races are made of."""

import random

import pytest
from sqlalchemy import delete, text, update

from engine import SYSTEM, TransactionConflict, UserTaskAlreadyCompleted
from engine.storage.schema import process_instance, timer, token, user_task

from . import kinds
from .checks import check
from .kind import KINDS, Fault, Kind, Result, one_winner, refused
from .room import Room
from .runner import ENOUGH, run
from .sides import BEGIN, Processes, Threads

assert kinds

TRIALS = 2
LOST = UserTaskAlreadyCompleted(1, "anna", BEGIN)


def test_every_kind_of_race_has_the_winner_that_an_order_of_the_two_would_give(database_url):
    dice = random.Random(20260302)
    room = Room(database_url, dice)
    threads, processes = Threads(database_url, 4), Processes(database_url, 2)
    try:
        faults = []
        for name, kind in sorted(KINDS.items()):
            if not kind.in_gate:
                continue
            sides = processes if kind.in_processes else threads
            faults += run(name, room, sides, max(round(TRIALS * kind.share), 1), dice, checked=False).faults
        faults += check(room.database, room.book)
    finally:
        processes.close()
        threads.close()
        room.close()

    assert faults == []


# --- what it would notice --------------------------------------------------------------------------


def won(side):
    return Result(side=side, value=1)


def lost(side, error=LOST):
    return Result.of_error(side, error, 0, 0)


def test_two_winners_are_a_fault_and_so_is_none():
    with pytest.raises(Fault, match="2 winners"):
        one_winner({"anna": won("anna"), "bert": won("bert")}, "UserTaskAlreadyCompleted")
    with pytest.raises(Fault, match="0 winners"):
        one_winner({"anna": lost("anna"), "bert": lost("bert")}, "UserTaskAlreadyCompleted")


def test_a_loser_must_be_told_the_right_thing():
    results = {"anna": won("anna"), "bert": lost("bert")}

    assert one_winner(results, "UserTaskAlreadyCompleted", by="anna").side == "anna"
    with pytest.raises(Fault, match="not UserTaskCancelled"):
        one_winner(results, "UserTaskCancelled")
    with pytest.raises(Fault, match="by='anna'"):
        refused(results["bert"], "UserTaskAlreadyCompleted", by="carl")


@pytest.mark.parametrize(
    ("error", "clear"),
    [
        (LOST, True),
        (TransactionConflict("two changes were in each other's way"), False),
        (RuntimeError("a bug"), False),
        (UserTaskAlreadyCompleted(1, "(sqlite3.OperationalError) database is locked", BEGIN), False),
    ],
)
def test_what_a_user_should_not_be_told_is_noticed(error, clear):
    assert lost("anna", error).clear == clear


class Alone:
    """Sides of which the first always comes first."""

    def race(self, kind, thing, now, delays):
        first, *others = delays
        results = [won(first), *[lost(side) for side in others]]
        return {result.side: result for result in results}

    def retries(self):
        return 0


class OneSided(Kind, shared=True):
    def arrange(self, room):
        return None

    def act(self, side, engine, thing):
        return None

    def judge(self, room, thing, results):
        return one_winner(results, "UserTaskAlreadyCompleted").side


def test_a_race_that_one_side_never_wins_is_no_race(sqlite_url, monkeypatch):
    monkeypatch.setitem(KINDS, "one-sided", OneSided)
    room = Room(sqlite_url, random.Random(1))

    few = run("one-sided", room, Alone(), ENOUGH - 1, room.dice)
    many = run("one-sided", room, Alone(), ENOUGH, room.dice)

    room.close()
    assert few.faults == []
    assert many.faults == [f"one-sided: bert came first in none of {ENOUGH} trials"]


@pytest.fixture
def room(sqlite_url):
    room = Room(sqlite_url, random.Random(1))
    room.enter("test", KINDS["complete-meets-deadline"].files)
    yield room
    room.close()


def spoil(room, *statements):
    with room.database.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_work_that_is_left_of_what_has_ended_is_found(room):
    instance = room.start("deadline")
    assert check(room.database, room.book) == []

    spoil(room, update(process_instance).values(state="COMPLETED", ended_at=BEGIN))

    found = check(room.database, room.book)
    for noun in ("token", "timer", "user task"):
        assert any(fault.startswith(f"{noun} ") and str(instance) in fault for fault in found)


def test_work_that_nobody_waits_for_is_found(room):
    room.start("deadline")

    spoil(room, delete(token).where(token.c.element_id == "approve"))

    found = " ".join(check(room.database, room.book))
    assert "timer" in found
    assert "is left of element instance" in found


def test_a_completion_without_a_line_and_a_key_of_two_things_are_found(room):
    instance = room.start("deadline")
    spoil(
        room,
        update(user_task).values(state="COMPLETED", ended_at=BEGIN),
        text("PRAGMA foreign_keys=OFF"),
        update(timer).where(timer.c.element_id == "late").values(key=instance),
    )

    found = " ".join(check(room.database, room.book))

    assert "completed 0 times" in found
    assert f"key {instance} is of a" in found


def test_the_book_is_compared_with_history_and_trail(room):
    instance = room.start("deadline")
    room.expect(instance, lines={"complete-user-task": 1}, passed={"end": 1})

    first = check(room.database, room.book)
    room.engine.complete_user_task(room.task(instance).key, by=SYSTEM)

    assert first == [
        f"test: {instance} passed end 0 times, not 1",
        f"test: {instance} has 0 lines complete-user-task, not 1",
    ]
    assert check(room.database, room.book) == []
