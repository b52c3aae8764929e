"""A process while it is being read: elements are there, links between them are still to come."""

from __future__ import annotations

from engine.bpmn.model import Element, ElementType, SequenceFlow
from engine.bpmn.problem_list import ProblemList, XmlPlace
from engine.xml_source import XmlElement, local_name


class ProcessDraft:
    def __init__(self, xml: XmlElement, root: Element) -> None:
        self.xml = xml
        self.root = root
        self.elements: dict[str, Element] = {root.id: root}
        self.nodes: dict[str, XmlElement] = {root.id: xml}
        self.flows: dict[str, SequenceFlow] = {}
        self.flow_nodes: list[tuple[XmlElement, Element]] = []
        self.association_nodes: list[XmlElement] = []
        self.lane_sets: list[XmlElement] = []
        self.lanes: dict[str, str] = {}
        self.refused: set[str] = set()
        self.has_io_specification: set[str] = set()

    def identity(self, node: XmlElement, problems: ProblemList) -> str:
        """The id to use: a missing or doubled one is a problem, and a made-up one goes on."""
        identity = (node.get("id") or "").strip()
        if not identity:
            problems.error("ID_MISSING", f"a {local_name(node)} has no id", XmlPlace(node, self.root))
        elif identity not in self.elements:
            return identity
        number = len(self.elements)
        return f"{identity or local_name(node)}#{number}"

    def add(self, element: Element, node: XmlElement) -> None:
        self.elements[element.id] = element
        self.nodes[element.id] = node
        if element.parent is None:
            return
        if element.type is ElementType.EVENT_SUB_PROCESS:
            element.parent.event_sub_processes.append(element)
        else:
            element.parent.children.append(element)

    def refuse(self, node: XmlElement, problems: ProblemList, kind: str, hint: str) -> None:
        self.refused.add(node.get("id") or "")
        around = next((a for a in node.iterancestors() if a.get("id")), node)
        problems.error(
            "ELEMENT_NOT_SUPPORTED",
            f"the engine does not run a {kind}",
            XmlPlace(node, XmlPlace(around)),
            hint=hint,
        )
