"""Who may do what, with the reason when they may not."""

from datetime import timedelta

import pytest

from engine.errors import FourEyesViolation, PermissionDenied, UserNotFound, UserTaskAlreadyClaimed
from engine.identity import ADMINISTER, ALL_PERMISSIONS, OPERATE, START, Accounts, Rights
from engine.model import SYSTEM, Actor
from tests.identity.people import NOW, create, definition, task

DAY = timedelta(days=1)
ANNA, BEN, CARL = (Actor(user_id=name) for name in ("anna", "ben", "carl"))


@pytest.fixture
def rights(database):
    """Anna buys, Ben does nothing in particular, Carl is away and named Ben his substitute."""
    with database.write() as unit:
        people = Accounts(unit.identity, NOW)
        people.put_group("buyers", "Buyers", permissions=[START])
        create(unit, "anna", "buyers")
        create(unit, "ben")
        create(unit, "carl", "lawyers")
        create(unit, "gone", "buyers")
        people.update_user("gone", active=False)
        people.set_absence("carl", "ben", start=NOW - DAY, end=NOW + DAY)
    with database.read() as view:
        yield Rights(view.identity, NOW)


def test_permissions_come_from_groups(rights):
    assert rights.may(ANNA, START)
    assert not rights.may(ANNA, OPERATE)
    assert not rights.may(BEN, START)
    with pytest.raises(PermissionDenied, match=r"ben may not start it; it needs the permission 'start'"):
        rights.need(BEN, START, "start it")


def test_the_program_itself_may_do_everything(rights):
    assert rights.facts(SYSTEM).permissions == ALL_PERMISSIONS
    rights.need(SYSTEM, ADMINISTER, "rule")
    rights.check_work(SYSTEM, task(assignee="anna", excluded_users=("system",)))
    rights.check_start(SYSTEM, definition("lawyers"))


def test_an_inactive_or_unknown_user_has_no_rights(rights):
    for name in ("gone", "nobody"):
        actor = Actor(user_id=name)
        assert rights.facts(actor).permissions == frozenset()
        with pytest.raises(PermissionDenied, match="an active account"):
            rights.check_work(actor, task())
        with pytest.raises(PermissionDenied, match="an active account"):
            rights.check_start(actor, definition())


def test_members_of_admin_may_do_everything(database):
    with database.write() as unit:
        admin = create(unit, "root", "admin")
        rights = Rights(unit.identity, NOW)

        assert rights.facts(admin).permissions == ALL_PERMISSIONS
        rights.check_start(admin, definition("lawyers"))


# --- working on tasks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "offered",
    [
        {},
        {"candidate_groups": ("buyers", "lawyers")},
        {"candidate_users": ("anna",)},
        {"assignee": "anna"},
        {"assignee": "anna", "candidate_groups": ("lawyers",)},
    ],
)
def test_a_candidate_or_assignee_may_work(rights, offered):
    rights.check_work(ANNA, task(**offered))


def test_somebody_else_may_not_and_is_told_who_may(rights):
    with pytest.raises(PermissionDenied, match=r"\(a member of\) anna or judges"):
        rights.check_work(BEN, task(candidate_users=("anna",), candidate_groups=("judges",)))


def test_a_task_that_is_claimed_names_its_holder(rights):
    with pytest.raises(UserTaskAlreadyClaimed, match="claimed by ben"):
        rights.check_work(ANNA, task(assignee="ben", candidate_groups=("buyers",)))


@pytest.mark.parametrize("offered", [{}, {"assignee": "anna"}, {"candidate_groups": ("buyers",)}])
def test_an_excluded_user_may_not_whatever_else_holds(rights, offered):
    with pytest.raises(FourEyesViolation, match="anna may not act on user task 7"):
        rights.check_work(ANNA, task(excluded_users=("anna",), **offered))


@pytest.mark.parametrize(
    "offered", [{"assignee": "carl"}, {"candidate_users": ("carl",)}, {"candidate_groups": ("lawyers",)}]
)
def test_a_substitute_may_work_in_the_place_of_the_absent(rights, offered):
    rights.check_work(BEN, task(**offered))


def test_a_substitute_may_not_when_excluded_themselves(rights):
    with pytest.raises(FourEyesViolation, match="ben"):
        rights.check_work(BEN, task(assignee="carl", excluded_users=("ben",)))


@pytest.mark.parametrize("moment", [NOW - DAY - timedelta(seconds=1), NOW + DAY])
def test_a_substitute_has_no_rights_outside_the_absence(rights, database, moment):
    with database.read() as view, pytest.raises(UserTaskAlreadyClaimed):
        Rights(view.identity, moment).check_work(BEN, task(assignee="carl"))


def test_a_substitute_does_not_take_over_permissions(rights, database):
    with database.write() as unit:
        people = Accounts(unit.identity, NOW)
        people.put_group("lawyers", "Lawyers", permissions=[OPERATE])
        facts = Rights(unit.identity, NOW).facts(BEN)

    assert facts.acting_groups == {"lawyers"}
    assert facts.groups == facts.permissions == frozenset()


def test_a_substitute_of_an_inactive_account_still_stands_in(rights, database):
    with database.write() as unit:
        Accounts(unit.identity, NOW).update_user("carl", active=False)

        Rights(unit.identity, NOW).check_work(BEN, task(assignee="carl"))


# --- being given tasks ----------------------------------------------------------------------------------


def test_a_task_may_be_given_to_whoever_is_not_excluded(rights):
    rights.check_receive("ben", task(candidate_groups=("buyers",)))
    with pytest.raises(FourEyesViolation):
        rights.check_receive("ben", task(excluded_users=("ben",)))


def test_with_candidates_only_they_may_be_given_it(rights):
    rights.check_receive("anna", task(candidate_groups=("buyers",)), candidate=True)
    with pytest.raises(PermissionDenied):
        rights.check_receive("ben", task(candidate_groups=("buyers",)), candidate=True)


def test_nobody_who_is_not_there_is_given_a_task(rights):
    with pytest.raises(UserNotFound, match="nobody"):
        rights.check_receive("nobody", task())
    with pytest.raises(PermissionDenied, match="an active account"):
        rights.check_receive("gone", task())


def test_the_eligible_are_the_candidates_without_the_excluded(rights):
    assert rights.eligible_for(task()) == {"anna", "ben", "carl"}
    offered = task(
        candidate_groups=("buyers",), candidate_users=("ben", "carl", "nobody"), excluded_users=("carl",)
    )
    assert rights.eligible_for(offered) == {"anna", "ben"}
    assert rights.eligible_for(task(candidate_users=("anna",), excluded_users=("anna",))) == set()


# --- starting processes ---------------------------------------------------------------------------------


def test_without_candidate_starters_it_takes_the_permission(rights):
    rights.check_start(ANNA, definition())
    with pytest.raises(PermissionDenied, match="'start'"):
        rights.check_start(BEN, definition())


def test_with_candidate_starters_it_takes_membership(rights):
    rights.check_start(CARL, definition("lawyers", "judges"))
    with pytest.raises(PermissionDenied, match="membership of judges or lawyers"):
        rights.check_start(ANNA, definition("lawyers", "judges"))
