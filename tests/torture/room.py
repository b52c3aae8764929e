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

from engine import SYSTEM, HandlerRegistry, ProcessEngine, upgrade_schema
from tasks.wiring import handler_services
from tenure.keys import read_or_create_key
from tenure.sample_accounts import create_roles, sample_account_names
from tenure.shipped import deploy_shipped
from tenure.wiring import MIGRATIONS

from . import faults, leaping_clock, outside
from .desk import PASSWORD, USER
from .engagements import enlist_suppliers
from .models import FILES
from .notebook import Notebook
from .nursery import Nursery

TO_STOP = 120.0
BEGUN = ("Serving http", "Working (", "Tenure is at")


@dataclass
class Member:
    """A process of the room. It is started again whenever it is dead."""

    name: str
    kind: str
    arguments: list[str]
    port: int = 0
    lives: int = 0
    pid: int | None = None
    told_before: int = 0
    """How long its log was when this life began."""

    @property
    def program(self) -> str:
        return "driver" if self.kind == "driver" else "node"


@dataclass
class Room:
    url: str
    folder: Path
    dice: random.Random
    pause: float = 0.1
    engagements: int = 0
    members: list[Member] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    ended_by_themselves: list[str] = field(default_factory=list)
    _nursery: Nursery = field(default_factory=Nursery)
    _held_ports: list[socket.socket] = field(default_factory=list)

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
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        services = handler_services(seal_key=read_or_create_key(home / "seal.key"))
        leaping_clock.LeapingClock(self.folder / "clock")
        engine = ProcessEngine(self.url, handlers=_all_handlers(), services=services)
        create_roles(engine)
        for user_id, name, group in sample_account_names():
            engine.create_user(user_id, name, by=SYSTEM, groups=[group])
        engine.create_user(USER, "Torturer", by=SYSTEM, password=PASSWORD, groups=["admin"])
        deploy_shipped(engine)
        engine.deploy(list(FILES), by=SYSTEM)
        enlist_suppliers(engine)
        engine.close()
        kinds = ["serve", "serve", "worker", "worker"] if self.is_postgres else ["run"]
        self.members += [
            Member(f"{kind}-{number}", kind, [kind], self._hold_port()) for number, kind in enumerate(kinds)
        ]
        pages = [f"http://127.0.0.1:{m.port}" for m in self.members if m.kind != "worker"]
        arguments = [self.url, str(self.folder), *pages, "--pause", str(self.pause)]
        arguments += ["--engagements", str(self.engagements)]
        self.members.append(Member("driver", "driver", arguments))

    def start(self, member: Member, chosen: Sequence[faults.Fault] = ()) -> None:
        """Begin the next life of a dead member, with these faults."""
        environ = {
            "TENURE_HOME": str(self.folder / "home"),
            "TENURE_DATABASE_URL": self.url,
            "TENURE_WATCH_PORT" if member.kind == "worker" else "TENURE_PORT": str(member.port),
            "TENURE_LOG_LEVEL": "WARNING",
            "TENURE_WEB_THREADS": "4",
            "TENURE_JOB_THREADS": "3",
            faults.VARIABLE: ",".join(map(str, chosen)),
            faults.DEATHS: str(self.deaths),
            outside.LOG: str(self.world),
            leaping_clock.FILE: str(self.folder / "clock"),
        }
        log = self.folder / f"{member.name}.log"
        member.told_before = log.stat().st_size if log.exists() else 0
        member.pid = self._nursery.start(member.program, member.arguments, environ, log)
        member.lives += 1

    def alive(self) -> list[Member]:
        return [member for member in self.members if member.pid is not None]

    def dead(self) -> list[Member]:
        return [member for member in self.members if member.pid is None]

    def kill(self, member: Member, why: str) -> None:
        """Nothing, when it has just died by itself."""
        if member.pid is None:
            return
        os.kill(member.pid, signal.SIGKILL)
        while member.pid is not None:
            self.bury()
            time.sleep(0.01)
        self.kills[f"{member.kind} {why}"] += 1

    def bury(self, *, stopping: bool = False) -> None:
        """Notice who has ended; only a SIGKILL, or a wish to stop, is a reason."""
        reasons = {-signal.SIGKILL, 0, -signal.SIGTERM} if stopping else {-signal.SIGKILL}
        for pid, code in self._nursery.ended().items():
            for member in self.members:
                if member.pid == pid:
                    member.pid = None
                    if code == 1 and self._could_not_begin(member):
                        self.kills[f"{member.kind} not begun without the database"] += 1
                    elif code not in reasons:
                        self.ended_by_themselves.append(f"{member.name}: exit {code}")

    def close(self) -> None:
        """Ask the nodes to stop, and kill who does not."""
        for member in self.alive():
            assert member.pid is not None
            os.kill(member.pid, signal.SIGKILL if member.kind == "driver" else signal.SIGTERM)
        end = time.monotonic() + TO_STOP
        while self.alive() and time.monotonic() < end:
            self.bury(stopping=True)
            time.sleep(0.05)
        for member in self.alive():
            self.ended_by_themselves.append(f"{member.name} did not stop when asked")
            self.kill(member, "because it did not stop")
        self._nursery.close()
        for held in self._held_ports:
            held.close()

    def lives(self) -> int:
        return sum(member.lives for member in self.members)

    def _could_not_begin(self, member: Member) -> bool:
        """It found no database when it began, said so and ended: whoever starts it will start it again."""
        log = (self.folder / f"{member.name}.log").read_bytes()[member.told_before :].decode(errors="replace")
        last = log.strip().rpartition("\n")[2]
        return not any(sign in log for sign in BEGUN) and last.startswith("Error: ") and "database" in last

    def _hold_port(self) -> int:
        """A port for a node that comes and goes: bound here, so that nobody else gets it meanwhile."""
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        self._held_ports.append(held)
        port: int = held.getsockname()[1]
        return port


def _all_handlers() -> HandlerRegistry:
    registry = HandlerRegistry.from_packages("tasks")
    registry.register_module(outside)
    return registry


def last_lines(folder: Path, names: Sequence[str], count: int = 15) -> str:
    """The ends of the processes' logs, for a report of what went wrong."""
    parts = []
    for name in names:
        path = folder / f"{name}.log"
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            parts.append(f"--- {name}\n" + "\n".join(lines[-count:]))
    return "\n".join(parts)
