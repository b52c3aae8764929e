"""Pages without a browser: the real engine on SQLite, Flask's test client, and people who sign in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from engine import SYSTEM, HandlerRegistry, JobContext, ProcessEngine, handler
from tasks.wiring import handler_services
from webui import WebSettings, create_app

RESOURCES = Path(__file__).parents[2] / "browser" / "resources"
PASSWORD = "correct horse battery"


@handler("order.register")
def register_order(job: JobContext, amount_cny: Decimal) -> dict[str, Any]:
    """Register the approved order."""
    return {"orderNumber": f"PO-{int(amount_cny)}"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages ask the facade only; the facade is tested on both databases elsewhere."""
    return sqlite_url


@pytest.fixture
def handlers() -> HandlerRegistry:
    return HandlerRegistry([register_order])


@pytest.fixture
def engine(database, clock, handlers) -> ProcessEngine:
    return ProcessEngine(
        database, clock=clock, handlers=handlers, services=handler_services(seal_key=bytes(range(32)))
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(engine: ProcessEngine, compiled_templates: FileSystemBytecodeCache) -> Flask:
    app = create_app(engine, WebSettings(secret_key=b"k" * 32))
    app.jinja_env.bytecode_cache = compiled_templates
    return app


class Person:
    """Somebody at a browser without JavaScript. `last` is the last answer."""

    def __init__(self, client: FlaskClient, language: str) -> None:
        self.client = client
        self.headers = {"Accept-Language": language}
        self.last: TestResponse | None = None

    def get(self, path: str, **options: Any) -> TestResponse:
        self.last = self.client.get(path, headers=self.headers, **options)
        return self.last

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, follow: bool = False) -> TestResponse:
        """With the token of the last page, as a form has it."""
        form = {"csrf_token": self.token(), **(data or {})}
        self.last = self.client.post(path, data=form, headers=self.headers, follow_redirects=follow)
        return self.last

    def token(self) -> str:
        page = self.last.text if self.last is not None and "csrf_token" in self.last.text else ""
        page = page or self.client.get("/sign-in", headers=self.headers, follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def sign_in(self, user_id: str, password: str = PASSWORD, next: str = "") -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"user_id": user_id, "password": password, "next": next})


@pytest.fixture
def visitor(app: Flask) -> Callable[..., Person]:
    """`visitor()` has not signed in."""
    return lambda language="en": Person(app.test_client(), language)


@pytest.fixture
def person(visitor: Callable[..., Person], account: Callable[..., Any]) -> Callable[..., Person]:
    """`person("lina", groups=["cpo"])` has an account and is signed in (without the slow password)."""

    def person(user_id: str, language: str = "en", **rights: Any) -> Person:
        account(user_id, **rights)
        somebody = visitor(language)
        with somebody.client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = user_id, True
        return somebody

    return person


@pytest.fixture
def service_request(deploy: Callable[..., Any], engine: ProcessEngine) -> Callable[..., int]:
    """Deploys the sample process; `service_request()` starts it and answers the open task's key."""
    deploy(*sorted(RESOURCES.iterdir()))

    def start(title: str = "Helpdesk", amount: int = 50_000, **more: Any) -> int:
        variables = {"title": title, "serviceCategory": "it", "amountCny": amount, **more}
        engine.start_process_instance("service_request", variables=variables, business_key=title, by=SYSTEM)
        tasks = engine.user_tasks(by=SYSTEM, order="-created_at", limit=100).items
        return max(task.key for task in tasks)

    return start


def words(answer: TestResponse) -> str:
    """The text of a page, without tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))
