"""Trouble with PostgreSQL: a connection breaks, all of them break, the server crashes and comes back."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from sqlalchemy import create_engine, text

from tests.databases import Switch

from .checks import Findings
from .room import Member, Room

ONE = " ORDER BY random() LIMIT 1"


def break_connection(room: Room) -> None:
    _terminate(room, ONE)
    room.kills["connection broken"] += 1


def break_all_connections(room: Room) -> None:
    _terminate(room, "")
    room.kills["all connections broken"] += 1


def crash(room: Room, switch: Switch, findings: Findings, patience: float) -> None:
    """The server crashes. Nodes that were ready must say that they are not, and be ready again when it is
    back, without being started anew."""
    ready = [(member, member.pid) for member in room.alive() if member.port and is_ready(member)]
    switch.off()
    for member, pid in ready:
        said = _wait(room, member, pid, False, patience)
        findings.expect("nodes unready without the database", said, f"{member.name} went on saying ready")
    switch.on()
    for member, pid in ready:
        said = _wait(room, member, pid, True, patience)
        findings.expect("nodes ready again with the database", said, f"{member.name} did not come back")
    room.kills["server crashed"] += 1


def is_ready(member: Member) -> bool | None:
    """What /readyz says; None when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{member.port}/readyz", timeout=60) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except (OSError, EOFError, urllib.error.URLError):
        return None


def _wait(room: Room, member: Member, pid: int | None, wanted: bool, patience: float) -> bool:
    """Until the node says so, or this life of it is over by a fault that was planned."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        room.bury()
        if member.pid != pid or is_ready(member) is wanted:
            return True
        time.sleep(0.1)
    return False


def _terminate(room: Room, which: str) -> None:
    database = create_engine(room.url)
    with database.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE"
                f" datname = current_database() AND pid <> pg_backend_pid(){which}) AS chosen"
            )
        )
    database.dispose()
