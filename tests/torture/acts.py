"""What people and programs do, each act over and over: start, publish, complete, work, mend, cancel.

What is tried and what was acknowledged is noted. What got no answer is tried again under the same id, as a
careful client does.
"""

from __future__ import annotations

import contextlib
import random
import uuid
from datetime import timedelta

from engine import (
    SYSTEM,
    Actor,
    AlreadyExists,
    IncidentAlreadyResolved,
    IncidentFilter,
    InstanceState,
    JobNotActivatable,
    JobNotFound,
    ProcessInstanceFilter,
    ProcessInstanceNotActive,
    Refused,
    UserTask,
    UserTaskAlreadyCompleted,
    UserTaskCancelled,
    UserTaskState,
)
from tenure.sample_accounts import sample_account_names

from . import outside
from .desk import USER, Desk
from .models import CANCELLED, MODELS, STARTED_BY_HAND
from .models.model import ITEMS

LONG = timedelta(days=9999)
LOCK = timedelta(seconds=3)
LETTERS = {"torture_order": "torture-letter", "torture_race": "torture-word"}
PEOPLE = {group: user_id for user_id, _, group in reversed(list(sample_account_names()))}
APPROVAL = {
    "docType": "tender",
    "docId": 7,
    "docTitle": "Cleaning",
    "criticality": "critical",
    "amountCny": 12_000_000,
    "termMonths": 48,
}


class Start:
    """Start small processes over HTTP, and chains of approval through the facade."""

    def __init__(self, desk: Desk, letters: Publish) -> None:
        self._desk, self._letters = desk, letters

    def __call__(self) -> None:
        if self._desk.is_resting:
            return
        token = uuid.uuid4().hex
        dice = random.random()
        if dice < 0.1:
            self._letters.add("torture-call", token)
        elif dice < 0.2:
            self._letters.add("torture-turn", token)
        elif dice < 0.25:
            self._ask_for_approval(token)
        else:
            self._start(random.choice(STARTED_BY_HAND), token)

    def _start(self, process: str, token: str) -> None:
        self._desk.tried("start", process=process, token=token)
        variables = {"token": token, "items": list(range(ITEMS))}
        if random.random() < 0.7:
            answer = self._desk.post(
                "/v2/process-instances",
                {"processDefinitionId": process, "businessId": token, "variables": variables},
            )
            key = int(answer["processInstanceKey"]) if answer else None
        else:
            started = self._desk.engine.start_process_instance(
                process, variables=variables, business_key=token, by=SYSTEM
            )
            key = started.key
        if key is not None:
            self._desk.acknowledged("start", process=process, token=token, key=key)
        if process in LETTERS:
            self._letters.add(LETTERS[process], token)

    def _ask_for_approval(self, token: str) -> None:
        self._desk.tried("start", process="approval_chain", token=token)
        started = self._desk.engine.start_process_instance(
            "approval_chain", variables=APPROVAL, business_key=token, by=SYSTEM
        )
        self._desk.acknowledged("start", process="approval_chain", token=token, key=started.key)


class Publish:
    """Publish what instances wait for or are started by, each message until it is acknowledged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._letters: dict[tuple[str, str], None] = {}
        lines = list(desk.notebook.read())
        for line in lines:
            if line["act"] == "start" and line["process"] in LETTERS:
                self.add(LETTERS[line["process"]], line["token"])
            elif line["act"] == "publish":
                self.add(line["name"], line["token"])
        for line in lines:
            if line["act"] == "publish" and line["phase"] == "ack":
                self._letters.pop((line["name"], line["token"]), None)

    def add(self, name: str, token: str) -> None:
        self._letters[name, token] = None

    def __call__(self) -> None:
        if not self._letters:
            return
        name, token = random.choice(list(self._letters))
        if name == "torture-word" and random.random() < 0.5 and not self._desk.is_resting:
            return
        self._desk.tried("publish", name=name, token=token)
        queue = f"queue-{token[0]}"  # few for many messages, so that most have to wait their turn
        with contextlib.suppress(AlreadyExists):
            self._desk.engine.publish_message(
                name,
                queue if name == "torture-turn" else token,
                variables={"token": token, "queue": queue},
                time_to_live=LONG,
                message_id=token,
                by=SYSTEM,
            )
        self._desk.acknowledged("publish", name=name, token=token)
        self._letters.pop((name, token), None)


class Ring:
    """Broadcast a signal, now and then. There is no second try: nobody could tell it from another one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self) -> None:
        if self._desk.is_resting or random.random() > 0.2:
            return
        token = uuid.uuid4().hex
        self._desk.tried("ring", token=token)
        self._desk.engine.broadcast_signal("torture-bell", by=Actor(user_id=token, is_system=True))
        self._desk.acknowledged("ring", token=token)


class Complete:
    """People do whatever task is open."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self) -> None:
        engine, resting = self._desk.engine, self._desk.is_resting
        found = [t for t in engine.user_tasks(by=SYSTEM, limit=500).items if _is_for_us(t)]
        if not resting:
            found = [t for t in found if t.element_id != "linger" or random.random() < 0.2]
        if not found:
            return
        task = random.choice(found)
        token = uuid.uuid4().hex
        self._desk.tried("complete", key=task.key, token=token)
        by = Actor(user_id=PEOPLE[task.candidate_groups[0]] if task.candidate_groups else USER)
        chain = task.process_id == "approval_chain"
        values = {"comment": token} if chain else {f"done_{task.key}": token}
        try:
            engine.complete_user_task(task.key, values, by=by, outcome="approve" if chain else None)
        except (UserTaskAlreadyCompleted, UserTaskCancelled):
            return
        except ProcessInstanceNotActive:
            return
        except Refused as refused:
            self._desk.told("complete", f"{task.element_id}: {refused}")
            return
        self._desk.acknowledged("complete", key=task.key, token=token, process=task.process_id)


class Work:
    """A worker of another program: takes jobs, calls the world, and says how it went."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._name = desk, uuid.uuid4().hex

    def __call__(self) -> None:
        engine = self._desk.engine
        jobs = engine.activate_jobs(
            "torture.outside", by=SYSTEM, worker=self._name, max_jobs=3, lock_time=LOCK, variables=["token"]
        )
        for job in jobs:
            outside.call(job.key, f"outside-{job.key}")
            dice = random.random()
            self._desk.tried("work", key=job.key)
            try:
                if dice < 0.2:
                    engine.fail_job(
                        job.key, by=SYSTEM, retries=job.retries - 1, message="busy", worker=self._name
                    )
                    continue
                if dice < 0.4:
                    engine.throw_job_error(job.key, "OUTSIDE_REFUSED", by=SYSTEM, worker=self._name)
                else:
                    engine.complete_job(job.key, {"fetched": True}, by=SYSTEM, worker=self._name)
            except (JobNotActivatable, JobNotFound, ProcessInstanceNotActive):
                continue
            self._desk.acknowledged("work", key=job.key, done=dice >= 0.4)


class Mend:
    """An operator puts in the price that was missing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self) -> None:
        engine = self._desk.engine
        found = engine.incidents(IncidentFilter(process_id="torture_priced"), by=SYSTEM, limit=50).items
        if not found:
            return
        incident = random.choice(found)
        self._desk.tried("mend", key=incident.key)
        try:
            engine.resolve_incident(incident.key, variables={"price": 5}, by=SYSTEM)
        except (IncidentAlreadyResolved, ProcessInstanceNotActive):
            return
        self._desk.acknowledged("mend", key=incident.key)


class Operate:
    """An operator cancels what nobody else ends, and suspends families of instances for a moment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self) -> None:
        if random.random() < 0.5:
            self._cancel()
        else:
            self._suspend_or_resume()

    def _cancel(self) -> None:
        found = self._found(InstanceState.ACTIVE, CANCELLED.process_id)
        if not found:
            return
        key = random.choice(found)
        self._desk.tried("cancel", key=key)
        try:
            self._desk.engine.cancel_process_instance(key, by=SYSTEM)
        except ProcessInstanceNotActive:
            return
        self._desk.acknowledged("cancel", key=key)

    def _suspend_or_resume(self) -> None:
        engine, suspended = self._desk.engine, self._found(InstanceState.SUSPENDED)
        with contextlib.suppress(ProcessInstanceNotActive):
            if suspended:
                engine.resume_process_instance(random.choice(suspended), by=SYSTEM)
            elif not self._desk.is_resting and random.random() < 0.2:
                running = self._found(InstanceState.ACTIVE)
                if running:
                    engine.suspend_process_instance(random.choice(running), by=SYSTEM)

    def _found(self, state: InstanceState, process_id: str | None = None) -> list[int]:
        wanted = ProcessInstanceFilter(states=(state,), process_id=process_id)
        found = self._desk.engine.process_instances(wanted, by=SYSTEM, limit=500).items
        return [one.key for one in found if one.root_key == one.key and one.process_id in MODELS]


def _is_for_us(task: UserTask) -> bool:
    """Of small processes, and of chains of approval that were started by themselves."""
    alone = task.root_process_instance_key == task.process_instance_key
    ours = task.process_id in MODELS or (task.process_id == "approval_chain" and alone)
    return ours and task.state is UserTaskState.CREATED and not task.candidate_users
