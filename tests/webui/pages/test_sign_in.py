"""Sign-in, sessions, form tokens, and what every answer carries."""

import re

from tests.webui.pages.conftest import PASSWORD, words


def test_a_page_asks_to_sign_in_and_leads_back(visitor, account):
    account("lina", PASSWORD)
    lina = visitor()

    asked = lina.get("/start?q=x")
    answer = lina.sign_in("lina", next="/start?q=x")

    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/start?q%3Dx")
    assert (answer.status_code, answer.location) == (303, "/start?q=x")


def test_a_wrong_password_says_so_without_telling_which_part_is_wrong(visitor, account):
    account("lina", PASSWORD)
    somebody = visitor()

    wrong_password = somebody.sign_in("lina", "guess")
    wrong_name = somebody.sign_in("nobody", "guess")

    assert (wrong_password.status_code, wrong_name.status_code) == (401, 401)
    assert "Name or password is wrong" in wrong_password.text
    assert 'value="lina"' in wrong_password.text
    assert "guess" not in wrong_password.text


def test_attempts_are_throttled(visitor, account):
    account("lina", PASSWORD)
    somebody = visitor()
    for _ in range(12):
        somebody.sign_in("lina", "guess")

    assert somebody.sign_in("lina", PASSWORD).status_code == 401


def test_nobody_is_sent_to_another_site_after_signing_in(visitor, account):
    account("lina", PASSWORD)
    for target in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"):
        assert visitor().sign_in("lina", next=target).location == "/inbox"


def test_an_inactive_account_loses_its_session(person, engine, admin):
    lina = person("lina")
    engine.update_user("lina", active=False, by=admin)

    assert lina.get("/inbox").location.startswith("/sign-in")


def test_sign_out_ends_the_session(person):
    lina = person("lina")
    lina.get("/inbox")

    assert lina.post("/sign-out").location == "/sign-in"
    assert lina.get("/inbox").status_code == 303


def test_a_form_without_its_token_is_refused(person):
    lina = person("lina")

    answer = lina.client.post("/sign-out")

    assert answer.status_code == 400
    assert "too old to be sent" in answer.text
    assert lina.get("/inbox").status_code == 200


def test_a_form_that_was_open_when_the_session_ended_can_still_be_sent(visitor, account):
    account("lina", PASSWORD)
    lina = visitor()
    lina.sign_in("lina")
    lina.get("/inbox")
    old = lina.token()
    lina.post("/sign-out")
    lina.sign_in("lina")

    answer = lina.client.post("/language", data={"csrf_token": old, "language": "zh"})

    assert answer.status_code == 303


def test_answers_carry_a_strict_policy(person):
    lina = person("lina")
    for path in ("/inbox", "/start", "/nowhere"):
        headers = lina.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_pages_have_no_inline_script_or_style(person, service_request):
    key = service_request()
    lina = person("lina", groups=["cpo"], permissions=["operate", "deploy", "administer"])
    paths = ("/inbox", f"/tasks/{key}", "/start", "/instances", "/definitions", "/users", "/engagements")
    for path in paths:
        page = lina.get(path).text
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page), path
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page), path


def test_static_files_are_kept_for_ever_under_their_fingerprint(visitor):
    somebody = visitor()
    sheet = re.search(r'href="(/static/[0-9a-f]{12}/app\.css)"', somebody.get("/sign-in").text)[1]

    answer = somebody.get(sheet)

    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(visitor, account):
    account("lina", PASSWORD)

    cookie = visitor().sign_in("lina").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_address_says_who_may_help_when_something_is_forbidden(person, admin):
    lina = person("lina")

    answer = lina.get("/users")

    assert answer.status_code == 403
    assert "administer accounts" in words(answer)
    assert "Admin" in words(answer)
    assert re.search(r"Reference [0-9a-f]{8}", words(answer))
