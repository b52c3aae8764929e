"""The room: a database, the nodes on it and the driver; processes are started, killed and started again."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, text

from engine import SYSTEM, HandlerRegistry, ProcessEngine, upgrade_schema
from tasks.wiring import handler_services
from tenure.sample_accounts import create_roles, sample_account_names
from tenure.shipped import deploy_shipped
from tenure.wiring import MIGRATIONS

from . import faults, outside
from .driver import PASSWORD, USER
from .models import FILES
from .notebook import Notebook
from .nursery import Nursery

FAULT_CHANCE = 0.03


@dataclass
class Member:
    """A process of the room. It is started again whenever it is dead."""

    name: str
    program: str
    arguments: list[str]
    port: int = 0
    lives: int = 0
    pid: int | None = None


@dataclass
class Room:
    url: str
    folder: Path
    dice: random.Random
    pause: float = 0.1
    members: list[Member] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    ended_by_themselves: list[str] = field(default_factory=list)
    _nursery: Nursery = field(default_factory=Nursery)

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    @property
    def notebook(self) -> Notebook:
        return Notebook(self.folder / "notebook")

    @property
    def world(self) -> Path:
        return self.folder / "world"

    @property
    def deaths(self) -> Path:
        return self.folder / "deaths"

    @property
    def resting(self) -> Path:
        return self.folder / "resting"

    def furnish(self) -> None:
        """Make the tables, the people and the processes."""
        upgrade_schema(self.url, MIGRATIONS)
        engine = ProcessEngine(
            self.url,
            handlers=_all_handlers(),
            services=handler_services(seal_key=b"k" * 32),
        )
        create_roles(engine)
        for user_id, name, group in sample_account_names():
            engine.create_user(user_id, name, by=SYSTEM, groups=[group])
        engine.create_user(USER, "Torturer", by=SYSTEM, password=PASSWORD, groups=["admin"])
        deploy_shipped(engine)
        engine.deploy(list(FILES), by=SYSTEM)
        engine.close()
        kinds = ["serve", "serve", "worker", "worker"] if self.is_postgres else ["run"]
        for number, kind in enumerate(kinds):
            port = 0 if kind == "worker" else _free_port()
            self.members.append(Member(f"{kind}-{number}", "node", [kind], port))
        pages = [f"http://127.0.0.1:{member.port}" for member in self.members if member.port]
        arguments = [self.url, str(self.notebook.path), str(self.resting), *pages, "--pause", str(self.pause)]
        self.members.append(Member("driver", "driver", arguments))

    def torment(self, seconds: float) -> None:
        """Keep everybody alive and kill at random, until the time is over."""
        end = time.monotonic() + seconds
        next_kill = time.monotonic() + 3
        while time.monotonic() < end:
            self._revive(with_faults=True)
            if time.monotonic() >= next_kill:
                self._strike()
                next_kill = time.monotonic() + self.dice.uniform(1.0, 6.0)
            time.sleep(0.1)

    def come_to_rest(self, seconds: float) -> bool:
        """Kill all once more, then let healthy nodes finish what was begun. False: it did not."""
        self.resting.touch()
        for member in self.members:
            if member.pid is not None:
                self._kill(member, "at the end")
        end = time.monotonic() + seconds
        database = create_engine(self.url)
        try:
            while time.monotonic() < end:
                self._revive(with_faults=False)
                if self._is_quiet(database):
                    return True
                time.sleep(0.5)
            return False
        finally:
            database.dispose()

    def close(self) -> None:
        """Ask the nodes to stop, and kill who does not."""
        end = time.monotonic() + 20
        for member in self.members:
            if member.pid is not None:
                os.kill(member.pid, signal.SIGKILL if member.program == "driver" else signal.SIGTERM)
        while any(member.pid is not None for member in self.members):
            self._bury(stopping=True)
            if time.monotonic() > end:
                for member in self.members:
                    if member.pid is not None:
                        self.ended_by_themselves.append(f"{member.name} did not stop when asked")
                        os.kill(member.pid, signal.SIGKILL)
                end = time.monotonic() + 20
            time.sleep(0.05)
        self._nursery.close()

    def lives(self) -> int:
        return sum(member.lives for member in self.members)

    def deaths_at_boundaries(self) -> Counter[str]:
        lines = self.deaths.read_text(encoding="utf-8").splitlines() if self.deaths.exists() else []
        return Counter(line.split("\t")[0] for line in lines)

    def _revive(self, *, with_faults: bool) -> None:
        self._bury()
        for member in self.members:
            if member.pid is None:
                member.pid = self._started(member, with_faults=with_faults)
                member.lives += 1

    def _bury(self, *, stopping: bool = False) -> None:
        """Notice who has ended; only a SIGKILL, or a wish to stop, is a reason."""
        for pid, code in self._nursery.ended().items():
            for member in self.members:
                if member.pid == pid:
                    member.pid = None
                    if code != -signal.SIGKILL and not (stopping and code == 0):
                        self.ended_by_themselves.append(f"{member.name}: exit {code}")

    def _started(self, member: Member, *, with_faults: bool) -> int:
        chosen = ""
        if with_faults:
            picked = self.dice.sample(faults.BOUNDARIES, 3)
            chosen = ",".join(f"{boundary}:*:{FAULT_CHANCE}" for boundary in picked)
        environ = {
            "TENURE_HOME": str(self.folder / "home"),
            "TENURE_DATABASE_URL": self.url,
            "TENURE_PORT": str(member.port),
            "TENURE_LOG_LEVEL": "WARNING",
            "TENURE_WEB_THREADS": "4",
            "TENURE_JOB_THREADS": "3",
            faults.VARIABLE: chosen,
            faults.DEATHS: str(self.deaths),
            outside.LOG: str(self.world),
        }
        log = self.folder / f"{member.name}.log"
        return self._nursery.start(member.program, member.arguments, environ, log)

    def _strike(self) -> None:
        """A random process dies, or on PostgreSQL a random connection breaks."""
        if self.is_postgres and self.dice.random() < 0.25:
            self._break_connection()
            return
        alive = [member for member in self.members if member.pid is not None]
        if alive:
            self._kill(self.dice.choice(alive), "at random")

    def _kill(self, member: Member, why: str) -> None:
        assert member.pid is not None
        os.kill(member.pid, signal.SIGKILL)
        while member.pid is not None:
            self._bury()
            time.sleep(0.01)
        self.kills[f"{member.name.split('-')[0]} {why}"] += 1

    def _break_connection(self) -> None:
        database = create_engine(self.url)
        with database.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
                )
            )
        database.dispose()
        self.kills["connection broken"] += 1

    def _is_quiet(self, database: object) -> bool:
        with database.connect() as connection:  # type: ignore[attr-defined]
            running = connection.execute(
                text("SELECT count(*) FROM process_instance WHERE ended_at IS NULL")
            ).scalar_one()
        if running:
            return False
        lines = list(self.notebook.read())
        wanted = {(line["name"], line["token"]) for line in lines if line["act"] == "publish"}
        given = {
            (line["name"], line["token"])
            for line in lines
            if line["act"] == "publish" and line["phase"] == "ack"
        }
        return wanted == given


def _all_handlers() -> HandlerRegistry:
    registry = HandlerRegistry.from_packages("tasks")
    registry.register_module(outside)
    return registry


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def last_lines(folder: Path, names: Sequence[str], count: int = 15) -> str:
    """The ends of the processes' logs, for a report of what went wrong."""
    parts = []
    for name in names:
        path = folder / f"{name}.log"
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            parts.append(f"--- {name}\n" + "\n".join(lines[-count:]))
    return "\n".join(parts)
