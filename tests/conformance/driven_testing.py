"""The bpmn-driven-testing suite (paths through Camunda 7 and 8 diagrams) on the real engine.

A path is the order in which a token visits nodes. Wait states are completed; where the path goes on at a
boundary event, that event happens; gateways are told the way. Processes that a call activity calls are not
in the suite: a small one that waits is deployed in their place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine import SYSTEM, DeploymentRejected, ElementInstance, ElementType, Job, ProcessInstance

from .rewriting import CONTAINERS, Diagram, definitions, event_kind, local
from .room import Outcome, Room, Rooms, shown

NO_EQUIVALENT = "CAMUNDA_7_NO_EQUIVALENT"
CALLED = "conformance:called"
STEPS = 200


def run(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield run_case(json.loads(line), folder, rooms)


def run_case(case: Mapping[str, Any], folder: Path, rooms: Rooms) -> Outcome:
    part = Path(case["model"]).parts[2]
    case_id = f"{case['id']} ({part})"
    with rooms.open() as room:
        try:
            Walk(case, folder, room).play()
        except DeploymentRejected as rejected:
            codes = {problem.code for problem in rejected.problems if problem.is_error}
            if case["dialect"] == "camunda" and codes == {NO_EQUIVALENT}:
                return Outcome(case_id, skipped=str(rejected))
            return Outcome(case_id, " > ".join(case["path"]), f"refused: {rejected}"[:600])
        except Exception as error:
            return Outcome(case_id, " > ".join(case["path"]), f"{type(error).__name__}: {error}"[:600])
    return Outcome(case_id)


class Walk:
    def __init__(self, case: Mapping[str, Any], folder: Path, room: Room) -> None:
        self.case, self.room = case, room
        self.name = Path(case["model"]).name
        self.diagram = Diagram((folder / case["model"]).read_bytes())
        self.path: list[str] = [*self._way_to(case["path"][0]), *case["path"]]
        self.root: ProcessInstance | None = None

    def play(self) -> None:
        self._cut()
        self._force_gateways()
        self.room.deploy({self.name: self.diagram.to_bytes()} | self._called_processes())
        self._start()
        for _ in range(STEPS):
            reached = self._reached()
            if reached == len(self.path) and (not self.case["complete"] or not self._goes_on()):
                return
            if not self._step(self.path[reached] if reached < len(self.path) else None):
                if reached == len(self.path):
                    self._check_end()
                    return
                raise AssertionError(
                    f"stuck before {self.path[reached]}: {self._events()}, incidents "
                    f"{[(i.element_id, i.error_type, i.message) for i in self.room.incidents()]}"
                )
        raise AssertionError(f"no end after {STEPS} steps")

    # --- before it runs --------------------------------------------------------------------------

    def _way_to(self, first: str) -> list[str]:
        """The nodes from a start of the process to where the case begins."""
        node = self.diagram.by_id[first]
        process = self.diagram.process_of(node)
        begin = [s for s in process if isinstance(s.tag, str) and local(s) == "startEvent"]
        if node in begin:
            return []
        found: dict[str, list[str]] = {s.get("id"): [s.get("id")] for s in begin}
        queue = sorted(begin, key=lambda s: event_kind(s) != "none")
        while queue:
            here = queue.pop(0)
            for following in self._following(here):
                name = following.get("id")
                if name not in found:
                    found[name] = [*found[here.get("id")], name]
                    queue.append(following)
        return [n for n in found[first][:-1] if local(self.diagram.by_id[n]) not in CONTAINERS]

    def _following(self, node: Any) -> list[Any]:
        inside = [c for c in node if isinstance(c.tag, str) and local(c) == "startEvent"]
        after = [self.diagram.by_id[f.get("targetRef")] for f in self.diagram.outgoing(node)]
        linked = []
        if event_kind(node) == "link":
            name = definitions(node)[0].get("name")
            linked = [
                catch
                for catch in self.diagram.all("intermediateCatchEvent")
                if event_kind(catch) == "link" and definitions(catch)[0].get("name") == name
            ]
        return [*inside, *self.diagram.boundaries(node), *after, *linked]

    def _cut(self) -> None:
        """A path that stops on the way stops there: what follows may lead back to where it began."""
        if not self.case["complete"] and len(set(self.path)) > 1:
            for flow in self.diagram.outgoing(self.diagram.by_id[self.path[-1]]):
                flow.getparent().remove(flow)
                for node in (flow.get("sourceRef"), flow.get("targetRef")):
                    for reference in list(self.diagram.by_id[node]):
                        if reference.text == flow.get("id"):
                            self.diagram.by_id[node].remove(reference)

    def _force_gateways(self) -> None:
        """Every exclusive gateway that splits takes the flow towards what the path visits next."""
        self.diagram.make_executable()
        for gateway in self.diagram.all("exclusiveGateway", "inclusiveGateway"):
            flows = self.diagram.outgoing(gateway)
            if len(flows) < 2:
                continue
            gateway.attrib.pop("default", None)
            chosen = [f for f in flows if f.get("targetRef") == self._after(gateway.get("id"))] or flows[:1]
            for flow in flows:
                value = "true" if flow is chosen[0] else "false"
                self.diagram.set_condition(flow, self._condition(value))

        for task in self.diagram.all("businessRuleTask"):
            self._decide_by_job(task)
        for definition in self.diagram.all("conditionalEventDefinition"):
            for condition in definition:
                if local(condition) == "condition":
                    condition.text = self._condition("happens = true" if self._is_zeebe() else "happens")

    def _decide_by_job(self, task: Any) -> None:
        """The decisions are not in the suite: a job stands for each."""
        camunda = "{http://camunda.org/schema/1.0/bpmn}"
        called = [e for e in task.iter() if isinstance(e.tag, str) and local(e) == "calledDecision"]
        for extension in called:
            extension.getparent().remove(extension)
            self.diagram.extend(task, "taskDefinition", type="conformance:decision")
        if task.attrib.pop(f"{camunda}decisionRef", None):
            task.set(f"{camunda}type", "external")
            task.set(f"{camunda}topic", "conformance:decision")

    def _is_zeebe(self) -> bool:
        return bool(self.case["dialect"] == "zeebe")

    def _condition(self, value: str) -> str:
        return f"=({value})" if self._is_zeebe() else f"${{{value}}}"

    def _after(self, node: str) -> str:
        if node not in self.path:
            return ""
        place = self.path.index(node) + 1
        return self.path[place] if place < len(self.path) else ""

    def _called_processes(self) -> dict[str, bytes]:
        """A process for every call activity whose own is not in the file."""
        made: dict[str, bytes] = {}
        for call in self.diagram.all("callActivity"):
            target, tag = _called(call)
            if target and target not in self.diagram.by_id:
                codes = [
                    self.diagram.code(definition)
                    for boundary in self.diagram.boundaries(call)
                    for definition in definitions(boundary)
                    if local(definition) == "escalationEventDefinition"
                ]
                made[f"{target}.bpmn"] = called_process(target, tag, codes[0] if codes else "none")
        return made

    # --- on the way ------------------------------------------------------------------------------

    def _start(self) -> None:
        start = self.diagram.by_id[self.path[0]]
        kind, (definition, *_) = event_kind(start), [*definitions(start), None]
        variables = self._collections()
        if kind == "message":
            self.room.publish(self._named(definition, "message"), "conformance", variables)
        elif kind == "signal":
            self.room.broadcast(self._named(definition, "signal"), variables)
        elif kind == "timer":
            self.room.advance_to(self.room.engine.next_due() or self.room.clock.now())
        else:
            self.room.start(self.case["process"], variables)
        self.root = next(
            instance
            for instance in reversed(self.room.instances())
            if any(element.element_id == self.path[0] for element in self.room.elements(instance.key))
        )

    def _collections(self) -> dict[str, Any]:
        """One item for every multi-instance activity whose collection is a variable."""
        names = [
            str(value).lstrip("=").removeprefix("${").removesuffix("}").strip()
            for characteristics in self.diagram.all("multiInstanceLoopCharacteristics")
            for element in characteristics.iter()
            if isinstance(element.tag, str)
            for key, value in element.attrib.items()
            if local_attribute(key) in ("inputCollection", "collection")
        ]
        return {name: ["one"] for name in names if name.isidentifier()}

    def _named(self, definition: Any, kind: str) -> str:
        return str(self.diagram.by_id[definition.get(f"{kind}Ref")].get("name"))

    def _events(self) -> list[str]:
        assert self.root is not None
        return [shown(element) for element in self.room.elements(self.root.key)]

    def _reached(self) -> int:
        """How much of the path has been visited, in its order. A body without rounds counts
        as walked through: the paths of the suite go through it once."""
        reached, events = 0, self._events()
        for element in events:
            while reached < len(self.path) and element.endswith("[body]"):
                inside = self._inside(self.path[reached], element.removesuffix("[body]"))
                if not inside or set(inside) & set(events) or not self._is_over(element):
                    break
                reached += 1
            if reached < len(self.path) and element == self.path[reached]:
                reached += 1
        return reached

    def _inside(self, element: str, container: str) -> list[str]:
        """All nodes of this container if the element is one of them."""
        nodes = [n.get("id") for n in self.diagram.by_id[container].iter() if isinstance(n.tag, str)]
        return nodes if element in nodes else []

    def _is_over(self, body: str) -> bool:
        assert self.root is not None
        return all(e.state.is_final for e in self.room.elements(self.root.key) if shown(e) == body)

    def _goes_on(self) -> bool:
        assert self.root is not None
        return self.room.engine.process_instance(self.root.key, by=SYSTEM).ended_at is None

    def _check_end(self) -> None:
        """The end of the path is the end of the process; an error that nobody catches is an incident."""
        last = self.case["path"][-1]
        assert self.root is not None
        incidents = [i for i in self.room.incidents() if i.root_process_instance_key == self.root.key]
        if incidents and all(i.element_id == last for i in incidents):
            return
        if self._goes_on():
            raise AssertionError(f"not completed: {self._events()}, incidents {incidents}")

    def _live(self) -> list[ElementInstance]:
        assert self.root is not None
        return [e for e in self.room.elements(self.root.key) if not e.state.is_final]

    def _step(self, following: str | None) -> bool:
        """Let the event happen that the path wants, or complete what waits. Whether anything was."""
        event = self.diagram.by_id.get(following or "")
        if event is not None and local(event) == "boundaryEvent":
            host = event.get("attachedToRef")
            if any(element.element_id == host for element in self._live()):
                return self._happen(event, host)
        elif event is not None and self._is_awaited(event):
            return self._catch(event.get("id"))
        return any(self._complete(element) for element in reversed(self._live()))

    def _is_awaited(self, event: Any) -> bool:
        """Whether it waits unseen: behind an event-based gateway, or to start an event subprocess."""
        if local(event) == "startEvent":
            return bool(event.getparent().get("triggeredByEvent") == "true")
        sources = [self.diagram.by_id[flow.get("sourceRef")] for flow in self.diagram.incoming(event)]
        gateways = {source.get("id") for source in sources if local(source) == "eventBasedGateway"}
        return any(element.element_id in gateways for element in self._live())

    def _happen(self, boundary: Any, host: str) -> bool:
        kind = event_kind(boundary)
        (definition, *_) = definitions(boundary)
        if kind == "error":
            job = self._job_at(host)
            if job is None:
                return any(self._complete(element) for element in reversed(self._live()))
            self.room.throw_error(job, self.diagram.code(definition) or "ANY")
            return True
        if kind == "escalation":
            (job,) = (job for job in self._jobs() if job.type == CALLED)
            self.room.complete_job(job, {"escalate": True})
            return True
        return self._catch(boundary.get("id"))

    def _catch(self, element: str) -> bool:
        """The message, signal, timer or condition that this event waits for comes."""
        assert self.root is not None
        for timer in self.room.engine.timers(self.root.key, by=SYSTEM):
            if timer.element_id == element:
                self.room.advance_to(timer.due_at)
                return True
        for waiting in self.room.engine.message_subscriptions(self.root.key, by=SYSTEM):
            if waiting.element_id == element:
                self.room.publish(waiting.message_name, waiting.correlation_key)
                return True
        event = self.room.engine.process_model(self.root.definition_key).elements[element].event
        if event.type.value == "signal":
            self.room.broadcast(str(event.name))
            return True
        if event.type.value == "conditional":
            self.room.engine.set_variables(self.root.key, {"happens": True}, by=SYSTEM)
            self.room.settle()
            return True
        return False

    def _complete(self, element: ElementInstance) -> bool:
        """Whether this element waited for something that could be done."""
        for task in self.room.user_tasks(element.element_id):
            if task.element_instance_key != element.key:
                continue
            self.room.complete_user_task(task)
            return True
        job = self._job_at(element.element_id)
        if job is not None:
            self.room.complete_job(job)
            return True
        catching = (ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.RECEIVE_TASK)
        return element.element_type in catching and self._catch(element.element_id)

    def _jobs(self) -> list[Job]:
        assert self.root is not None
        return [job for job in self.room.open_jobs() if job.root_process_instance_key == self.root.key]

    def _job_at(self, element_id: str) -> Job | None:
        """The job of an element, or of the process that it calls."""
        failed = {incident.job_key for incident in self.room.incidents()}
        jobs = [job for job in self._jobs() if job.key not in failed]
        calls = local(self.diagram.by_id[element_id]) == "callActivity"
        fitting = [j for j in jobs if (j.type == CALLED if calls else j.element_id == element_id)]
        return fitting[0] if fitting else None


def called_process(process_id: str, version_tag: str, escalation: str) -> bytes:
    """A process that waits for one job, then ends, with an escalation where the job says `escalate`."""
    tag = f'<zeebe:versionTag value="{version_tag}"/>' if version_tag else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="called" targetNamespace="called">
<process id="{process_id}" isExecutable="true"><extensionElements>{tag}</extensionElements>
<startEvent id="called_start"/><serviceTask id="called_task"><extensionElements>
<zeebe:taskDefinition type="{CALLED}"/></extensionElements></serviceTask>
<exclusiveGateway id="called_fork" default="called_2"/><endEvent id="called_end"/>
<endEvent id="called_escalation"><escalationEventDefinition escalationRef="called_code"/></endEvent>
<sequenceFlow id="called_0" sourceRef="called_start" targetRef="called_task"/>
<sequenceFlow id="called_1" sourceRef="called_task" targetRef="called_fork"/>
<sequenceFlow id="called_2" sourceRef="called_fork" targetRef="called_end"/>
<sequenceFlow id="called_3" sourceRef="called_fork" targetRef="called_escalation">
<conditionExpression xsi:type="tFormalExpression">=escalate = true</conditionExpression></sequenceFlow>
</process>
<escalation id="called_code" name="called" escalationCode="{escalation or "ANY"}"/></definitions>""".encode()


def local_attribute(key: str) -> str:
    return key.rpartition("}")[2]


def _called(call: Any) -> tuple[str, str]:
    """The id and the version tag of the process that a call activity names."""
    for extension in call.iter():
        if isinstance(extension.tag, str) and local(extension) == "calledElement":
            return extension.get("processId", ""), extension.get("versionTag", "")
    camunda = "{http://camunda.org/schema/1.0/bpmn}"
    return call.get("calledElement", ""), call.get(f"{camunda}calledElementVersionTag", "")
