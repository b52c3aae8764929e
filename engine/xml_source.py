"""Reads XML that somebody uploaded: no document types, no entities, no network, nothing beyond its limits.

The only place that knows lxml. Elements keep `sourceline`, so that a problem can name its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from engine.errors import EngineError, Problem

XmlElement: TypeAlias = etree._Element


@dataclass(frozen=True, kw_only=True)
class XmlLimits:
    """What a file may cost: its bytes, how deep elements nest, how many elements and attributes it holds."""

    bytes: int = 10_000_000
    depth: int = 200
    elements: int = 500_000


DEFAULT_LIMITS = XmlLimits()


class XmlProblem(EngineError):
    """The file cannot be read; `problem` says why, with the file and the line."""

    code = "XML_NOT_READABLE"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def parse_xml(source: bytes, name: str, *, limits: XmlLimits = DEFAULT_LIMITS) -> XmlElement:
    """The root element of `source`. Raises XmlProblem naming file and line; never opens anything else."""
    if len(source) > limits.bytes:
        raise _problem(
            name,
            "FILE_TOO_LARGE",
            f"the file has {len(source):,} bytes, more than the {limits.bytes:,} allowed",
            "split the model into smaller files",
        )
    if not source.strip():
        raise _problem(name, "XML_EMPTY", "the file is empty")
    guard = _Guard(name, limits)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
        huge_tree=True,  # libxml2's own limits forbid long scripts; ours are stricter on what matters
    )
    try:
        for start in range(0, len(source), _CHUNK):
            parser.feed(source[start : start + _CHUNK])
            guard.check(parser.read_events())
        root = parser.close()
        guard.check(parser.read_events())
    except etree.XMLSyntaxError as error:
        if not guard.has_begun and b"<!DOCTYPE" in source[:_CHUNK]:
            raise _document_type(name) from error
        raise _not_well_formed(name, error, parser) from error
    guard.refuse_document_type(root)
    return root


def children(element: XmlElement, *local_names: str) -> list[XmlElement]:
    """The child elements with one of these local names, or all of them, in document order, any namespace."""
    found = [child for child in element if isinstance(child.tag, str)]
    return [child for child in found if local_name(child) in local_names] if local_names else found


def child(element: XmlElement, *local_names: str) -> XmlElement | None:
    """The first child element with one of these local names."""
    return next(iter(children(element, *local_names)), None)


def descendants(element: XmlElement, *local_names: str) -> Iterator[XmlElement]:
    """Every element below with one of these local names, in document order."""
    for found in element.iterdescendants():
        if isinstance(found.tag, str) and local_name(found) in local_names:
            yield found


def local_name(element: XmlElement) -> str:
    """The element's name without its namespace."""
    tag = str(element.tag)
    return tag[tag.rfind("}") + 1 :]


def namespace(element: XmlElement) -> str:
    """The element's namespace, or an empty text."""
    tag = str(element.tag)
    return tag[1 : tag.rfind("}")] if tag.startswith("{") else ""


def text_of(element: XmlElement | None) -> str:
    """The text directly inside an element, as written; empty when there is none."""
    return "" if element is None else element.text or ""


_CHUNK = 64 * 1024


class _Guard:
    """Counts while the parser reads, so that a bomb is refused before it has grown."""

    def __init__(self, name: str, limits: XmlLimits) -> None:
        self._name, self._limits = name, limits
        self._depth = self._elements = 0
        self.has_begun = False

    def check(self, events: Iterable[tuple[str, Any]]) -> None:
        element: XmlElement
        for event, element in events:
            if event == "end":
                self._depth -= 1
                continue
            if not self.has_begun:
                self.has_begun = True
                self.refuse_document_type(element)
            self._depth += 1
            self._elements += 1 + len(element.attrib)
            if self._depth > self._limits.depth:
                raise _problem(
                    self._name,
                    "XML_TOO_DEEP",
                    f"elements nest deeper than the {self._limits.depth} allowed",
                    line=_line(element),
                )
            if self._elements > self._limits.elements:
                raise _problem(
                    self._name,
                    "XML_TOO_MANY_ELEMENTS",
                    f"the file has more than the {self._limits.elements:,} elements and attributes allowed",
                    line=_line(element),
                )

    def refuse_document_type(self, element: XmlElement) -> None:
        if element.getroottree().docinfo.internalDTD is not None:
            raise _document_type(self._name)


def _not_well_formed(name: str, error: etree.XMLSyntaxError, parser: etree.XMLPullParser) -> XmlProblem:
    first = next(iter(parser.feed_error_log), None)
    line = first.line if first else error.lineno
    message = first.message if first else str(error.msg or "")
    if "Excessive depth" in message:
        return _problem(name, "XML_TOO_DEEP", "elements nest deeper than is allowed", line=line or None)
    message = message.strip().removesuffix(".")
    column = f" (column {first.column})" if first and first.column else ""
    return _problem(name, "XML_NOT_WELL_FORMED", f"the file is not XML: {message}{column}", line=line or None)


def _document_type(name: str) -> XmlProblem:
    return _problem(
        name,
        "XML_DOCTYPE",
        "a document type or entity definition (<!DOCTYPE ...>) is not allowed",
        "remove it; BPMN and DMN files need none",
    )


def _line(element: XmlElement) -> int | None:
    line = element.sourceline
    return line if isinstance(line, int) else None


def _problem(name: str, code: str, message: str, hint: str = "", line: int | None = None) -> XmlProblem:
    return XmlProblem(Problem(file=name, code=code, message=message, hint=hint, line=line))
