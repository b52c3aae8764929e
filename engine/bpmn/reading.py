"""What all parts of the reader share while one file is read: problems, texts, root definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn.namespaces import BPMN, CAMUNDA, MODELER, ZEEBE
from engine.bpmn.problem_list import ProblemList
from engine.bpmn.texts import Texts
from engine.xml_source import XmlElement, children, local_name, namespace

_ROOT_DEFINITIONS = ("message", "signal", "error", "escalation")


@dataclass(eq=False)
class Reading:
    """`definitions` maps the id of every message, signal, error and escalation to its XML element.

    `is_camunda_7` tells the dialect: there, some things have other defaults.
    """

    root: XmlElement
    problems: ProblemList
    texts: Texts
    is_camunda_7: bool
    definitions: Mapping[str, XmlElement]
    event_definitions: Mapping[str, XmlElement] = field(default_factory=dict)

    def definition(self, kind: str, reference: str) -> XmlElement | None:
        found = self.definitions.get(reference)
        return found if found is not None and local_name(found) == kind else None


def open_reading(root: XmlElement, problems: ProblemList) -> Reading:
    definitions: dict[str, XmlElement] = {}
    event_definitions: dict[str, XmlElement] = {}
    for element in children(root):
        identity = element.get("id")
        if not identity or namespace(element) != BPMN:
            continue
        name = local_name(element)
        if name in _ROOT_DEFINITIONS:
            definitions.setdefault(identity, element)
        elif name.endswith("EventDefinition"):
            event_definitions.setdefault(identity, element)
    return Reading(
        root=root,
        problems=problems,
        texts=Texts(problems),
        is_camunda_7=_is_camunda_7(root),
        definitions=definitions,
        event_definitions=event_definitions,
    )


def _is_camunda_7(root: XmlElement) -> bool:
    platform = root.get(f"{{{MODELER}}}executionPlatform", "")
    if platform:
        return platform == "Camunda Platform"
    uses_camunda = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if namespace(element) == ZEEBE:
            return False
        if not uses_camunda:
            uses_camunda = namespace(element) == CAMUNDA or any(
                str(key).startswith(f"{{{CAMUNDA}}}") for key in element.attrib
            )
    return uses_camunda
