"""`python -m tests.torture.driver`: people and programs that use Tenure, over HTTP and through the facade.

It is killed like the nodes are. What it tries and what was acknowledged stands in its notebook; what was not
acknowledged is tried again under the same id, as a careful client does.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import (
    SYSTEM,
    Actor,
    AlreadyExists,
    Database,
    HandlerRegistry,
    ProcessEngine,
    Refused,
    Unavailable,
    UserTask,
    UserTaskAlreadyCompleted,
    UserTaskCancelled,
    UserTaskState,
)
from tasks.wiring import handler_services
from tenure.sample_accounts import sample_account_names

from . import faults, outside
from .models import ITEMS, STARTED_BY_HAND
from .notebook import Notebook

USER, PASSWORD = "torturer", "a long enough secret 1"
HOUR = timedelta(hours=1)
LETTERS = {"torture_order": "torture-letter", "torture_race": "torture-word"}
PEOPLE = {group: user_id for user_id, _, group in reversed(list(sample_account_names()))}


class Driver:
    def __init__(self, url: str, pages: list[str], notebook: Notebook, resting: Path, pause: float) -> None:
        handlers = HandlerRegistry.from_packages("tasks")
        handlers.register_module(outside)
        self._engine = ProcessEngine(
            Database(url, pool_size=4), handlers=handlers, services=handler_services(seal_key=b"k" * 32)
        )
        self._pages, self._notebook, self._resting, self._pause = pages, notebook, resting, pause
        self._letters: dict[tuple[str, str], None] = {}
        for line in notebook.read():
            if line["act"] == "start" and line["process"] in LETTERS:
                self._letters[LETTERS[line["process"]], line["token"]] = None
            elif line["act"] == "publish":
                self._letters[line["name"], line["token"]] = None
        for line in notebook.read():
            if line["act"] == "publish" and line["phase"] == "ack":
                self._letters.pop((line["name"], line["token"]), None)

    def run(self) -> None:
        for work in (self._start, self._publish, self._complete, self._complete):
            threading.Thread(target=self._go_on, args=(work,), daemon=True).start()
        threading.Event().wait()

    def _go_on(self, work: Callable[[], None]) -> None:
        while True:
            try:
                work()
            except Unavailable:
                time.sleep(0.5)
            except Exception as error:
                self._notebook.write("error", work.__name__, text=f"{type(error).__name__}: {error}")
                time.sleep(0.5)
            time.sleep(random.uniform(0.5, 1.5) * self._pause)

    # --- what a program does -------------------------------------------------------------------------

    def _start(self) -> None:
        if self._resting.exists():
            return
        token = uuid.uuid4().hex
        if random.random() < 0.15:
            self._letters["torture-call", token] = None
            return
        if random.random() < 0.1:
            self._ask_for_approval(token)
            return
        process = random.choice(STARTED_BY_HAND)
        self._notebook.write("try", "start", process=process, token=token)
        variables = {"token": token, "items": list(range(ITEMS))}
        answer = self._post(
            {"processDefinitionId": process, "businessId": token, "variables": variables},
        )
        if answer is not None:
            self._notebook.write(
                "ack", "start", process=process, token=token, key=int(answer["processInstanceKey"])
            )
        if process in LETTERS:
            self._letters[LETTERS[process], token] = None

    def _ask_for_approval(self, token: str) -> None:
        self._notebook.write("try", "start", process="approval_chain", token=token)
        facts = {
            "docType": "tender",
            "docId": 7,
            "docTitle": "Cleaning",
            "criticality": "critical",
            "amountCny": 12_000_000,
            "termMonths": 48,
        }
        started = self._engine.start_process_instance(
            "approval_chain", variables=facts, business_key=token, by=SYSTEM
        )
        self._notebook.write("ack", "start", process="approval_chain", token=token, key=started.key)

    def _publish(self) -> None:
        if not self._letters:
            return
        name, token = random.choice(list(self._letters))
        if name == "torture-word" and random.random() < 0.5 and not self._resting.exists():
            return
        self._notebook.write("try", "publish", name=name, token=token)
        with contextlib.suppress(AlreadyExists):
            self._engine.publish_message(
                name,
                token,
                variables={"token": token},
                time_to_live=HOUR,
                message_id=token,
                by=SYSTEM,
            )
        self._notebook.write("ack", "publish", name=name, token=token)
        del self._letters[name, token]

    def _post(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the node answers; None when it died over it or was not there."""
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            random.choice(self._pages) + "/v2/process-instances",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {credentials}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            if error.code != 503:
                text = f"HTTP {error.code}: {error.read()[:500]!r}"
                self._notebook.write("error", "post", text=text)
        except (OSError, EOFError, ValueError, urllib.error.URLError):
            pass
        except Exception as error:  # what http.client makes of a connection that breaks off
            if "http.client" not in type(error).__module__:
                raise
        return None

    # --- what people do ------------------------------------------------------------------------------

    def _complete(self) -> None:
        found = [t for t in self._engine.user_tasks(by=SYSTEM, limit=100).items if _is_open(t)]
        if not self._resting.exists():
            found = [t for t in found if t.element_id != "linger" or random.random() < 0.2]
        if not found:
            return
        task = random.choice(found)
        token = uuid.uuid4().hex
        self._notebook.write("try", "complete", key=task.key, token=token)
        by = Actor(user_id=PEOPLE[task.candidate_groups[0]] if task.candidate_groups else USER)
        chain = task.process_id == "approval_chain"
        values = {"comment": token} if chain else {f"done_{task.key}": token}
        try:
            self._engine.complete_user_task(task.key, values, by=by, outcome="approve" if chain else None)
        except (UserTaskAlreadyCompleted, UserTaskCancelled):
            return
        except Refused as refused:
            self._notebook.write("error", "complete", text=f"{task.element_id}: {refused}")
            return
        self._notebook.write("ack", "complete", key=task.key, token=token, process=task.process_id)


def _is_open(task: UserTask) -> bool:
    return task.state is UserTaskState.CREATED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("resting", type=Path, help="while this file is there, nothing new is started")
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--pause", type=float, default=0.1)
    given = parser.parse_args()
    chosen = faults.faults(os.environ.get(faults.VARIABLE, ""))
    if chosen:
        faults.install(chosen)
    Driver(given.url, given.pages, Notebook(given.notebook), given.resting, given.pause).run()


if __name__ == "__main__":
    main()
