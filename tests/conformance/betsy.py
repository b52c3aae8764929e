"""The betsy suite (features and rules of BPMN, University of Bamberg) on the real engine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine import SYSTEM, DeploymentRejected, EngineError, Job, Problem, Resource

from .rewriting import Diagram, local
from .room import Outcome, Room, Rooms

WAIT = timedelta(seconds=10)
REFUSED = (
    "complexGateway",
    "globalTask",
    "globalScriptTask",
    "globalUserTask",
    "eventDefinitionRef",
)
"""What ENGINE.md refuses, or nobody but betsy draws: a clear problem passes in place of the trace."""


def run(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    suite = _suite(folder)
    for test in suite["tests"]:
        yield run_test(test, folder, rooms)


def run_constraints(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    for constraint in _suite(folder)["constraints"]:
        yield run_constraint(constraint, folder, rooms)


def run_test(test: Mapping[str, Any], folder: Path, rooms: Rooms) -> Outcome:
    """A test passes when every case of it does."""
    file = folder / test["zeebe_file"]
    for case in test["cases"]:
        expected = Counter(case["expected_multiset"])
        with rooms.open() as room:
            play = Play(room, case)
            try:
                play.play(file.name, file.read_bytes())
            except Exception as error:
                play.crash = f"{type(error).__name__}: {error}"
            if not play.crash and _fits(play, expected, test, file):
                continue
            seen = play.crash or f"{dict(Counter(play.trace))} {play.notes}"
            return Outcome(test["id"], f"case {case['n']}: {dict(expected)}", seen[:600])
    return Outcome(test["id"])


def run_constraint(constraint: Mapping[str, Any], folder: Path, rooms: Rooms) -> Outcome:
    """Reported with a problem that names an element of the file; deploying it crashes nothing."""
    path = folder / constraint["file"]
    case_id = f"betsy.constraints.{path.stem}"
    resource = Resource(name=path.name, content=path.read_bytes())
    with rooms.open() as room:
        try:
            problems = room.engine.check([resource])
            _try_to_deploy(room, resource)
        except Exception as error:
            return Outcome(case_id, "a problem", f"{type(error).__name__}: {error}"[:600])
    if any(_names_an_element(problem, resource) for problem in problems):
        return Outcome(case_id)
    return Outcome(case_id, "a problem that names the element", "; ".join(map(str, problems)) or "none")


class Play:
    """One case: jobs write the trace that the scripts of the model stand for."""

    def __init__(self, room: Room, case: Mapping[str, Any]) -> None:
        self.room, self.case = room, case
        self.trace: list[str] = []
        self.notes = ""
        self.crash = ""
        self.problems: list[Problem] = []
        self._marker = False
        self._begun: dict[int, datetime] = {}

    def play(self, name: str, content: bytes) -> None:
        try:
            self.room.deploy({name: content})
        except DeploymentRejected as rejected:
            self.trace.append("ERROR_deployment")
            self.problems = list(rejected.problems)
            self.notes = str(rejected)
            return
        try:
            for start in self.case["start"]:
                self.room.start(start["process"], start["variables"])
                self._work()
            for _ in range(self.case.get("delay_ms_before_checking", 0) // 1000):
                self.room.advance(timedelta(seconds=1))
                self._work()
        except EngineError as error:
            self.trace.append("ERROR_runtime")
            self.notes = str(error)
        for incident in self.room.incidents():
            uncaught = incident.error_type == "UNHANDLED_ERROR_EVENT"
            self.trace.append("ERROR_thrownErrorEvent" if uncaught else "ERROR_runtime")
            self.notes += incident.message
        if self._marker and "MARKER_exists" in self.case["expected_multiset"]:
            self.trace.append("MARKER_exists")

    def _work(self) -> None:
        """Do all jobs that can be done now."""
        failed = {incident.job_key for incident in self.room.incidents()}
        for _ in range(500):
            jobs = [job for job in self.room.open_jobs() if job.key not in failed]
            self._note_parallel(jobs)
            done = [self._do(job) for job in jobs[:1]] or [False]
            if not done[0]:
                done = [self._do(job) for job in jobs[1:]]
            if not any(done):
                return
            failed = {incident.job_key for incident in self.room.incidents()}

    def _do(self, job: Job) -> bool:
        if job.key not in {still.key for still in self.room.open_jobs()}:
            return False
        token = job.headers.get("token", "")
        variables: dict[str, Any] = {}
        if job.type == "betsy-send":
            self.room.complete_job(job)
            self.room.publish(job.headers["message"], "betsy")
            return True
        if token == "WAIT_TEN_SECONDS" or token.startswith("CREATE_TIMESTAMP"):
            if self.room.clock.now() - self._begun.setdefault(job.key, self.room.clock.now()) < WAIT:
                return False
        elif token.startswith("SCRIPT"):
            self.trace.append(token)
        elif token.startswith("INCREMENT"):
            variables["integerVariable"] = self._variable(job, "integerVariable") + 1
            if token.endswith("_LOG"):
                self.trace.append("INCREMENT")
        elif token == "SET_STRING_DATA":
            variables["data"] = "String"
        elif token == "LOG_DATA":
            if self._variable(job, "data") == "String":
                self.trace.append("DATA_correct")
        elif token == "CREATE_MARKER_FILE":
            self._marker = True
        if token == "THROW_ERROR":
            self.room.throw_error(job, "ERR_CODE")
        else:
            self.room.complete_job(job, variables)
        return True

    def _note_parallel(self, jobs: list[Job]) -> None:
        at_once = [job for job in jobs if job.headers.get("token", "").startswith("CREATE_TIMESTAMP")]
        if len(at_once) == 2 and "EXECUTION_parallel" not in self.trace:
            self.trace.append("EXECUTION_parallel")

    def _variable(self, job: Job, name: str) -> Any:
        """As a worker sees it who takes the job."""
        taken = self.room.engine.activate_jobs(
            job.type, by=SYSTEM, worker="betsy", max_jobs=100, lock_time=timedelta(microseconds=1)
        )
        self.room.clock.advance(timedelta(microseconds=2))
        return next(one.variables[name] for one in taken if one.key == job.key)


def _fits(play: Play, expected: Counter[str], test: Mapping[str, Any], file: Path) -> bool:
    seen = Counter(play.trace)
    if seen == expected:
        return True
    if expected == Counter({"ERROR": 1}):
        return set(seen) <= {"ERROR_deployment", "ERROR_runtime"} and bool(seen)
    refused = seen == Counter({"ERROR_deployment": 1})
    if refused and test["profile"] in ("c8-ignores", "c8-rejects"):
        return _may_be_refused(Diagram(file.read_bytes())) and any(p.element_id for p in play.problems)
    return False


def _may_be_refused(diagram: Diagram) -> bool:
    """Complex gateways, token quantities, behaviours of multi-instance, several definitions on one event,
    instantiating receive tasks, global tasks."""
    if diagram.all(*REFUSED):
        return True
    for node in diagram.root.iter():
        if not isinstance(node.tag, str):
            continue
        if node.get("instantiate") == "true" or node.get("startQuantity") or node.get("completionQuantity"):
            return True
        if local(node) == "multiInstanceLoopCharacteristics" and node.get("behavior", "All") != "All":
            return True
        if sum(1 for c in node if isinstance(c.tag, str) and local(c).endswith("EventDefinition")) > 1:
            return local(node).endswith("Event")
    return False


def _try_to_deploy(room: Room, resource: Resource) -> None:
    """Refused or not, as a deployment and as a draft, nothing crashes."""
    for draft in (False, True):
        try:
            room.engine.deploy([resource], by=SYSTEM, draft=draft)
        except DeploymentRejected:
            continue


def _names_an_element(problem: Problem, resource: Resource) -> bool:
    return bool(problem.element_id) and problem.element_id.encode() in resource.content


def _suite(folder: Path) -> Any:
    return json.loads((folder / "betsy.json").read_text(encoding="utf-8"))
