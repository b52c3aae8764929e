"""A short torture on each database, and what it is made of: faults strike where they are told to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .aims import EACH_BOUNDARY
from .faults import BOUNDARIES, VARIABLE, faults
from .session import SHORT, torture

STRUCK = """
import os, shutil, sys
os.environ["TENURE_TORTURE_LOG"] = os.devnull
from datetime import UTC, datetime, timedelta
from engine import SYSTEM, Database, FixedClock, ProcessEngine
from tests.torture import outside
from tests.torture.faults import BOUNDARIES, faults, install
from tests.torture.models import FILES

def live(file, boundary):
    clock = FixedClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    database = Database(f"sqlite:///{file}", durable=False)
    engine = ProcessEngine(database, clock=clock, handlers=outside.HANDLERS)
    engine.deploy(list(FILES), by=SYSTEM)
    install(faults(boundary + ":*:1"))
    variables = {"token": "t", "items": [1]}
    engine.start_process_instance("torture_order", variables=variables, by=SYSTEM)
    for task in engine.user_tasks(by=SYSTEM).items:
        engine.complete_user_task(task.key, {}, by=SYSTEM)
    engine.run_until_idle()
    clock.advance(timedelta(seconds=5))
    engine.run_until_idle()
    engine.publish_message("torture-letter", "t", by=SYSTEM)

for boundary in BOUNDARIES:
    file = shutil.copy(sys.argv[1], f"{sys.argv[1]}.{boundary}")
    pid = os.fork()
    if not pid:
        live(file, boundary)
        os._exit(0)
    print(boundary, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def test_a_fault_kills_at_every_boundary(sqlite_template, tmp_path):
    file = shutil.copy(sqlite_template, tmp_path / "tenure.db")

    ended = subprocess.run(
        [sys.executable, "-c", STRUCK, str(file)], capture_output=True, text=True, check=True
    )

    assert ended.stdout.splitlines() == [f"{boundary} -9" for boundary in BOUNDARIES]


def test_an_unknown_boundary_is_refused():
    with pytest.raises(ValueError, match="there are after_instance_lock"):
        faults("after_lunch:*:1")


def test_the_program_takes_no_faults_from_its_settings(tmp_path):
    environ = {
        **os.environ,
        VARIABLE: ",".join(f"{boundary}:*:1" for boundary in BOUNDARIES),
        "TENURE_HOME": str(tmp_path),
    }
    program = [sys.executable, "-m", "tenure"]

    for command in (["db", "upgrade"], ["deploy", "processes/approval_chain"]):
        subprocess.run([*program, *command], env=environ, check=True, capture_output=True)


@pytest.mark.parametrize("package", ["engine", "tasks", "webui", "tenure"])
def test_the_shipped_code_knows_nothing_of_faults(package):
    files = list(Path(package).rglob("*.py"))

    assert files
    assert not [str(file) for file in files if VARIABLE in file.read_text() or "SIGKILL" in file.read_text()]


def test_nothing_is_lost_and_nothing_happens_twice_when_processes_are_killed(empty_database_url, tmp_path):
    outcome = torture(empty_database_url, tmp_path, SHORT, seed=5)

    assert outcome.faults == []
    assert all(outcome.struck[aim] for aim in EACH_BOUNDARY)
    assert outcome.kills.total() >= SHORT.kills
    assert outcome.counts["instances at their end"] > 0
