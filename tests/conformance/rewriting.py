"""Small changes to a diagram by which a runner steers it: plain XML, before it is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

TASKS = ("task", "manualTask", "userTask", "serviceTask", "sendTask", "scriptTask", "businessRuleTask")
CONTAINERS = ("process", "subProcess", "transaction", "adHocSubProcess")
ACTIVITIES = (*TASKS, "receiveTask", "callActivity", "subProcess", "transaction", "adHocSubProcess")
GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway")
EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
NODES = (*ACTIVITIES, *GATEWAYS, *EVENTS)


class Diagram:
    """A BPMN file that is being rewritten. Elements are lxml's; their ids are kept."""

    def __init__(self, source: bytes) -> None:
        self.root = etree.fromstring(source)
        self.by_id = {e.get("id"): e for e in self.root.iter() if isinstance(e.tag, str) and e.get("id")}
        self._count = 0

    def to_bytes(self) -> bytes:
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")

    # --- looking ---------------------------------------------------------------------------------

    def all(self, *names: str) -> list[Any]:
        return [e for e in self.root.iter() if isinstance(e.tag, str) and local(e) in names]

    def nodes(self) -> list[Any]:
        return self.all(*NODES)

    def outgoing(self, node: Any) -> list[Any]:
        return [f for f in self.all("sequenceFlow") if f.get("sourceRef") == node.get("id")]

    def incoming(self, node: Any) -> list[Any]:
        return [f for f in self.all("sequenceFlow") if f.get("targetRef") == node.get("id")]

    def boundaries(self, node: Any) -> list[Any]:
        return [b for b in self.all("boundaryEvent") if b.get("attachedToRef") == node.get("id")]

    def message_flows(self) -> dict[str, list[str]]:
        """Source -> targets."""
        flows: dict[str, list[str]] = {}
        for flow in self.all("messageFlow"):
            flows.setdefault(flow.get("sourceRef"), []).append(flow.get("targetRef"))
        return flows

    def process_of(self, node: Any) -> Any:
        return next(a for a in node.iterancestors() if local(a) == "process")

    def code(self, definition: Any) -> str:
        """The error or escalation code that an event definition names; empty: any."""
        kind = local(definition).removesuffix("EventDefinition")
        target = self.by_id.get(plain(definition.get(f"{kind}Ref")))
        return "" if target is None else target.get(f"{kind}Code") or ""

    # --- changing --------------------------------------------------------------------------------

    def make_executable(self) -> None:
        for process in self.all("process"):
            process.set("isExecutable", "true")

    def add(self, parent: Any, tag: str, /, *, at: int | None = None, **attributes: str) -> Any:
        made = etree.Element(f"{{{BPMN}}}{tag}", attributes)
        if at is None:
            parent.append(made)
        else:
            parent.insert(at, made)
        if attributes.get("id"):
            self.by_id[attributes["id"]] = made
        return made

    def new_id(self, kind: str) -> str:
        self._count += 1
        return f"added_{kind}_{self._count}"

    def add_flow(self, source: Any, target: Any) -> None:
        parent = target.getparent()
        self.add(
            parent,
            "sequenceFlow",
            id=self.new_id("flow"),
            sourceRef=source.get("id"),
            targetRef=target.get("id"),
        )
        for flow in (source, target):
            for reference in flow.findall(f"{{{BPMN}}}incoming") + flow.findall(f"{{{BPMN}}}outgoing"):
                flow.remove(reference)

    def root_element(self, kind: str, /, **attributes: str) -> str:
        """A new message, signal, error or escalation; answers its id."""
        made = self.add(self.root, kind, at=0, id=self.new_id(kind), **attributes)
        return str(made.get("id"))

    def set_event(self, node: Any, kind: str | None, /, **attributes: str) -> Any:
        """Give the event this definition in place of the one it has."""
        for definition in definitions(node):
            node.remove(definition)
        if kind is None:
            return None
        return self.add(node, f"{kind}EventDefinition", id=self.new_id("event"), **attributes)

    def extend(self, node: Any, tag: str, /, **attributes: str) -> Any:
        """Add a zeebe extension element."""
        holder = node.find(f"{{{BPMN}}}extensionElements")
        if holder is None:
            holder = self.add(node, "extensionElements", at=_after_documentation(node))
        return etree.SubElement(holder, f"{{{ZEEBE}}}{tag}", attributes)

    def clear(self, node: Any) -> None:
        """Drop the extensions of a node."""
        for holder in node.findall(f"{{{BPMN}}}extensionElements"):
            node.remove(holder)

    def rename(self, node: Any, name: str) -> None:
        node.tag = f"{{{BPMN}}}{name}"

    def set_condition(self, flow: Any, text: str) -> None:
        for old in flow.findall(f"{{{BPMN}}}conditionExpression"):
            flow.remove(old)
        made = etree.SubElement(flow, f"{{{BPMN}}}conditionExpression")
        made.set(f"{{{XSI}}}type", "tFormalExpression")
        made.text = text


def local(element: Any) -> str:
    return str(etree.QName(element).localname)


def plain(reference: str | None) -> str:
    """A reference without its namespace prefix."""
    return (reference or "").rsplit(":", 1)[-1]


def definitions(node: Any) -> list[Any]:
    return [
        c
        for c in node
        if isinstance(c.tag, str) and local(c).endswith(("EventDefinition", "eventDefinitionRef"))
    ]


def event_kind(node: Any) -> str:
    """`none`, `timer`, `message`, ..."""
    found = definitions(node)
    return local(found[0]).removesuffix("EventDefinition") if found else "none"


def flow_nodes_of(container: Any) -> Iterator[Any]:
    return (c for c in container if isinstance(c.tag, str) and local(c) in NODES)


def _after_documentation(node: Any) -> int:
    return sum(1 for c in node if isinstance(c.tag, str) and local(c) == "documentation")
