"""Accounts hold what they should, and passwords are never readable."""

from datetime import timedelta

import pytest

from engine.errors import AlreadyExists, GroupNotFound, InvalidInput, NotAuthenticated, UserNotFound
from engine.identity import ALL_PERMISSIONS, Accounts, SignIn
from tests.identity.people import NOW, accounts

OLD, NEW = "the old password", "the new password"


def test_an_account_comes_back_as_it_was_made(database):
    with accounts(database) as people:
        people.put_group("buyers", "Buyers", names={"zh": "采购员"}, permissions=["start"])
        people.create_user("王芳", "王芳", email="wang@example.org", language="zh", groups=["buyers"])

    with accounts(database) as people:
        user = people.user("王芳")
    assert (user.name, user.email, user.language) == ("王芳", "wang@example.org", "zh")
    assert (user.groups, user.permissions, user.active) == ({"buyers"}, {"start"}, True)
    assert user.created_at == NOW


@pytest.mark.parametrize("user_id", ["", " ", "a b", "a/b", "-a", "a" * 65, "a\n"])
def test_what_cannot_be_a_user_id_is_refused(database, user_id):
    with accounts(database) as people, pytest.raises(InvalidInput, match="cannot be a user id"):
        people.create_user(user_id, "Name")


def test_a_name_that_is_taken_is_refused(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna")
        with pytest.raises(AlreadyExists, match="'anna'"):
            people.create_user("anna", "Anna")


def test_unknown_users_groups_and_permissions_are_named(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna")
        with pytest.raises(UserNotFound, match="ben"):
            people.update_user("ben", name="Ben")
        with pytest.raises(UserNotFound, match="ben"):
            people.set_password("ben", NEW)
        with pytest.raises(GroupNotFound, match="sellers"):
            people.create_user("carl", "Carl", groups=["sellers"])
        with pytest.raises(InvalidInput, match=r"unknown permission fly; known permissions: administer"):
            people.put_group("birds", "Birds", permissions=["fly"])


@pytest.mark.parametrize("password", ["short", "x" * 1001])
def test_a_password_of_the_wrong_length_is_refused(database, password):
    with accounts(database) as people, pytest.raises(InvalidInput, match="between 8 and 1000"):
        people.create_user("anna", "Anna", password=password)


def test_passwords_are_stored_hashed_and_salted(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna", password=OLD)
        people.create_user("ben", "Ben", password=OLD)

    with database.read() as view:
        hashes = [view.identity.credentials(name).password_hash for name in ("anna", "ben")]
    assert all(one.startswith("$argon2id$") and OLD not in one for one in hashes)
    assert hashes[0] != hashes[1]


def test_a_new_password_ends_the_sessions_opened_with_the_old_one(database, clock):
    with accounts(database) as people:
        people.create_user("anna", "Anna", password=OLD)
    session = SignIn(database, clock).authenticate("anna", OLD).credential_version

    with accounts(database) as people:
        people.set_password("anna", NEW)
        assert people.user("anna").credential_version != session

    with pytest.raises(NotAuthenticated):
        SignIn(database, clock).authenticate("anna", OLD)
    assert SignIn(database, clock).authenticate("anna", NEW).credential_version != session


def test_a_reset_is_good_once(database, clock):
    with accounts(database) as people:
        people.create_user("anna", "Anna", password=OLD)
        token = people.offer_reset("anna")
    with accounts(database) as people:
        assert people.reset_password(token, NEW).user_id == "anna"

    assert SignIn(database, clock).authenticate("anna", NEW).user_id == "anna"
    with accounts(database) as people, pytest.raises(NotAuthenticated, match="no longer good"):
        people.reset_password(token, OLD)


def test_a_reset_that_is_too_old_or_replaced_is_no_longer_good(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna")
        replaced = people.offer_reset("anna")
        token = people.offer_reset("anna")
        with pytest.raises(NotAuthenticated):
            people.reset_password(replaced, NEW)
    with database.write() as unit, pytest.raises(NotAuthenticated):
        Accounts(unit.identity, NOW + timedelta(hours=24)).reset_password(token, NEW)


def test_the_token_of_a_reset_is_not_in_the_database(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna")
        token = people.offer_reset("anna")

    with database.connect() as connection:
        [stored] = connection.exec_driver_sql("SELECT token_hash FROM password_reset").scalars()
    assert stored != token


def test_a_group_that_exists_is_changed(database):
    with accounts(database) as people:
        people.put_group("buyers", "Buyers", permissions=["start", "deploy"])
        people.put_group("buyers", "Purchasing", names={"zh": "采购"}, permissions=["start"])

    with database.read() as view:
        [group] = view.identity.groups()
    assert (group.name, group.names, group.permissions) == ("Purchasing", {"zh": "采购"}, {"start"})


def test_the_admin_group_holds_every_permission(database):
    with accounts(database) as people:
        assert people.put_group("admin", "Admin").permissions == ALL_PERMISSIONS


def test_members_come_and_go(database):
    with accounts(database) as people:
        people.put_group("buyers", "Buyers")
        people.create_user("anna", "Anna", groups=["buyers"])
        people.create_user("ben", "Ben")
    with database.write() as unit:
        unit.identity.add_member("ben", "buyers")
        unit.identity.add_member("ben", "buyers")
        assert [user.user_id for user in unit.identity.users(group_id="buyers")] == ["anna", "ben"]
        unit.identity.remove_member("anna", "buyers")
        assert unit.identity.eligible(["buyers"], ["anna", "carl"]) == {"anna", "ben"}
        unit.identity.update_user("ben", active=False)
        assert unit.identity.eligible(["buyers"], []) == set()


def test_an_absence_must_make_sense(database):
    with accounts(database) as people:
        people.create_user("anna", "Anna")
        hour = timedelta(hours=1)
        with pytest.raises(InvalidInput, match="ends after it starts"):
            people.set_absence("anna", "ben", start=NOW, end=NOW)
        with pytest.raises(InvalidInput, match="their own substitute"):
            people.set_absence("anna", "anna", start=NOW, end=NOW + hour)
        with pytest.raises(UserNotFound, match="ben"):
            people.set_absence("anna", "ben", start=NOW, end=NOW + hour)


def test_absences_are_listed_and_taken_back(database):
    with accounts(database) as people:
        for name in ("anna", "ben"):
            people.create_user(name, name)
        absence = people.set_absence("anna", "ben", start=NOW, end=NOW + timedelta(days=3))
    with database.write() as unit:
        [(key, listed)] = unit.identity.absences("anna")
        assert listed == absence
        assert unit.identity.standing("ben", NOW).absent.keys() == {"anna"}
        unit.identity.remove_absence(key)
        assert unit.identity.standing("ben", NOW).absent == {}
