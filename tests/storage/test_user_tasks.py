"""The inbox shows what somebody may work on, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import InvalidInput, UserTaskNotFound
from engine.filters import UserTaskFilter
from engine.model import Absence, Group, User, UserTaskState
from tests.storage.sample import HOUR, NOW, add, start, user_task, write


@pytest.fixture
def instance(database):
    with database.write() as unit:
        for user_id in ("anna", "ben", "carl"):
            unit.identity.add_user(User(user_id=user_id, name=user_id), password_hash=None, created_at=NOW)
        for group_id in ("buyers", "lawyers"):
            unit.identity.add_group(Group(group_id=group_id, name=group_id))
        unit.identity.add_member("anna", "buyers")
        unit.identity.add_member("carl", "lawyers")
    return start(database)


def create(database, instance, **fields):
    """One open task; answers its key."""
    made = add(database, instance, user_tasks_created=[lambda unit, owner: user_task(unit, owner, **fields)])
    return made["user_tasks_created"][0].key


def inbox(database, user_id, at=NOW):
    with database.read() as view:
        page = view.user_tasks.search(UserTaskFilter(workable_by=user_id), now=at)
    assert page.total == len(page.items)
    return {task.key for task in page.items}


def test_a_task_for_a_group_is_in_the_inbox_of_its_members(database, instance):
    key = create(database, instance, candidate_groups=("buyers",))

    assert inbox(database, "anna") == {key}
    assert inbox(database, "ben") == set()


def test_a_task_for_a_user_is_in_the_inbox_of_that_user(database, instance):
    key = create(database, instance, candidate_users=("ben",))

    assert inbox(database, "ben") == {key}
    assert inbox(database, "anna") == set()


def test_a_task_for_nobody_in_particular_is_in_every_inbox(database, instance):
    key = create(database, instance)

    assert inbox(database, "anna") == inbox(database, "ben") == {key}


def test_an_assigned_task_is_in_the_inbox_of_the_assignee_alone(database, instance):
    key = create(database, instance, candidate_groups=("buyers",), assignee="ben")

    assert inbox(database, "ben") == {key}
    assert inbox(database, "anna") == set()


def test_an_excluded_user_does_not_see_the_task(database, instance):
    create(database, instance, candidate_groups=("buyers",), excluded_users=("anna",))

    assert inbox(database, "anna") == set()


def test_a_substitute_sees_the_tasks_of_the_absent_while_they_are_away(database, instance):
    keys = {
        create(database, instance, assignee="anna"),
        create(database, instance, candidate_groups=("buyers",)),
        create(database, instance, candidate_users=("anna",)),
    }
    with database.write() as unit:
        away = Absence(user_id="anna", substitute_id="ben", start=NOW, end=NOW + HOUR)
        unit.identity.add_absence(away)

    assert inbox(database, "ben") == keys
    assert inbox(database, "ben", at=NOW - timedelta(seconds=1)) == set()
    assert inbox(database, "ben", at=NOW + HOUR) == set()


def test_a_substitute_who_is_excluded_does_not_see_the_task(database, instance):
    create(database, instance, assignee="anna", excluded_users=("ben",))
    with database.write() as unit:
        away = Absence(user_id="anna", substitute_id="ben", start=NOW, end=NOW + HOUR)
        unit.identity.add_absence(away)

    assert inbox(database, "ben") == set()


@pytest.mark.parametrize("how", ["user_tasks_completed", "user_tasks_cancelled"])
def test_an_ended_task_leaves_the_inbox(database, instance, how):
    key = create(database, instance, candidate_groups=("buyers",))

    with database.write() as unit:
        write(unit, **{how: [key]})

    assert inbox(database, "anna") == set()


def test_claim_and_unclaim_move_a_task_between_inboxes(database, instance):
    key = create(database, instance)

    with database.write() as unit:
        unit.user_tasks.assign(key, "anna")
    assert inbox(database, "ben") == set()

    with database.write() as unit:
        unit.user_tasks.assign(key, None)
    assert inbox(database, "ben") == {key}
    with database.read() as view:
        assert view.user_tasks.get(key).version == 3


def test_a_task_that_is_not_there_is_named(database):
    with database.write() as unit, pytest.raises(UserTaskNotFound, match="42"):
        unit.user_tasks.assign(42, "anna")


def test_new_candidates_take_the_place_of_the_old_ones(database, instance):
    key = create(database, instance, candidate_groups=("buyers",), excluded_users=("carl",))

    with database.write() as unit:
        unit.user_tasks.update(
            key,
            due_at=NOW,
            follow_up_at=None,
            priority=90,
            candidate_groups=["lawyers"],
            candidate_users=["ben"],
        )

    assert inbox(database, "anna") == inbox(database, "carl") == set()
    assert inbox(database, "ben") == {key}
    with database.read() as view:
        task = view.user_tasks.get(key)
        assert (task.due_at, task.priority, task.candidate_users) == (NOW, 90, ("ben",))


def test_pages_follow_each_other_without_gap_or_repeat(database, instance):
    for n in range(7):
        create(database, instance, priority=n % 3, due_at=NOW + HOUR if n % 2 else None)
    order = [("priority", "desc"), ("due_at", "asc")]
    with database.read() as view:
        everything = view.user_tasks.search(UserTaskFilter(), order=order)
        found, cursor = [], None
        while True:
            page = view.user_tasks.search(UserTaskFilter(), order=order, limit=2, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break

    assert tuple(found) == everything.items
    assert len(found) == page.total == 7
    assert [one.priority for one in found] == sorted((one.priority for one in found), reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "bm9uc2Vuc2U"])
def test_a_cursor_of_another_list_is_refused(database, instance, cursor):
    with database.read() as view, pytest.raises(InvalidInput, match="cursor"):
        view.user_tasks.search(UserTaskFilter(), order=[("priority", "asc")], cursor=cursor)


def test_an_unknown_order_names_the_known_ones(database):
    with database.read() as view, pytest.raises(InvalidInput, match="known fields: assignee"):
        view.user_tasks.search(UserTaskFilter(), order=[("colour", "asc")])


@pytest.mark.parametrize(
    ("narrowing", "expected"),
    [
        ({"assignee": "anna"}, {"mine"}),
        ({"assigned": False}, {"free", "late"}),
        ({"candidate_group": "buyers"}, {"free"}),
        ({"element_id": "late"}, {"late"}),
        ({"due_before": NOW + HOUR}, {"late"}),
        ({"text": "LATE"}, {"late"}),
        ({"text": "批准"}, {"mine", "free", "late"}),
        ({"text": "100%"}, set()),
        ({"state": UserTaskState.COMPLETED}, {"done"}),
        ({"state": None}, {"mine", "free", "late", "done"}),
        ({"state": None, "completed_by": "anna"}, {"done"}),
        ({"keys": ()}, set()),
    ],
)
def test_filters_narrow(database, instance, narrowing, expected):
    create(database, instance, element_id="mine", assignee="anna")
    create(database, instance, element_id="free", candidate_groups=("buyers",))
    create(database, instance, element_id="late", name="Late thing", due_at=NOW)
    done = create(database, instance, element_id="done")
    with database.write() as unit:
        write(unit, user_tasks_completed=[done])

    with database.read() as view:
        found = view.user_tasks.search(replace(UserTaskFilter(), **narrowing))

    assert {task.element_id for task in found.items} == expected
