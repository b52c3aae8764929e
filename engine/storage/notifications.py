"""Waking: after a commit, tell everybody who waits for jobs or timers, in this process and on other nodes.

A wake-up is a hint and may be lost: whoever waits also polls. On PostgreSQL hints are collected for a
moment and sent on a connection of their own, because NOTIFY inside a transaction makes commits queue.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from .connections import KEEP_ALIVE

logger = logging.getLogger(__name__)

CHANNEL = "tenure_wake"
COALESCE_SECONDS = 0.02
RETRY_SECONDS = 2.0

MISSED = "missed"
"""The topic after the connection was lost: there may have been hints of any kind."""

OnWake = Callable[[str], None]


class Notifications:
    """One per Database. Threads start when first needed and end with `close`."""

    def __init__(self, url: URL | None) -> None:
        """`url` is that of PostgreSQL; None: this process only."""
        self._address = _connection_string(url) if url is not None else None
        self._lock = threading.Lock()
        self._listeners: list[OnWake] = []
        self._waiting: set[str] = set()
        self._wake_sender = threading.Event()
        self._closed = threading.Event()
        self._sender: threading.Thread | None = None
        self._receiver: threading.Thread | None = None

    def listen(self, on_wake: OnWake) -> Callable[[], None]:
        """Call `on_wake(topic)` at each hint, from whatever thread; answers a function that ends it."""
        with self._lock:
            self._listeners.append(on_wake)
            if self._address is not None and self._receiver is None:
                self._receiver = _started(self._receive, "tenure-listen")

        def stop() -> None:
            with self._lock:
                if on_wake in self._listeners:
                    self._listeners.remove(on_wake)

        return stop

    def publish(self, topics: Iterable[str]) -> None:
        """Wake this process at once and the other nodes a moment later."""
        chosen = set(topics)
        for topic in chosen:
            self._wake(topic)
        if self._address is None or not chosen:
            return
        with self._lock:
            self._waiting |= chosen
            if self._sender is None:
                self._sender = _started(self._send, "tenure-notify")
        self._wake_sender.set()

    def close(self) -> None:
        self._closed.set()
        self._wake_sender.set()
        for thread in (self._sender, self._receiver):
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout=5)

    def _wake(self, topic: str) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(topic)
            except Exception:
                logger.exception("a listener failed at the wake-up '%s'", topic)

    def _send(self) -> None:
        assert self._address is not None
        connection: psycopg.Connection | None = None
        while not self._closed.is_set():
            self._wake_sender.wait()
            self._wake_sender.clear()
            self._closed.wait(COALESCE_SECONDS)
            with self._lock:
                topics, self._waiting = self._waiting, set()
            try:
                if topics and (connection is None or connection.closed):
                    connection = _connected(self._address)
                for topic in topics:
                    assert connection is not None
                    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, topic))
            except psycopg.Error as error:
                # Only a hint: the others poll.
                logger.warning("could not wake the other nodes: %s", error)
                connection = None
        if connection is not None:
            connection.close()

    def _receive(self) -> None:
        assert self._address is not None
        missed = False
        while not self._closed.is_set():
            try:
                with _connected(self._address) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    if missed:
                        self._wake(MISSED)
                    while not self._closed.is_set():
                        for notice in connection.notifies(timeout=0.5):
                            self._wake(notice.payload)
            except psycopg.Error as error:
                logger.warning("the wake-up connection is lost, trying again: %s", error)
                missed = True
                self._closed.wait(RETRY_SECONDS)


def _connected(address: str) -> psycopg.Connection:
    return psycopg.connect(make_conninfo(address, **KEEP_ALIVE), autocommit=True)


def _connection_string(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _started(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
