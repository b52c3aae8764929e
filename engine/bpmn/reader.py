"""Reads a BPMN file into process models. Walks with a stack of its own, so depth costs nothing."""

from __future__ import annotations

from collections import deque
from itertools import islice

from engine.bpmn.bpmn_file import BpmnFile
from engine.bpmn.elements import REFUSED, TYPES, new_element, read_element
from engine.bpmn.links import link_process
from engine.bpmn.listener_extensions import read_listeners
from engine.bpmn.model import Element, ElementType, ProcessModel
from engine.bpmn.namespaces import (
    BPMN,
    CAMUNDA,
    ZEEBE,
    bpmn_child,
    bpmn_children,
    camunda,
    extension,
)
from engine.bpmn.problem_list import ProblemList, XmlPlace
from engine.bpmn.process_draft import ProcessDraft
from engine.bpmn.reading import Reading, open_reading
from engine.bpmn.rules import check_file, check_process
from engine.bpmn.texts import text_list
from engine.xml_source import XmlElement, XmlProblem, children, descendants, local_name, namespace, parse_xml

DEEPEST_NESTING = 100
MOST_NODES = 10_000
"""Flow nodes and sequence flows of one file: a larger one would keep a deployment waiting for minutes."""


def read_bpmn(source: bytes, name: str) -> BpmnFile:
    """The processes of a file and every problem in it. Raises nothing for a wrong file."""
    problems = ProblemList(name)
    try:
        root = parse_xml(source, name)
    except XmlProblem as error:
        return BpmnFile(name=name, processes=(), problems=(error.problem,))
    if local_name(root) != "definitions" or namespace(root) != BPMN:
        problems.error(
            "NOT_BPMN",
            f"the file is no BPMN 2.0 diagram: its root element is '{local_name(root)}'",
            XmlPlace(root),
            hint="the root element must be 'definitions' of " + BPMN,
        )
        return BpmnFile(name=name, processes=(), problems=problems.found)
    if (
        beyond := next(islice(descendants(root, *TYPES, "sequenceFlow"), MOST_NODES, None), None)
    ) is not None:
        problems.error(
            "TOO_MANY_ELEMENTS",
            f"the file has more than the {MOST_NODES:,} elements and flows allowed",
            XmlPlace(beyond),
            hint="split the model and join the parts by call activities",
        )
        return BpmnFile(name=name, processes=(), problems=problems.found)
    reading = open_reading(root, problems)
    processes = tuple(_read_process(xml, reading) for xml in bpmn_children(root, "process"))
    check_file(reading, processes)
    return BpmnFile(name=name, processes=processes, problems=problems.found)


def _read_process(xml: XmlElement, reading: Reading) -> ProcessModel:
    executable = xml.get("isExecutable") == "true"
    reading.problems.lenient = not executable
    draft = _new_draft(xml, reading)
    _read_contents(xml, draft, reading)
    link_process(draft, reading)
    root = draft.root
    read_listeners(xml, root, reading)
    starters = root.properties.get("tenure:candidateStarters") or camunda(xml, "candidateStarterGroups")
    version_tag = extension(xml, ZEEBE, "versionTag")
    model = ProcessModel(
        process_id=root.id,
        name=root.name,
        names=root.names,
        version_tag=version_tag.get("value", "")
        if version_tag is not None
        else xml.get(f"{{{CAMUNDA}}}versionTag", ""),
        executable=executable,
        file=reading.problems.file,
        root=root,
        elements=draft.elements,
        flows=draft.flows,
        candidate_starters=text_list(starters),
        lanes=draft.lanes,
    )
    check_process(model, reading.problems)
    reading.problems.lenient = False
    return model


def _new_draft(xml: XmlElement, reading: Reading) -> ProcessDraft:
    identity = (xml.get("id") or "").strip()
    if not identity:
        reading.problems.error("ID_MISSING", "the process has no id", XmlPlace(xml))
    return ProcessDraft(xml, new_element(xml, identity or "process", ElementType.PROCESS, None))


def _read_contents(xml: XmlElement, draft: ProcessDraft, reading: Reading) -> None:
    """Every flow node, container by container in document order; flows and associations are kept aside."""
    todo: deque[tuple[XmlElement, Element, int]] = deque([(xml, draft.root, 0)])
    while todo:
        container, parent, depth = todo.pop()
        deeper: list[tuple[XmlElement, Element, int]] = []
        for node in children(container):
            if namespace(node) != BPMN:
                continue
            kind = local_name(node)
            if kind in TYPES:
                element = _read_node(node, parent, draft, reading)
                if element.type.is_container:
                    deeper.append((node, element, depth + 1))
            elif kind == "sequenceFlow":
                draft.flow_nodes.append((node, parent))
            elif kind == "association":
                draft.association_nodes.append(node)
            elif kind == "laneSet":
                draft.lane_sets.append(node)
            elif kind in REFUSED:
                draft.refuse(node, reading.problems, kind, REFUSED[kind])
        if depth >= DEEPEST_NESTING and deeper:
            reading.problems.error(
                "NESTING_TOO_DEEP",
                f"subprocesses nest deeper than the {DEEPEST_NESTING} levels allowed",
                deeper[0][1],
            )
            continue
        todo.extend(reversed(deeper))


def _read_node(node: XmlElement, parent: Element, draft: ProcessDraft, reading: Reading) -> Element:
    identity = draft.identity(node, reading.problems)
    element = read_element(node, identity, parent, reading)
    draft.add(element, node)
    if bpmn_child(node, "ioSpecification") is not None:
        draft.has_io_specification.add(identity)
    return element
