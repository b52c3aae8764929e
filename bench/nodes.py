"""Work done per second by 1, 2 and 4 processes on one PostgreSQL and by one on SQLite; and how quick a
person's work stays while jobs queue.

`tasks`: every process completes user tasks of its own instances with 4 threads, as web nodes do for as many
people. `jobs`: every process runs a JobExecutor with 4 threads over one queue of transactional service jobs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.report import Result
from engine import (
    SYSTEM,
    Database,
    HandlerRegistry,
    JobContext,
    JobExecutor,
    ProcessEngine,
    UserTaskFilter,
    handler,
)
from tests.databases import NoPostgres, postgres
from tests.engine.diagrams import end, process, service_task, start, user_task

PROCESSES = (1, 2, 4)
THREADS = 4
SECONDS = 4.0
QUEUE = 1_500
SAMPLES = 60

LOOP = process("loop", start(), user_task("approve", groups="buyers"), flows="start>approve>approve")
CHAIN = process("chain", start(), service_task("work", "bench.work"), end(), flows="start>work>end")


@handler("bench.work")
def work(job: JobContext) -> dict[str, bool]:
    """What every handler does at least: read nothing, write a variable."""
    return {"worked": True}


def main() -> list[Result]:
    """No bars: the figures are those of the machine and of what else it does."""
    print(
        f"{os.cpu_count()} cores for the processes and the database together; {THREADS} threads a process\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", (1,))
    try:
        with postgres() as server, server.empty() as url:
            _measure("PostgreSQL", url, PROCESSES)
    except NoPostgres as missing:
        print(f"PostgreSQL left out: {missing}")
    return []


def _measure(name: str, url: str, processes: tuple[int, ...]) -> None:
    database = Database(url)
    database.create_schema()
    engine = ProcessEngine(database)
    engine.deploy([LOOP], by=SYSTEM)
    engine.deploy([CHAIN], by=SYSTEM)
    print(f"### {name}\n")
    for kind in ("tasks", "jobs"):
        alone = 0.0
        for count in processes:
            rate, processor = _rate(engine, url, kind, count)
            alone = alone or rate
            plural = "es" if count > 1 else ""
            print(
                f"{kind}, {count} process{plural}: {rate:6.0f} a second ({rate / alone:.2f}),"
                f" {processor * 1000:.1f} ms of processor each",
                flush=True,
            )
    _beside(engine)
    engine.close()


# --- what processes get done together ------------------------------------------------------------


def _rate(engine: ProcessEngine, url: str, kind: str, count: int) -> tuple[float, float]:
    """How many a second all together, and the processor seconds that one costs its node."""
    if kind == "jobs":
        _fill_queue(engine)
    nodes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.nodes", kind, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for node in nodes:
        assert node.stdout is not None
        assert node.stdout.readline() == "ready\n"
    for node in nodes:
        assert node.stdin is not None
        node.stdin.write("go\n")
        node.stdin.flush()
    told = [json.loads(node.communicate()[0]) for node in nodes]
    return sum(one["rate"] for one in told), median(one["processor"] for one in told)


def _fill_queue(engine: ProcessEngine) -> None:
    """Jobs that nobody has run yet: the engine that starts the instances knows no handler."""
    filling = ProcessEngine(Database(engine.database.url, durable=False))
    for _ in range(QUEUE - engine.workload().jobs.get(("bench.work", "available"), 0)):
        filling.start_process_instance("chain", by=SYSTEM)
    filling.close()


def _node(kind: str, url: str) -> None:
    """One process: get ready, wait for the word, work for a while, tell how much was done."""
    engine = ProcessEngine(Database(url), handlers=HandlerRegistry([work]))
    run = {"tasks": _complete_tasks, "jobs": _run_jobs}[kind](engine)
    print("ready", flush=True)
    sys.stdin.readline()
    begin, used = time.perf_counter(), time.process_time()
    done = run()
    seconds = time.perf_counter() - begin
    processor = (time.process_time() - used) / max(done, 1)
    print(json.dumps({"rate": done / seconds, "processor": processor}), flush=True)
    engine.close()


def _complete_tasks(engine: ProcessEngine) -> Callable[[], int]:
    keys = [engine.start_process_instance("loop", by=SYSTEM).key for _ in range(THREADS)]

    def complete(key: int) -> None:
        wanted = UserTaskFilter(process_instance_key=key)
        (task,) = [one for one in engine.user_tasks(wanted, by=SYSTEM).items if one.state == "CREATED"]
        engine.complete_user_task(task.key, by=SYSTEM)

    def run() -> int:
        until = time.perf_counter() + SECONDS
        done = [0] * THREADS

        def go_on(place: int) -> None:
            while time.perf_counter() < until:
                complete(keys[place])
                done[place] += 1

        threads = [threading.Thread(target=go_on, args=(place,)) for place in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(done)

    return run


def _run_jobs(engine: ProcessEngine) -> Callable[[], int]:
    def run() -> int:
        executor = JobExecutor(engine, threads=THREADS)
        executor.start()
        time.sleep(SECONDS)
        executor.stop()
        return sum(engine.command_times()["RunJob"].counts)

    return run


# --- a person beside a queue ---------------------------------------------------------------------


def _beside(engine: ProcessEngine) -> None:
    """The inbox and the completion of a task, in the very process whose threads work the queue off."""
    working = ProcessEngine(engine.database, handlers=HandlerRegistry([work]))
    key = engine.start_process_instance("loop", by=SYSTEM).key
    wanted = UserTaskFilter(process_instance_key=key)

    def person() -> None:
        (task,) = [one for one in working.user_tasks(wanted, by=SYSTEM).items if one.state == "CREATED"]
        working.complete_user_task(task.key, by=SYSTEM)

    quiet = _samples(person)
    _fill_queue(engine)
    with _executing(working):
        busy = _samples(person)
        left = engine.workload().jobs.get(("bench.work", "available"), 0)
    print(
        f"inbox and completion: {median(quiet) * 1000:.1f} ms alone, {median(busy) * 1000:.1f} ms while"
        f" {left} of {QUEUE} jobs still queue, one in 20 above {sorted(busy)[-SAMPLES // 20] * 1000:.1f} ms:"
        f" {median(busy) / median(quiet):.1f}\n",
        flush=True,
    )


def _samples(act: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(SAMPLES):
        begin = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begin)
    return taken


@contextmanager
def _executing(engine: ProcessEngine) -> Iterator[None]:
    executor = JobExecutor(engine, threads=THREADS)
    executor.start()
    try:
        yield
    finally:
        executor.stop()


if __name__ == "__main__":
    _node(sys.argv[1], sys.argv[2])
