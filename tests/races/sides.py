"""The sides of a race: threads or processes, each with an engine and connections of its own."""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import queue
import random
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, Protocol

from sqlalchemy import Engine, event

from engine import Database, FixedClock, ProcessEngine

from .kind import KINDS, Result
from .work import HANDLERS

HEAD_START = 0.0006
"""Seconds from the word to the earliest start, so that the word has reached everybody."""
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Node:
    """An engine as a node has it: its own pool of connections, its own keys in reserve, its own clock."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, durable=False, pool_size=3)
        self.clock = FixedClock(BEGIN)
        self.engine = ProcessEngine(self.database, clock=self.clock, handlers=HANDLERS)

    def retries(self) -> int:
        return sum(times.collisions for times in self.engine.command_times().values())

    def close(self) -> None:
        self.engine.close()


class Sides(Protocol):
    """Whoever can be told to race."""

    def race(
        self, kind: str, thing: Any, now: datetime, delays: Mapping[str, float]
    ) -> dict[str, Result]: ...

    def retries(self) -> int:
        """How often a command was run again since the sides came, after it had collided."""
        ...

    def close(self) -> None: ...


class Threads:
    """Each side is a thread; they meet on the database and in the interpreter."""

    def __init__(self, url: str, number: int) -> None:
        self._nodes = [Node(url) for _ in range(number)]
        self._orders: list[queue.Queue[Any]] = [queue.Queue() for _ in self._nodes]
        self._answers: queue.Queue[Result] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._obey, args=pair, daemon=True)
            for pair in zip(self._nodes, self._orders, strict=True)
        ]
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0002)
        for thread in self._threads:
            thread.start()

    def race(self, kind: str, thing: Any, now: datetime, delays: Mapping[str, float]) -> dict[str, Result]:
        word = time.monotonic() + HEAD_START
        for order, (side, delay) in zip(self._orders, delays.items(), strict=False):
            order.put((kind, side, thing, now, word + delay))
        results = [self._answers.get() for _ in delays]
        return {result.side: result for result in results}

    def retries(self) -> int:
        return sum(node.retries() for node in self._nodes)

    def close(self) -> None:
        for order in self._orders:
            order.put(None)
        for thread in self._threads:
            thread.join()
        for node in self._nodes:
            node.close()
        sys.setswitchinterval(self._interval)

    def _obey(self, node: Node, orders: queue.Queue[Any]) -> None:
        with unsteady():
            while (order := orders.get()) is not None:
                self._answers.put(perform(node, *order))


class Processes:
    """Each side is a process of its own, as two nodes of an installation are."""

    def __init__(self, url: str, number: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(number):
            ours, theirs = context.Pipe()
            process = context.Process(target=_live, args=(theirs, url), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def race(self, kind: str, thing: Any, now: datetime, delays: Mapping[str, float]) -> dict[str, Result]:
        word = time.monotonic() + HEAD_START
        for pipe, (side, delay) in zip(self._pipes, delays.items(), strict=False):
            pipe.send((kind, side, thing, now, word + delay))
        results = [pipe.recv() for pipe, _ in zip(self._pipes, delays, strict=False)]
        return {result.side: result for result in results}

    def retries(self) -> int:
        for pipe in self._pipes:
            pipe.send("retries")
        return sum(pipe.recv() for pipe in self._pipes)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
            pipe.close()
        for process in self._processes:
            process.join()
            process.close()


def perform(node: Node, kind: str, side: str, thing: Any, now: datetime, at: float) -> Result:
    """Do what the side does, at the given moment of the monotonic clock."""
    node.clock.set(now)
    racer = KINDS[kind]()
    wait = at - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    began = time.monotonic()
    try:
        value = racer.act(side, node.engine, thing)
    except Exception as error:
        return Result.of_error(side, error, began, time.monotonic())
    return Result(side=side, value=value, began=began, ended=time.monotonic())


_here = threading.local()


@contextmanager
def unsteady() -> Iterator[None]:
    """In this thread statements wait a moment now and then, so that every gap between two of them is met."""
    _here.dice = random.Random()
    try:
        yield
    finally:
        del _here.dice


@event.listens_for(Engine, "before_cursor_execute")
def _stumble(*_: Any) -> None:
    dice = getattr(_here, "dice", None)
    if dice is not None and dice.random() < 0.15:
        time.sleep(dice.random() * 0.001)


def _live(pipe: Connection, url: str) -> None:
    """A process that races when it is told to."""
    from . import kinds

    assert kinds
    logging.getLogger("engine").setLevel(logging.ERROR)
    node = Node(url)
    pipe.send("ready")
    with unsteady():
        while (order := pipe.recv()) is not None:
            if order == "retries":
                pipe.send(node.retries())
                continue
            pipe.send(_portable(perform(node, *order)))
    node.close()


def _portable(result: Result) -> Result:
    try:
        pickle.dumps(result)
    except Exception:
        return Result(side=result.side, error="NotPortable", text=repr(result), clear=False)
    return result
