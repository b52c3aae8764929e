"""People: accounts and groups, for administrators."""

import pytest

from engine import SYSTEM
from tests.webui.pages.conftest import words


@pytest.fixture
def chief(person, engine):
    engine.create_group("legal", "Legal counsel", names={"zh": "法务"}, by=SYSTEM)
    chief = person("chief", groups=["admin"])
    chief.get("/users")
    return chief


def test_a_new_account_can_sign_in(chief, visitor):
    given = {"user_id": "nina", "name": "Nina N", "password": "a long enough one", "groups": ["legal"]}

    answer = chief.post("/users", given)

    assert answer.status_code == 303
    assert "Legal counsel" in words(chief.get("/users?q=nina"))
    assert visitor().sign_in("nina", "a long enough one").status_code == 303


def test_a_wrong_account_is_marked_at_its_fields(chief):
    answer = chief.post("/users", {"user_id": "chief", "name": "", "password": "short"})

    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert 'id="password-error"' in answer.text
    assert 'value="chief"' in answer.text
    assert "short" not in answer.text.replace("shortcuts", "")


def test_a_user_name_that_is_taken_is_said(chief):
    answer = chief.post("/users", {"user_id": "chief", "name": "Second", "password": "a long enough one"})

    assert answer.status_code == 422
    assert 'id="user_id-error"' in answer.text


def test_groups_and_activity_are_changed(chief, account, engine):
    account("nina")

    chief.post("/users/nina/groups", {"join": "legal"})
    joined = engine.user("nina").groups
    chief.post("/users/nina/groups", {"leave": "legal"})
    chief.post("/users/nina/active", {"active": "no"})

    assert "legal" in joined
    assert "legal" not in engine.user("nina").groups
    assert engine.user("nina").active is False


def test_others_may_not(person):
    lina = person("lina")
    lina.get("/inbox")

    assert lina.post("/users", {"user_id": "x"}).status_code == 403
    assert lina.post("/users/lina/groups", {"join": "admin"}).status_code == 403
