"""The in-memory step: our runtime beside SpiffWorkflow's `BpmnWorkflow` as it comes, in the same process."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from itertools import count, pairwise
from statistics import median
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.report import RUNS, Result, table
from engine.bpmn import read_bpmn
from engine.bpmn.model import Binding
from engine.clock import FixedClock
from engine.runtime.records import LiveElement, LiveInstance
from engine.runtime.sources import DeployedDecision, DeployedProcess
from engine.spiff import ProcessRuntime

BAR = 5.0

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  id="definitions" targetNamespace="http://example.org/bench"><bpmn:process id="bench" isExecutable="true">"""
TAIL = "</bpmn:process></bpmn:definitions>"

Outcome = tuple[Any, list[str]]
"""The variable `n` at the end, and the elements in the order in which they completed."""


def row(elements: int, feel: bool) -> bytes:
    """Events that do nothing, in a row."""
    names = [f"t{i}" for i in range(elements)]
    nodes = [
        _node("startEvent", "start"),
        *(_node("intermediateThrowEvent", name) for name in names),
        _node("endEvent", "end"),
    ]
    return _file(nodes, _flows(["start", *names, "end"]))


def rounds(number: int, feel: bool) -> bytes:
    """A loop with a script, a condition and a parallel block."""
    nodes = [
        _node("startEvent", "start"),
        _node("exclusiveGateway", "again"),
        _script("count", "n + 1", "n", feel),
        _node("parallelGateway", "split"),
        _node("intermediateThrowEvent", "a"),
        _node("intermediateThrowEvent", "b"),
        _node("parallelGateway", "join"),
        _node("exclusiveGateway", "enough", ' default="back"'),
        _node("endEvent", "end"),
    ]
    flows = _flows(["start", "again", "count", "split", "a", "join", "enough"])
    flows += _flows(["split", "b", "join"], "other")
    flows += '<bpmn:sequenceFlow id="back" sourceRef="enough" targetRef="again"/>'
    text = f"{'=' if feel else ''}n >= {number}"
    flows += (
        '<bpmn:sequenceFlow id="out" sourceRef="enough" targetRef="end">'
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text.replace(">", "&gt;")}'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    return _file(nodes, flows)


def run_ours(source: bytes) -> tuple[float, Outcome]:
    surroundings = _Surroundings(source)
    started = time.perf_counter()
    runtime = ProcessRuntime(
        store=surroundings,
        definitions=surroundings,
        keys=count(1).__next__,
        clock=FixedClock(datetime(2026, 3, 2, tzinfo=UTC)),
    )
    runtime.start_instance(1, {"n": 0})
    runtime.run()
    changes = runtime.changes()
    seconds = time.perf_counter() - started
    [n] = [variable.value for variable in changes.variables_set if variable.name == "n"]
    ended = sorted(changes.elements_ended, key=lambda element: element.ended_position)
    return seconds, (n, [element.element_id for element in ended if element.element_id != "bench"])


def run_theirs(source: bytes) -> tuple[float, Outcome]:
    parser = BpmnParser()
    parser.add_bpmn_str(source)
    spec = parser.get_spec("bench")
    started = time.perf_counter()
    workflow = BpmnWorkflow(spec)
    workflow.task_tree.data["n"] = 0
    workflow.do_engine_steps()
    seconds = time.perf_counter() - started
    assert workflow.is_completed()
    done = [task for task in workflow.get_tasks(state=TaskState.COMPLETED) if task.task_spec.bpmn_id]
    done.sort(key=lambda task: task.last_state_change)
    return seconds, (workflow.data["n"], [task.task_spec.bpmn_id for task in done])


def main() -> list[Result]:
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    results = [
        _compare("300 events in a row", row(300, feel=True), row(300, feel=False)),
        _compare("30 rounds of a loop with a parallel block", rounds(30, feel=True), rounds(30, feel=False)),
        _compare("60 rounds of the same", rounds(60, feel=True), rounds(60, feel=False)),
        _alone("2,000 events in a row", row(2000, feel=True)),
        _alone("10,000 rounds", rounds(10_000, feel=True)),
    ]
    logging.disable(level)
    print(table(results))
    return results


def _compare(name: str, ours: bytes, theirs: bytes) -> Result:
    own, other = [], []
    for _ in range(RUNS):
        seconds, outcome = run_ours(ours)
        other_seconds, other_outcome = run_theirs(theirs)
        assert outcome == other_outcome, f"{name}: {outcome} is not {other_outcome}"
        own.append(seconds)
        other.append(other_seconds)
    return Result(
        what=f"{name}, in memory",
        ours=_each(own, outcome),
        beside=f"SpiffWorkflow as it comes: {_each(other, outcome)}",
        ratio=median(theirs / ours for ours, theirs in zip(own, other, strict=True)),
        bar=BAR,
        at_least=True,
    )


def _alone(name: str, source: bytes) -> Result:
    times = []
    for _ in range(3):
        seconds, outcome = run_ours(source)
        times.append(seconds)
    return Result(what=f"{name}, in memory", ours=_each(times, outcome), beside="(as it comes: does not run)")


def _each(seconds: list[float], outcome: Outcome) -> str:
    """Of one element, in the middle of the runs."""
    return f"{median(seconds) / len(outcome[1]) * 1e6:.1f} µs an element"


class _Surroundings:
    """Nothing stored, one definition."""

    def __init__(self, source: bytes) -> None:
        [model] = read_bpmn(source, "bench.bpmn").processes
        self._deployed = DeployedProcess(key=1, process_id="bench", version=1, deployment_key=1, model=model)

    def process(self, definition_key: int) -> DeployedProcess:
        return self._deployed

    def find_process(self, process_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        return None

    def find_decision(
        self, decision_id: str, *, binding: Binding, version_tag: str, caller: int
    ) -> DeployedDecision | None:
        return None

    def find_form(self, form_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        return None

    def eligible_users(self, groups: Collection[str], users: Collection[str]) -> set[str]:
        return set(users)

    def load_instance(self, process_instance_key: int) -> LiveInstance | None:
        return None

    def load_elements(self, process_instance_key: int) -> list[LiveElement]:
        return []

    def load_variables(self, process_instance_key: int) -> Mapping[int, Mapping[str, Any]]:
        return {}

    def load_variable(self, scope_key: int, name: str) -> Any:
        return None

    def find_process_instance(self, element_instance_key: int) -> int | None:
        return None

    def completers(
        self, process_instance_key: int, element_ids: object, after: int = 0, until: int | None = None
    ) -> set[str]:
        return set()


def _file(nodes: list[str], flows: str) -> bytes:
    return (HEAD + "".join(nodes) + flows + TAIL).encode()


def _node(tag: str, node_id: str, attributes: str = "") -> str:
    return f'<bpmn:{tag} id="{node_id}" name="{node_id}"{attributes}/>'


def _script(node_id: str, expression: str, result: str, feel: bool) -> str:
    inner = f"<bpmn:script>{result} = {expression}</bpmn:script>"
    if feel:
        inner = (
            f'<bpmn:extensionElements><zeebe:script expression="={expression}" resultVariable="{result}"/>'
            "</bpmn:extensionElements>"
        )
    return f'<bpmn:scriptTask id="{node_id}" name="{node_id}">{inner}</bpmn:scriptTask>'


def _flows(names: list[str], prefix: str = "flow") -> str:
    return "".join(
        f'<bpmn:sequenceFlow id="{prefix}_{i}" sourceRef="{source}" targetRef="{target}"/>'
        for i, (source, target) in enumerate(pairwise(names))
    )
