"""The web server and the job executor as one program that stops cleanly."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from waitress.server import create_server

from engine import Database, JobExecutor, ProcessEngine, SystemClock
from webui import WebSettings, create_app, create_watch_app

from .keys import read_or_create_key
from .settings import Settings
from .wiring import open_database, open_engine

logger = logging.getLogger("tenure")


def node_name() -> str:
    """This process's name among the nodes: host and process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


@dataclass(frozen=True, kw_only=True)
class Node:
    """What this process executes with. `executor` is there when it runs jobs and timers."""

    engine: ProcessEngine
    executor: JobExecutor | None = None


@contextmanager
def executing_node(settings: Settings, *, jobs: bool) -> Iterator[Node]:
    """The engine with the executor's lease held and, with `jobs`, handlers and timers running.

    Raises ExecutorAlreadyRunning when another process executes on this SQLite file.
    """
    with ExitStack() as stack:
        database = stack.enter_context(_closing(open_database(settings)))
        engine = open_engine(settings, database)
        stack.callback(engine.close)
        if jobs:
            executor = JobExecutor(engine, threads=settings.job_threads, worker=node_name())
            executor.start()
            stack.callback(executor.stop)
            yield Node(engine=engine, executor=executor)
        else:
            stack.enter_context(database.executor(node_name(), SystemClock().now()))
            yield Node(engine=engine)


def serve_web(settings: Settings, node: Node, *, local_modeler: bool) -> None:
    """Serve the pages and the REST API until SIGINT or SIGTERM.

    With `local_modeler` the Modeler on this machine may deploy and start without credentials.
    """
    web = _web_settings(settings, local_modeler=local_modeler)
    server = create_server(
        create_app(node.engine, web, node.executor),
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        ident="Tenure",
        max_request_body_size=(settings.max_upload_mb + 1) * 1024 * 1024,
    )
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopping.is_set():
            stopping.set()
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        server.run()
    finally:
        server.close()


def serve_watch(settings: Settings, node: Node) -> None:
    """Answer /healthz, /readyz and /metrics on the watch port, in a thread that ends with the process."""
    assert node.executor is not None
    app = create_watch_app(node.engine, _web_settings(settings), node.executor)
    server = create_server(app, host=settings.host, port=settings.watch_port, threads=2, ident="Tenure")
    threading.Thread(target=server.run, name="tenure-watch", daemon=True).start()


def wait_for_stop() -> None:
    """Sleep until SIGINT or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


def _web_settings(settings: Settings, *, local_modeler: bool = False) -> WebSettings:
    return WebSettings(
        secret_key=read_or_create_key(settings.session_key_file),
        time_zone=settings.time_zone,
        language=settings.language or "en",
        max_upload_mb=settings.max_upload_mb,
        proxies=settings.proxies,
        local_modeler=local_modeler and settings.proxies == 0,
        secure_cookies=settings.proxies > 0,
        node=node_name(),
        metrics_token=settings.metrics_token,
    )


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()
