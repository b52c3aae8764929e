"""Plays the cases of the zeebe suite (cases.jsonl) on anything that can be driven like `Driver`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol


class Driver(Protocol):
    """The engine as a case sees it; every verb runs until no more work can be done.

    Instances are named by keys in the order in which they began. `events` are those of one instance.
    """

    def deploy_files(self, names: Sequence[str]) -> list[str]: ...  # messages of the errors
    def deployed_processes(self) -> list[str]: ...
    def start(self, process_id: str, variables: Mapping[str, Any]) -> int: ...
    def complete_job(self, job_type: str, variables: Mapping[str, Any]) -> Any: ...
    def fail_job(self, job_type: str, retries: int) -> None: ...
    def update_retries(self, job_type: str, retries: int) -> None: ...
    def throw_error(self, job_type: str, code: str, message: str, variables: Mapping[str, Any]) -> None: ...
    def publish(self, name: str, key: str, variables: Mapping[str, Any], ttl: timedelta) -> None: ...
    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None: ...
    def advance(self, step: timedelta) -> None: ...
    def set_variables_at(self, place: str, variables: Mapping[str, Any], local: bool) -> None: ...
    def resolve_incident(self, element_id: str) -> None: ...
    def complete_user_task(self, element_id: str, variables: Mapping[str, Any]) -> None: ...
    def cancel(self, instance: int) -> None: ...
    def open_job_types(self) -> list[str]: ...
    def completed_jobs(self) -> list[tuple[str, str]]: ...  # (type, kind)
    def open_user_task(self, element_id: str) -> Mapping[str, Any]: ...
    def open_incidents(self) -> list[tuple[str, str, str]]: ...  # (type, element, message)
    def incidents_created(self) -> int: ...
    def all_instances(self) -> list[tuple[int, str, int | None]]: ...  # (key, process id, parent key)
    def state(self, instance: int) -> str: ...
    def events(self, instance: int) -> list[str]: ...
    def variables(self, instance: int) -> Mapping[str, Any]: ...
    def local_variables(self, element_id: str) -> list[Mapping[str, Any]]: ...  # one per instance of it
    def variable_history(self, name: str) -> list[Any]: ...
    def timers_created_for(self, element_id: str) -> int: ...
    def open_timers(self) -> int: ...
    def signals_broadcast(self) -> list[str]: ...
    def end_events(self) -> set[str]: ...


class CaseFailed(AssertionError):
    """A case saw something else than it expected."""


def play(case: Mapping[str, Any], driver: Driver) -> None:
    """Run all steps of the case, then check what it expects. Raises CaseFailed."""
    Player(driver).play(case)


class Player:
    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.named: dict[str, int] = {}
        self.first: int | None = None

    def play(self, case: Mapping[str, Any]) -> None:
        problems = self.driver.deploy_files(case["deploy"])
        expected = {**case.get("also", {}), **case.get("expect", {})}
        self._check_deployment(expected, problems)
        if expected.get("deploy") == "rejected":
            return
        for step in case["steps"]:
            self._step(step)
        for section in ("expect", "also"):
            for name, value in case.get(section, {}).items():
                self._expect(name, value)

    # --- steps ----------------------------------------------------------------------------------

    def _step(self, step: Mapping[str, Any]) -> None:
        driver, variables = self.driver, step.get("variables") or {}
        match next(iter(step)):
            case "start":
                key = driver.start(step["start"], variables)
                self.first = key if self.first is None else self.first
                self.named[step.get("as", "")] = key
            case "complete_job":
                for _ in range(step.get("times", 1)):
                    driver.complete_job(step["complete_job"], variables)
            case "complete_jobs_in_order":
                for each in step["variables_each"]:
                    driver.complete_job(step["complete_jobs_in_order"], each)
            case "fail_job":
                driver.fail_job(step["fail_job"], step["retries"])
            case "update_retries":
                driver.update_retries(step["update_retries"], step["retries"])
            case "throw_error":
                driver.throw_error(step["throw_error"], step["code"], step.get("message", ""), variables)
            case "publish_message":
                ttl = duration(step.get("ttl", "PT0S"))
                driver.publish(step["publish_message"], step.get("key", ""), variables, ttl)
            case "broadcast_signal":
                driver.broadcast(step["broadcast_signal"], variables)
            case "advance_clock":
                driver.advance(duration(step["advance_clock"]))
            case "set_variables":
                driver.set_variables_at(step["scope"], step["set_variables"], step.get("local", False))
            case "resolve_incident":
                driver.resolve_incident(step["resolve_incident"])
            case "complete_user_task":
                driver.complete_user_task(step["complete_user_task"], variables)
            case "cancel_instance":
                assert self.first is not None
                driver.cancel(self.first)
            case "expect_job":
                _check("open jobs", step["expect_job"]["type"] in driver.open_job_types(), step)
            case "expect_user_task":
                self._expect_user_task(step["expect_user_task"])
            case "expect_incident":
                self._expect_incident(step["expect_incident"])
            case "expect_sequence":
                self._expect_sequence(step["expect_sequence"])
            case "expect_not":
                seen = self._all_events()
                _check("never", not set(step["expect_not"]) & set(seen), step)
            case other:
                raise CaseFailed(f"no such step: {other}")

    # --- expectations ---------------------------------------------------------------------------

    def _expect(self, name: str, value: Any) -> None:
        driver = self.driver
        events = self._all_events()
        counts = Counter(events)
        match name:
            case "deploy" | "message_contains" | "deployed_process_ids" | "deployed_processes":
                pass
            case "state":
                _check("state", self._state() == value, (value, self._state()))
            case "sequence":
                self._expect_sequence(value)
            case "completed" | "activated" | "terminated":
                missing = [e for e in value if not counts[f"{e}:{name}"]]
                _check(name, not missing, missing)
            case "never_activated":
                _check(name, not [e for e in value if counts[f"{e}:activated"]], value)
            case "not_completed":
                _check(name, not [e for e in value if counts[f"{e}:completed"]], value)
            case "active":
                for element in value:
                    alive = counts[f"{element}:activated"] - counts[f"{element}:completed"]
                    _check(name, alive - counts[f"{element}:terminated"] > 0, element)
            case "completed_counts" | "activated_counts" | "terminated_counts" | "taken_counts":
                word = name.removesuffix("_counts")
                for element, number in value.items():
                    seen = counts[f"{element}:{word}"]
                    _check(name, seen == number, (element, number, seen))
            case "triggered_counts":
                for element, number in value.items():
                    seen = counts[f"{element}:completed"]
                    _check(name, seen == number, (element, number, seen))
            case "completed_end_events":
                seen_ends = {e for e in driver.end_events() if counts[f"{e}:completed"]}
                _check(name, seen_ends == set(value), seen_ends)
            case "timers_created":
                for element, number in value.items():
                    seen = driver.timers_created_for(element)
                    _check(name, seen == number, (element, number, seen))
            case "open_timers":
                _check(name, driver.open_timers() == value, driver.open_timers())
            case "variables":
                _contains(name, driver.variables(self._first()), value)
            case "local_variables":
                for element, variables in value.items():
                    self._expect_local(element, variables)
            case "not_in_process_scope":
                seen_here = set(driver.variables(self._first())) & set(value)
                _check(name, not seen_here, seen_here)
            case "child_variables" | "child_variables_exactly":
                child = next(key for key, _, parent in driver.all_instances() if parent is not None)
                _contains(name, driver.variables(child), value)
                if name == "child_variables_exactly":
                    _check(name, set(driver.variables(child)) == set(value), driver.variables(child))
            case "child_instances":
                children = [key for key, _, parent in driver.all_instances() if parent is not None]
                _check(name, len(children) == value, children)
            case "variable_history":
                for variable, values in value.items():
                    seen_values = [plain(v) for v in driver.variable_history(variable)]
                    _check(name, seen_values == values, seen_values)
            case "incident":
                self._expect_incident(value)
            case "incidents":
                created, still_open = driver.incidents_created(), len(driver.open_incidents())
                _check(name, created == value.get("created", created), created)
                _check(name, created - still_open == value.get("resolved", created - still_open), still_open)
            case "instances":
                seen_instances = Counter(process for _, process, _ in driver.all_instances())
                for process, number in value.items():
                    _check(name, seen_instances[process] == number, seen_instances)
            case "instance_variable_values":
                for variable, values in value.items():
                    seen_values = [
                        plain(driver.variables(k).get(variable)) for k, _, _ in driver.all_instances()
                    ]
                    _check(name, seen_values == values, seen_values)
            case "instances_variables":
                for instance, variables in value.items():
                    _contains(name, driver.variables(self.named[instance]), variables)
            case "instances_state":
                for instance, state in value.items():
                    seen_state = driver.state(self.named[instance]).lower()
                    _check(name, seen_state == state, seen_state)
            case "after_further_advance":
                driver.advance(duration(value["advance_clock"]))
                self._expect("instances", value["instances"])
            case "jobs_completed_in_order":
                seen_jobs = [job_type for job_type, _ in driver.completed_jobs()]
                _check(name, seen_jobs == value, seen_jobs)
            case "job_kind":
                kinds = {kind for _, kind in driver.completed_jobs()}
                _check(name, kinds == {value}, kinds)
            case "signals_broadcast":
                _check(name, driver.signals_broadcast() == value, driver.signals_broadcast())
            case _:
                raise CaseFailed(f"no such expectation: {name}")

    def _check_deployment(self, expected: Mapping[str, Any], problems: list[str]) -> None:
        if expected.get("deploy") != "rejected":
            _check("deployment", not problems, problems)
        else:
            _check("deployment", bool(problems), "it was accepted")
            for part in expected.get("message_contains", ()):
                _check("deployment", part in "\n".join(problems), (part, problems))
        if "deployed_process_ids" in expected:
            seen = self.driver.deployed_processes()
            _check("deployment", sorted(seen) == sorted(expected["deployed_process_ids"]), seen)
        if "deployed_processes" in expected:
            seen = self.driver.deployed_processes()
            _check("deployment", len(seen) == expected["deployed_processes"], seen)

    def _expect_sequence(self, sequence: Sequence[str]) -> None:
        """In order within each instance. `terminating` is no lifecycle event that is kept: it is left out."""
        wanted = [event for event in sequence if not event.endswith(":terminating")]
        by_instance = [self.driver.events(key) for key, _, _ in self.driver.all_instances()]
        known = {event for events in by_instance for event in events}
        missing = [event for event in wanted if event not in known]
        _check("sequence", not missing, (missing, sorted(known)))
        for events in by_instance:
            own = [event for event in wanted if event in events]
            rest = iter(events)
            for event in own:
                _check("sequence", any(event == seen for seen in rest), (event, own, events))

    def _expect_incident(self, expected: Mapping[str, Any]) -> None:
        incidents = self.driver.open_incidents()
        for kind, element, message in incidents:
            if kind != expected["type"] or element != expected["element"]:
                continue
            if (
                message == expected.get("message", message)
                and expected.get("message_contains", "") in message
            ):
                return
        raise CaseFailed(f"incident: {expected} is not among {incidents}")

    def _expect_user_task(self, expected: Mapping[str, Any]) -> None:
        task = self.driver.open_user_task(expected["element"])
        for name, value in expected.items():
            if name in ("dueDate", "followUpDate"):
                seen = task[name]
                _check(name, seen == datetime.fromisoformat(value), (value, seen))
            elif name != "element":
                _check(name, plain(task[name]) == value, (value, task[name]))

    def _expect_local(self, element: str, expected: Mapping[str, Any]) -> None:
        seen = [{n: plain(v) for n, v in local.items()} for local in self.driver.local_variables(element)]
        fits = any(all(local.get(n, "missing") == v for n, v in expected.items()) for local in seen)
        _check("local_variables", fits, (element, expected, seen))

    def _first(self) -> int:
        return self.first if self.first is not None else self.driver.all_instances()[0][0]

    def _state(self) -> str:
        return self.driver.state(self._first()).lower()

    def _all_events(self) -> list[str]:
        return [event for key, _, _ in self.driver.all_instances() for event in self.driver.events(key)]


def duration(text: str) -> timedelta:
    """`PT1H30M`, `PT10S`, `P1D`."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    assert found is not None, text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def plain(value: Any) -> Any:
    """The value with ordinary numbers, to compare with what a JSON file says."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _contains(what: str, seen: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        _check(what, name in seen and plain(seen[name]) == value, (name, value, dict(seen)))


def _check(what: str, holds: bool, seen: Any) -> None:
    if not holds:
        raise CaseFailed(f"{what}: {seen}")
