"""The token-simulation suite (traces of bpmn-js-token-simulation) on the real engine.

The simulator evaluates nothing: a person chooses where tokens go and when events happen. So the diagram is
rewritten first: what a person triggers becomes a signal (a message for receive tasks, a job for tasks that
wait), conditions of gateways say what was chosen, and what the simulator starts without a flow leading to it
gets a flow from a start event. Everything else stays as drawn.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine import SYSTEM

from .rewriting import (
    ACTIVITIES,
    CONTAINERS,
    TASKS,
    Diagram,
    definitions,
    event_kind,
    flow_nodes_of,
    local,
    plain,
)
from .room import Outcome, Room, Rooms

TRIGGERED = ("none", "timer", "message", "conditional")
UNSEEN = ("startEvent", "boundaryEvent")


def run(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield run_case(json.loads(line), folder, rooms)


def run_case(case: Mapping[str, Any], folder: Path, rooms: Rooms) -> Outcome:
    expected = json.dumps([{"trace": e["trace"], "entered": e["entered"]} for e in case["expect"]])
    with rooms.open() as room:
        try:
            seen = Simulation(case, folder, room).play()
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
    return Outcome(case["id"], expected[:600], seen[:900])


class Simulation:
    def __init__(self, case: Mapping[str, Any], folder: Path, room: Room) -> None:
        self.case, self.room = case, room
        waits = {step["wait_at"] for step in case["steps"] if "wait_at" in step and step.get("wait", True)}
        self.diagram = Diagram((folder / case["model"]).read_bytes())
        self.choices: dict[str, list[str]] = {}
        self.steered = Steered(self.diagram, waits)
        self.name = Path(case["model"]).name
        self._seen: Counter[int] = Counter()

    def play(self) -> str:
        """What was seen where it differs from what is expected; empty when it does not."""
        steps = list(self.case["steps"])
        while steps and "config" in steps[0]:
            step = steps.pop(0)
            self.choices[step["config"]] = step["activeOutgoing"]
        self.steered.choose(self.choices)
        self.room.deploy({self.name: self.diagram.to_bytes()})
        expected = {one["trace"]: one for one in self.case["expect"]}
        for step in steps:
            if "config" in step:
                self._choose(step["config"], step["activeOutgoing"])
            elif "trigger" in step or "signal" in step:
                self._trigger(step.get("trigger") or step["signal"])
            elif "expect_trace" in step:
                problem = self._compare(expected[step["expect_trace"]])
                if problem:
                    return f"{step['expect_trace']}: {problem}"
        return ""

    def _choose(self, gateway: str, flows: list[str]) -> None:
        self.choices[gateway] = flows
        taken = self.steered.taken(self.choices)
        for instance in self.room.active():
            self.room.engine.set_variables(instance.key, {"taken": taken}, by=SYSTEM)
            self.room.settle()

    def _trigger(self, element: str) -> None:
        name = self.steered.names.get(element)
        if name is None:
            raise AssertionError(f"nothing to trigger at {element}")
        variables = {"taken": self.steered.taken(self.choices)}
        for job in self.room.open_jobs(name):
            self.room.complete_job(job)
            return
        if name in self.steered.messages:
            self.room.publish(name, "k")
        else:
            self.room.broadcast(name, variables)

    def _compare(self, expected: Mapping[str, Any]) -> str:
        wanted = [e for e in expected["entered"] if e not in self.steered.joins]
        seen = self._entered()
        incidents = [(i.element_id, i.error_type, i.message) for i in self.room.incidents()]
        if incidents:
            return f"incidents {incidents}, entered {seen}"
        if Counter(seen) != Counter(wanted):
            missing, more = Counter(wanted) - Counter(seen), Counter(seen) - Counter(wanted)
            return f"missing {dict(missing)}, too much {dict(more)}; entered {seen}"
        if seen != wanted and not self.steered.parallel:
            return f"in another order: {seen}"
        still = {i.process_id for i in self.room.active()}
        ended = {e for e in expected["exited"] if e in self.steered.process_ids}
        if len(expected["exited"]) and ended and not self.steered.parallel and still & ended:
            return f"not completed: {still & ended}"
        return ""

    def _entered(self) -> list[str]:
        """The flows and elements entered since the last time, in order, as the simulator counts them."""
        found: list[str] = []
        for instance in self.room.instances():
            events = [
                event.rsplit(":", 1)[0]
                for event in self.room.events(instance.key)
                if event.endswith((":activated", ":taken"))
            ]
            found += events[self._seen[instance.key] :]
            self._seen[instance.key] = len(events)
        return [element for element in found if self.steered.shows(element)]


class Steered:
    """A diagram that is rewritten so that a runner decides what a person decides in the simulator."""

    def __init__(self, diagram: Diagram, waits: Collection[str]) -> None:
        self.diagram = diagram
        self.names: dict[str, str] = {}
        self.messages: set[str] = set()
        self.forks: dict[str, list[str]] = {}
        self._message_ids: dict[str, str] = {}
        self.process_ids = {p.get("id") for p in diagram.all("process")}
        self.kinds = {node.get("id"): local(node) for node in diagram.nodes()}
        self._hidden: set[str] = set()
        self._flows = {flow.get("id") for flow in diagram.all("sequenceFlow")}
        self._targets = diagram.message_flows()
        self._signals: dict[str, str] = {}
        self._participants()
        self.joins = {
            node.get("id")
            for node in diagram.all("parallelGateway", "inclusiveGateway")
            if len(diagram.incoming(node)) > 1
        }
        self._hide()
        self._complete_drawing()
        self._give_starts()
        self.parallel = self._is_parallel()
        diagram.make_executable()
        for node in diagram.nodes():
            self._rewrite(node, waits)
        self._tell_apart()

    def shows(self, element: str) -> bool:
        """Whether the simulator would log that this was entered."""
        if element in self.joins or element in self._hidden:
            return False
        return element in self._flows or element in self.kinds

    def choose(self, choices: Mapping[str, list[str]]) -> None:
        """Write what is chosen at the beginning into the conditions; a variable `taken` goes before it."""
        at_first = self.taken(choices)
        for flows in self.forks.values():
            for flow in flows:
                otherwise = "true" if flow in at_first else "false"
                condition = f'=if taken = null then {otherwise} else list contains(taken, "{flow}")'
                self.diagram.set_condition(self.diagram.by_id[flow], condition)

    def taken(self, choices: Mapping[str, list[str]]) -> list[str]:
        found: list[str] = []
        for gateway, flows in self.forks.items():
            inclusive = self.kinds[gateway] == "inclusiveGateway"
            found += choices.get(gateway, flows if inclusive else flows[:1])
        return found

    # --- inside ----------------------------------------------------------------------------------

    def _participants(self) -> None:
        for flow in self.diagram.all("messageFlow"):
            self.names[flow.get("id")] = f"trigger:{flow.get('targetRef')}"

    def _is_parallel(self) -> bool:
        """Whether several tokens may be on their way at the same time."""
        for node in self.diagram.nodes():
            kind = local(node)
            if kind in ("exclusiveGateway", "eventBasedGateway"):
                continue
            if len(self.diagram.outgoing(node)) > 1 or node.get("cancelActivity") == "false":
                return True
            if kind == "startEvent" and node.get("isInterrupting") == "false":
                return True
        compensated = self.diagram.all("compensateEventDefinition")
        return (
            len(self.process_ids) > 1
            or len(compensated) > 2
            or bool(self.diagram.all("signalEventDefinition"))
        )

    def _hide(self) -> None:
        for node in self.diagram.nodes():
            kind = local(node)
            link = kind == "intermediateCatchEvent" and event_kind(node) == "link"
            behind_gateway = any(
                self.kinds.get(f.get("sourceRef")) == "eventBasedGateway" for f in self.diagram.incoming(node)
            )
            event_sub_process = node.get("triggeredByEvent") == "true"
            if kind in UNSEEN or link or event_sub_process or behind_gateway:
                self._hidden.add(node.get("id"))
            if kind == "eventBasedGateway":
                self._hidden |= {flow.get("id") for flow in self.diagram.outgoing(node)}

    def _complete_drawing(self) -> None:
        """What the simulator does without, and a deployment does not; loop markers mean nothing to it."""
        markers = ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics")
        for marker in self.diagram.all(*markers):
            marker.getparent().remove(marker)
        for container in self.diagram.all(*CONTAINERS):
            nodes = list(flow_nodes_of(container))
            starts = [node for node in nodes if local(node) == "startEvent"]
            if local(container) == "adHocSubProcess" and not nodes:
                task = self.diagram.add(container, "task", id=self.diagram.new_id("task"))
                active = f'=["{task.get("id")}"]'
                self.diagram.extend(container, "adHoc", activeElementsCollection=active)
            elif local(container) in ("subProcess", "transaction") and not nodes:
                self.diagram.add(container, "startEvent", id=self.diagram.new_id("start"))
            elif container.get("triggeredByEvent") == "true":
                for start in starts[1:]:
                    self._split(container, start)
        for gateway in self.diagram.all("eventBasedGateway"):
            if len(self.diagram.outgoing(gateway)) == 1:
                never = self.diagram.new_id("never")
                other = self.diagram.add(gateway.getparent(), "intermediateCatchEvent", id=never)
                self.diagram.add_flow(gateway, other)
        handled = {a.get("sourceRef") for a in self.diagram.all("association")}
        for boundary in self.diagram.all("boundaryEvent"):
            if event_kind(boundary) == "compensate" and boundary.get("id") not in handled:
                boundary.getparent().remove(boundary)
        for node in self.diagram.nodes():
            for definition in definitions(node):
                if local(definition) == "linkEventDefinition" and not definition.get("name"):
                    definition.set("name", node.get("name") or "nameless")

    def _split(self, container: Any, start: Any) -> None:
        """A further start event gets an event subprocess of its own, with what it leads to."""
        new = self.diagram.new_id("sub_process")
        other = self.diagram.add(container.getparent(), "subProcess", id=new, triggeredByEvent="true")
        self._moved(start, other)

    def _moved(self, node: Any, container: Any) -> None:
        container.append(node)
        for flow in self.diagram.outgoing(node):
            container.append(flow)
            target = self.diagram.by_id[flow.get("targetRef")]
            if target.getparent() is not container:
                self._moved(target, container)

    def _tell_apart(self) -> None:
        """One signal at several start events of a scope: equal texts are refused, not equal names."""
        for container in self.diagram.all(*CONTAINERS):
            if container.get("triggeredByEvent") == "true":
                continue
            own = [n for n in flow_nodes_of(container) if local(n) == "startEvent"]
            inner = [
                start
                for sub in flow_nodes_of(container)
                if sub.get("triggeredByEvent") == "true"
                for start in flow_nodes_of(sub)
                if local(start) == "startEvent"
            ]
            for starts in (own, inner):
                self._tell_signals_apart([s for s in starts if event_kind(s) == "signal"])

    def _tell_signals_apart(self, starts: list[Any]) -> None:
        seen: Counter[str] = Counter()
        for start in starts:
            (definition,) = definitions(start)
            name = self.diagram.by_id[plain(definition.get("signalRef"))].get("name")
            if seen[name]:
                text = "=" + " " * seen[name] + f'"{name}"'
                definition.set("signalRef", self._signal(text))
            seen[name] += 1

    def _give_starts(self) -> None:
        """What starts with its container because no flow leads to it gets a flow from the start events."""
        for container in self.diagram.all(*CONTAINERS):
            if local(container) == "adHocSubProcess":
                continue
            nodes = list(flow_nodes_of(container))
            implicit = [node for node in nodes if self._starts_by_itself(node)]
            starts = [node for node in nodes if local(node) == "startEvent"]
            if not implicit or (local(container) != "process" and not starts):
                continue
            if not starts:
                start = self.diagram.add(container, "startEvent", id=self.diagram.new_id("start"))
                starts = [start]
                for node in implicit:
                    self.names[node.get("id")] = f"trigger:{start.get('id')}"
            for start in starts:
                for node in implicit:
                    self.diagram.add_flow(start, node)

    def _starts_by_itself(self, node: Any) -> bool:
        kind = local(node)
        link = kind == "intermediateCatchEvent" and event_kind(node) == "link"
        special = node.get("triggeredByEvent") == "true" or node.get("isForCompensation") == "true"
        return not (kind in UNSEEN or link or special or self.diagram.incoming(node))

    def _rewrite(self, node: Any, waits: Collection[str]) -> None:
        kind, event = local(node), event_kind(node)
        in_event_sub_process = node.getparent().get("triggeredByEvent") == "true"
        if kind == "startEvent":
            at_the_top = local(node.getparent()) == "process"
            if (at_the_top and event in TRIGGERED) or (in_event_sub_process and event in TRIGGERED):
                self._becomes_signal(node)
        elif kind in ("boundaryEvent", "intermediateCatchEvent") and event in TRIGGERED:
            self._becomes_signal(node)
        elif kind == "receiveTask" and node.get("id") in self._hidden:
            node.attrib.pop("messageRef", None)
            self.diagram.rename(node, "intermediateCatchEvent")
            self._becomes_signal(node)
        elif kind == "receiveTask":
            self._becomes_message(node)
        elif kind in TASKS and self._heard(node) and node.get("id") not in waits:
            self.diagram.clear(node)
            self.diagram.rename(node, "intermediateThrowEvent")
            self._throws_message(node)
        elif kind in TASKS or kind == "callActivity":
            self._becomes_task(node, waits)
        elif kind in ("intermediateThrowEvent", "endEvent") and event == "message":
            self._throws_message(node)
        elif kind in ("exclusiveGateway", "inclusiveGateway"):
            self._fork(node)
        event = event_kind(node)
        if kind.endswith("Event") and event in ("signal", "error", "escalation"):
            self._name(node, event)

    def _becomes_signal(self, node: Any) -> None:
        name = f"trigger:{node.get('id')}"
        self.names.setdefault(node.get("id"), name)
        self.diagram.set_event(node, "signal", signalRef=self._signal(name))

    def _becomes_message(self, node: Any) -> None:
        name = f"trigger:{node.get('id')}"
        self.names[node.get("id")] = name
        self.messages.add(name)
        node.set("messageRef", self._message(name))
        node.attrib.pop("instantiate", None)

    def _becomes_task(self, node: Any, waits: Collection[str]) -> None:
        element = node.get("id")
        self.diagram.clear(node)
        if element in waits or element in {t for targets in self._targets.values() for t in targets}:
            self.names[element] = f"trigger:{element}"
            self.diagram.rename(node, "serviceTask")
            self.diagram.extend(node, "taskDefinition", type=f"trigger:{element}")
        else:
            self.diagram.rename(node, "task")

    def _throws_message(self, node: Any) -> None:
        """A message along a message flow: a signal to an event, a message to a receive task."""
        targets = self._heard(node)
        if not targets:
            self.diagram.set_event(node, None)
        elif self.kinds[targets[0]] == "receiveTask":
            message = self._message(f"trigger:{targets[0]}")
            self.diagram.set_event(node, "message", messageRef=message)
            self.diagram.extend(node, "publishMessage", correlationKey='="k"')
        elif self.kinds[targets[0]] in ACTIVITIES:
            self.diagram.set_event(node, None)
        else:
            self.diagram.set_event(node, "signal", signalRef=self._signal(f"trigger:{targets[0]}"))

    def _heard(self, node: Any) -> list[str]:
        """Where a message goes that this node sends along a message flow."""
        return [target for target in self._targets.get(node.get("id"), []) if target in self.kinds]

    def _message(self, name: str) -> str:
        if name not in self._message_ids:
            self._message_ids[name] = self.diagram.root_element("message", name=name)
            message = self.diagram.by_id[self._message_ids[name]]
            self.diagram.extend(message, "subscription", correlationKey='="k"')
        return self._message_ids[name]

    def _fork(self, node: Any) -> None:
        flows = [flow.get("id") for flow in self.diagram.outgoing(node)]
        node.attrib.pop("default", None)
        if len(flows) > 1:
            self.forks[node.get("id")] = flows

    def _name(self, node: Any, event: str) -> None:
        """What is thrown needs a name; the simulator lets it be without one."""
        (definition,) = definitions(node)
        reference = plain(definition.get(f"{event}Ref"))
        catches = local(node) in ("startEvent", "boundaryEvent", "intermediateCatchEvent")
        if event == "signal":
            if not reference:
                definition.set("signalRef", self._signal("nameless"))
            elif not self.diagram.by_id[reference].get("name"):
                self.diagram.by_id[reference].set("name", reference)
            name = self.diagram.by_id[plain(definition.get("signalRef"))].get("name")
            self.names.setdefault(node.get("id"), name)
            return
        if reference:
            target = self.diagram.by_id[reference]
            if not target.get(f"{event}Code"):
                target.set(f"{event}Code", reference)
        elif not catches:
            made = self.diagram.root_element(event, **{f"{event}Code": "nameless", "name": "nameless"})
            definition.set(f"{event}Ref", made)

    def _signal(self, name: str) -> str:
        if name not in self._signals:
            self._signals[name] = self.diagram.root_element("signal", name=name)
        return self._signals[name]
