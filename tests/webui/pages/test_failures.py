"""What a person sees when something fails, and what a load balancer does."""

import logging
import re

from engine import DatabaseUnavailable
from tests.webui.pages.conftest import words
from webui import assets


def test_an_unreachable_database_is_a_page_with_a_reference(person, engine, monkeypatch):
    lina = person("lina")

    def broken(*_given, **_options):
        raise DatabaseUnavailable("connection refused")

    monkeypatch.setattr(engine, "user_tasks", broken)
    answer = lina.get("/inbox")

    assert answer.status_code == 503
    assert "The database cannot be reached" in words(answer)
    assert "connection refused" not in answer.text
    assert re.search(r"Reference [0-9a-f]{8}", words(answer))


def test_nothing_but_the_page_is_needed_to_say_that_the_database_is_away(person, engine, monkeypatch):
    lina = person("lina")

    def broken(*_given, **_options):
        raise DatabaseUnavailable("connection refused")

    for name in ("user", "user_tasks", "groups", "users", "ping"):
        monkeypatch.setattr(engine, name, broken)

    assert lina.get("/inbox").status_code == 503
    assert lina.get("/readyz").status_code == 503
    assert lina.get("/healthz").status_code == 200


def test_an_unexpected_error_hides_its_trace_and_logs_it_under_the_reference(
    person, engine, monkeypatch, caplog
):
    lina = person("lina")

    def broken(*_given, **_options):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(engine, "user_tasks", broken)
    with caplog.at_level(logging.ERROR):
        answer = lina.get("/inbox")

    reference = re.search(r"Reference ([0-9a-f]{8})", words(answer))[1]
    assert answer.status_code == 500
    assert "a secret detail" not in answer.text
    assert reference in caplog.text


def test_ready_and_healthy_need_no_sign_in(visitor):
    somebody = visitor()

    assert somebody.get("/healthz").json == {"status": "ok"}
    assert somebody.get("/readyz").json == {"status": "ok"}


def test_a_page_that_does_not_exist_says_so_in_both_languages(person):
    assert "Page not found" in words(person("lina").get("/nowhere"))
    assert "页面不存在" in words(person("wei", "zh").get("/nowhere"))


def test_a_wrong_method_is_explained(person):
    assert person("lina").get("/sign-out").status_code == 405


def test_too_much_is_refused_before_it_is_read(person, app):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    lina = person("lina")
    lina.get("/inbox")

    answer = lina.post("/language", {"language": "en", "filler": "x" * 5000})

    assert answer.status_code == 413


def test_pages_work_without_the_browser_libraries(person, service_request, app, monkeypatch):
    monkeypatch.setitem(app.jinja_env.globals, "vendor_url", lambda name: "")
    key = service_request()
    lina = person("lina", groups=["cpo"])

    page = lina.get(f"/tasks/{key}").text

    assert "Approve request" in page
    assert "bpmn" not in page.split("</head>")[0]


def test_a_changed_or_missing_library_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "VENDOR", tmp_path)
    monkeypatch.setattr(assets, "MANIFEST", tmp_path / "manifest.json")
    monkeypatch.setattr(assets, "NOTICES", tmp_path / "notices.txt")
    missing = assets.problems()
    (tmp_path / "notices.txt").write_text("x")
    (tmp_path / "a.js").write_text("changed")
    (tmp_path / "manifest.json").write_text(
        '{"lock": "x", "files": [{"name": "a.js", "path": "a.js", "sha256": "0", "licence": "MIT"}]}'
    )

    assert "python -m webui.assets" in missing[0]
    assert assets.problems() == ["a.js is missing or differs from the manifest"]
    assert assets.is_current() is False
