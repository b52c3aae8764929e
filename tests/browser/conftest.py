"""A running Tenure, a real Chromium, and an eye on what a page must never do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import (
    SYSTEM,
    FixedClock,
    HandlerRegistry,
    JobContext,
    JobExecutor,
    ProcessEngine,
    Resource,
    handler,
)
from tasks.wiring import handler_services
from tests.serving import served
from webui import WebSettings, assets, create_app

RESOURCES = Path(__file__).parent / "resources"
PROCESSES = Path(__file__).parents[2] / "processes"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PASSWORD = "correct horse battery"


@handler("order.register")
def register_order(job: JobContext, amount_cny: Decimal) -> dict[str, Any]:
    """Register the approved order."""
    return {"orderNumber": f"PO-{int(amount_cny)}"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium, headless. Skips when the machine has none; fails instead when CI is set."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("TENURE_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES)), None
    )
    if path is None:
        absent("Chromium is not installed (or name it in TENURE_TEST_CHROMIUM)")
    if assets.problems():
        absent(assets.problems()[0])
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


def absent(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI needs it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def database_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('browser') / 'tenure.db')}"


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[ProcessEngine]:
    """One engine for all browser tests, with a sample process, the shipped ones, and three people."""
    clock = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    handlers = HandlerRegistry.from_packages("tasks")
    handlers.register(register_order)
    services = handler_services(seal_key=bytes(range(32)))
    opened = ProcessEngine(database_url, clock=clock, handlers=handlers, services=services)
    fill(opened)
    yield opened
    opened.close()


def fill(engine: ProcessEngine) -> None:
    engine.create_group("admin", "Administrator", names={"zh": "系统管理员"}, by=SYSTEM)
    engine.create_group("cpo", "Chief procurement officer", names={"zh": "采购总监"}, by=SYSTEM)
    engine.create_group("contract_manager", "Contract manager", names={"zh": "合同经理"}, by=SYSTEM)
    engine.create_user("admin", "Ada Admin", password=PASSWORD, groups=["admin"], by=SYSTEM)
    engine.create_user("lina", "李娜", password=PASSWORD, groups=["cpo"], by=SYSTEM)
    engine.create_user("max", "Max Meier", password=PASSWORD, groups=["contract_manager"], by=SYSTEM)
    for role in ("legal", "service_owner"):
        engine.create_group(role, role, by=SYSTEM)
        engine.create_user(role, role, groups=[role], by=SYSTEM)
    shipped = [path for path in PROCESSES.glob("*/*") if path.suffix in (".bpmn", ".dmn", ".form")]
    for paths in (RESOURCES.iterdir(), shipped):
        engine.deploy([Resource(name=p.name, content=p.read_bytes()) for p in sorted(paths)], by=SYSTEM)


@pytest.fixture(scope="session")
def address(engine: ProcessEngine) -> Iterator[str]:
    """Where Tenure listens."""
    app = create_app(engine, WebSettings(secret_key=b"browser tests need a key of 32 by"))
    executor = JobExecutor(engine, threads=1)
    with served(app) as address:
        executor.start()
        yield address
        executor.stop()


@pytest.fixture
def request_service(engine: ProcessEngine) -> Callable[..., int]:
    """`request_service(title, amount)` starts the sample process and answers the instance's key."""

    def request_service(title: str, amount: int = 50_000) -> int:
        variables = {"title": title, "serviceCategory": "it", "amountCny": amount}
        started = engine.start_process_instance(
            "service_request", variables=variables, business_key=title, by=SYSTEM
        )
        return started.key

    return request_service


class Visitor:
    """A person at a browser; `faults` collects what no page may do."""

    def __init__(self, page: Any, address: str, sessions: dict[str, Any]) -> None:
        self.page = page
        self.sessions = sessions
        self.address = address
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"JavaScript: {error}"))
        page.on("console", self._listen)
        page.on("response", lambda r: self.faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "content security policy" in message.text:
            self.faults.append(f"CSP: {message.text}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, user_id: str, password: str = PASSWORD) -> None:
        """Through the page the first time, later with the session from then: hashing takes its time."""
        if user_id in self.sessions:
            self.page.context.add_cookies(self.sessions[user_id])
            self.go("/inbox")
            return
        self.go("/sign-in")
        self.page.fill("#user_id", user_id)
        self.page.fill("#password", password)
        self.page.click(".sign-in button.primary")
        self.page.wait_for_url("**/inbox")
        self.sessions[user_id] = self.page.context.cookies()

    def diagram(self) -> Any:
        self.page.wait_for_selector(".diagram[data-ready]")
        return self.page.locator(".diagram")


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """The cookies of those who have signed in."""
    return {}


@pytest.fixture
def visit(chromium: Any, address: str, sessions: dict[str, Any]) -> Iterator[Callable[..., Visitor]]:
    """`visit()` opens a window of its own: language, width and JavaScript may be chosen."""
    opened: list[tuple[Any, Visitor]] = []

    def visit(language: str = "en", *, width: int = 1280, javascript: bool = True) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            locale={"en": "en-GB", "zh": "zh-CN"}[language],
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(8_000)
        visitor = Visitor(context.new_page(), address, sessions)
        opened.append((context, visitor))
        return visitor

    yield visit
    faults = [fault for _context, visitor in opened for fault in visitor.faults]
    for context, _visitor in opened:
        context.close()
    assert faults == []
