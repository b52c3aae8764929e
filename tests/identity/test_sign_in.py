"""The right password opens the door, and guessing is slow, on all nodes together."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from engine.errors import NotAuthenticated
from engine.identity import Accounts, SignIn, passwords
from engine.identity.sign_in import (
    FIRST_PAUSE,
    FORGOTTEN_AFTER,
    FREE_FAILURES_OF_ADDRESS,
    FREE_FAILURES_OF_NAME,
    LONGEST_PAUSE,
)
from engine.storage import Database
from tests.identity.people import create

PASSWORD = "correct horse 电池"


@pytest.fixture
def sign_in(database, clock):
    with database.write() as unit:
        create(unit, "anna", "buyers", password=PASSWORD)
        create(unit, "machine")
    return SignIn(database, clock)


def fail(sign_in, times, *, name="anna", ip=None):
    for _ in range(times):
        with pytest.raises(NotAuthenticated):
            sign_in.authenticate(name, "wrong password", ip=ip)


def test_the_right_password_lets_in(sign_in):
    user = sign_in.authenticate("anna", PASSWORD)

    assert (user.user_id, user.name, user.groups) == ("anna", "Anna", {"buyers"})
    assert user.credential_version == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("anna", "wrong password"),
        ("anna", ""),
        ("anna", "x" * 100_000),
        ("nobody", PASSWORD),
        ("machine", PASSWORD),
        ("", PASSWORD),
        ("a\x00\ud800" + "b" * 1000, PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_everything_else_gets_one_and_the_same_answer(sign_in, name, password):
    with pytest.raises(NotAuthenticated, match="the name or the password is wrong, or too many"):
        sign_in.authenticate(name, password)


def test_an_inactive_account_stays_out(sign_in, database, clock):
    with database.write() as unit:
        Accounts(unit.identity, clock.now()).update_user("anna", active=False)

    with pytest.raises(NotAuthenticated):
        sign_in.authenticate("anna", PASSWORD)


def test_after_some_failures_even_the_right_password_must_wait(sign_in, clock):
    fail(sign_in, FREE_FAILURES_OF_NAME)

    with pytest.raises(NotAuthenticated):
        sign_in.authenticate("anna", PASSWORD)
    clock.advance(FIRST_PAUSE)
    assert sign_in.authenticate("anna", PASSWORD).user_id == "anna"


def test_a_success_forgets_the_failures_before_it(sign_in):
    fail(sign_in, FREE_FAILURES_OF_NAME - 1)
    sign_in.authenticate("anna", PASSWORD)

    fail(sign_in, FREE_FAILURES_OF_NAME - 1)

    assert sign_in.authenticate("anna", PASSWORD).user_id == "anna"


def test_each_further_failure_doubles_the_pause_up_to_a_limit(sign_in, clock):
    fail(sign_in, FREE_FAILURES_OF_NAME)
    clock.advance(FIRST_PAUSE)
    fail(sign_in, 1)

    clock.advance(2 * FIRST_PAUSE - timedelta(seconds=1))
    with pytest.raises(NotAuthenticated):
        sign_in.authenticate("anna", PASSWORD)
    clock.advance(timedelta(seconds=1))
    for _ in range(10):
        fail(sign_in, 1)
        clock.advance(LONGEST_PAUSE)
    assert sign_in.authenticate("anna", PASSWORD).user_id == "anna"


def test_failures_count_over_all_nodes(sign_in, database, clock):
    other = Database(database.url, durable=False)
    fail(sign_in, FREE_FAILURES_OF_NAME - 1)
    fail(SignIn(other, clock), 1)

    with pytest.raises(NotAuthenticated):
        sign_in.authenticate("anna", PASSWORD)

    other.close()


def test_one_address_that_tries_many_names_must_wait(sign_in):
    for n in range(FREE_FAILURES_OF_ADDRESS):
        fail(sign_in, 1, name=f"name-{n}", ip="10.0.0.1")

    with pytest.raises(NotAuthenticated):
        sign_in.authenticate("anna", PASSWORD, ip="10.0.0.1")
    assert sign_in.authenticate("anna", PASSWORD, ip="10.0.0.2").user_id == "anna"


def test_names_that_nobody_has_are_slowed_down_like_any_other(sign_in, monkeypatch):
    checked = []
    monkeypatch.setattr(passwords, "matches", lambda *given: checked.append(given) or False)

    for name in ("anna", "nobody"):
        fail(sign_in, FREE_FAILURES_OF_NAME + 3, name=name)

    assert len(checked) == 2 * FREE_FAILURES_OF_NAME


def test_old_failures_are_forgotten(sign_in, database, clock):
    fail(sign_in, FREE_FAILURES_OF_NAME, name="nobody")
    clock.advance(FORGOTTEN_AFTER + timedelta(seconds=1))

    fail(sign_in, 1)

    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sign_in_throttle").scalar() == 1


def test_a_hash_of_weaker_parameters_is_renewed_without_ending_sessions(sign_in, database, monkeypatch):
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with database.read() as view:
        before = view.identity.credentials("anna")

    sign_in.authenticate("anna", PASSWORD)

    with database.read() as view:
        after = view.identity.credentials("anna")
    assert after.password_hash != before.password_hash
    assert after.version == before.version
    assert sign_in.authenticate("anna", PASSWORD).user_id == "anna"
