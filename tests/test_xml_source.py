"""Uploaded XML is read safely or refused with its place."""

from __future__ import annotations

import time

import pytest

from engine.xml_source import XmlLimits, XmlProblem, child, children, local_name, parse_xml, text_of

BOMB = (
    b"<!DOCTYPE a [<!ENTITY b 'lol'>"
    + b"".join(
        b"<!ENTITY %c '&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;'>" % (name, *[name - 1] * 8)
        for name in range(ord("c"), ord("s"))
    )
    + b"]><a>&r;</a>"
)


def refusal(source: bytes, limits: XmlLimits | None = None) -> XmlProblem:
    with pytest.raises(XmlProblem) as caught:
        parse_xml(source, "a.bpmn", limits=limits or XmlLimits())
    assert caught.value.problem.file == "a.bpmn"
    assert caught.value.problem.is_error
    return caught.value


def test_elements_keep_their_line_and_are_found_whatever_their_namespace() -> None:
    root = parse_xml(b'<d xmlns="urn:x">\n<a>\xe6\x96\x87</a><!-- no --><b/></d>', "a.bpmn")

    assert [local_name(element) for element in children(root)] == ["a", "b"]
    assert text_of(child(root, "a")) == "文"
    assert children(root, "a")[0].sourceline == 2


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        (b"", "XML_EMPTY", None),
        (b"hello", "XML_NOT_WELL_FORMED", 1),
        (b"<a>\n<b></a>", "XML_NOT_WELL_FORMED", 2),
        (b"<a>&nothing;</a>", "XML_NOT_WELL_FORMED", 1),
        (b"<a/><b/>", "XML_NOT_WELL_FORMED", 1),
    ],
)
def test_what_is_no_xml_is_refused_with_its_line(source: bytes, code: str, line: int | None) -> None:
    problem = refusal(source).problem

    assert (problem.code, problem.line) == (code, line)


@pytest.mark.parametrize(
    "source",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "http://localhost:1/evil.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
        b"<!DOCTYPE a><a/>",
    ],
)
def test_document_types_and_entities_are_refused_at_once(source: bytes) -> None:
    started = time.monotonic()

    assert refusal(source).problem.code == "XML_DOCTYPE"
    assert time.monotonic() - started < 1


def test_files_beyond_a_limit_are_refused_while_they_are_read() -> None:
    limits = XmlLimits(bytes=10_000, depth=20, elements=100)

    assert refusal(b"<a>" + b" " * 10_000 + b"</a>", limits).problem.code == "FILE_TOO_LARGE"
    assert refusal(b"<a>" * 21 + b"</a>" * 21, limits).problem.code == "XML_TOO_DEEP"
    assert refusal(b"<a>" * 5_000).problem.code == "XML_TOO_DEEP"
    assert refusal(b"<a>" + b"<b/>" * 100 + b"</a>", limits).problem.code == "XML_TOO_MANY_ELEMENTS"
    attributes = b" ".join(b'a%d="1"' % number for number in range(100))
    assert refusal(b"<a " + attributes + b"/>", limits).problem.code == "XML_TOO_MANY_ELEMENTS"


def test_a_long_text_within_the_limits_is_read() -> None:
    root = parse_xml(b"<a>" + b"x" * 9_000_000 + b"</a>", "a.bpmn")

    assert len(text_of(root)) == 9_000_000
