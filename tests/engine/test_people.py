"""Accounts and groups through the facade: who may change them, and the trail."""

from datetime import timedelta

import pytest

from engine import SYSTEM, AuditFilter, NotAuthenticated, PermissionDenied, UserNotFound


def test_a_new_user_can_sign_in_with_the_password_and_no_other(engine, account):
    account("anna", "correct horse")

    assert engine.authenticate("anna", "correct horse").user_id == "anna"
    with pytest.raises(NotAuthenticated):
        engine.authenticate("anna", "wrong horse")


def test_only_administrators_change_others(engine, account):
    anna, bert = account("anna"), account("bert", permissions=["administer"])

    with pytest.raises(PermissionDenied):
        engine.update_user("bert", name="Bertha", by=anna)
    engine.update_user("anna", name="Anna A.", by=bert)
    engine.update_user("anna", email="anna@example.org", by=anna)

    assert (engine.user("anna").name, engine.user("anna").email) == ("Anna A.", "anna@example.org")


def test_nobody_makes_themselves_active_again(engine, account):
    anna = account("anna")

    with pytest.raises(PermissionDenied):
        engine.update_user("anna", active=True, by=anna)


def test_members_have_the_permissions_of_their_groups(engine, account):
    anna = account("anna")
    engine.create_group("operators", "Operators", permissions=["operate"], by=SYSTEM)

    engine.add_to_group("anna", "operators", by=SYSTEM)
    with_group = engine.permissions(anna)
    engine.remove_from_group("anna", "operators", by=SYSTEM)

    assert with_group == {"operate"}
    assert engine.permissions(anna) == frozenset()


def test_a_password_reset_works_once(engine, account):
    account("anna", "old password")
    token = engine.offer_password_reset("anna", by=SYSTEM)

    engine.reset_password(token, "new password")

    assert engine.authenticate("anna", "new password")
    with pytest.raises(NotAuthenticated):
        engine.reset_password(token, "another one")


def test_changes_of_accounts_stand_in_the_trail_without_passwords(engine, account, admin):
    account("anna", "correct horse")

    lines = engine.audit(AuditFilter(subject_kind="user", subject_key="anna"), by=admin).items

    assert [line.action for line in lines] == ["create-user"]
    assert "horse" not in str(lines)


def test_absences_are_set_by_oneself(engine, account, clock):
    anna, bert = account("anna"), account("bert")
    start, end = clock.now(), clock.now() + timedelta(days=3)

    engine.set_absence("anna", "bert", start=start, end=end, by=anna)

    assert [a.substitute_id for a in engine.absences("anna")] == ["bert"]
    with pytest.raises(PermissionDenied):
        engine.set_absence("anna", "bert", start=start, end=end, by=bert)


def test_a_user_who_does_not_exist_is_told(engine):
    with pytest.raises(UserNotFound, match="nobody"):
        engine.user("nobody")
