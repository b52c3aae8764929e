"""The namespaces of diagrams. What an element means depends on its URI, never on its prefix."""

from __future__ import annotations

from typing import Final

from engine.xml_source import XmlElement, children, local_name, namespace

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
MODELER: Final = "http://camunda.org/schema/modeler/1.0"

CONDITION_LANGUAGES: Final = ("", "feel", "https://www.omg.org/spec/DMN/20191111/FEEL/")


def bpmn_children(element: XmlElement, *names: str) -> list[XmlElement]:
    return [c for c in children(element, *names) if namespace(c) == BPMN]


def bpmn_child(element: XmlElement, *names: str) -> XmlElement | None:
    return next(iter(bpmn_children(element, *names)), None)


def extensions(element: XmlElement, uri: str, *names: str) -> list[XmlElement]:
    """The extension elements of one namespace, in document order."""
    holder = bpmn_child(element, "extensionElements")
    if holder is None:
        return []
    return [c for c in children(holder, *names) if namespace(c) == uri]


def extension(element: XmlElement, uri: str, name: str) -> XmlElement | None:
    return next(iter(extensions(element, uri, name)), None)


def camunda(element: XmlElement, name: str) -> str:
    """An attribute of Camunda 7, or an empty text."""
    return (element.get(f"{{{CAMUNDA}}}{name}") or "").strip()


def reference(text: str | None) -> str:
    """The id inside a qualified name: `tns:Message_1` is `Message_1`."""
    text = (text or "").strip()
    return text.rpartition(":")[2]


def is_bpmn(element: XmlElement, *names: str) -> bool:
    return namespace(element) == BPMN and local_name(element) in names
