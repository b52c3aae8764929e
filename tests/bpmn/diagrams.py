"""Small diagrams as text, and what the reader makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from engine.bpmn import BpmnFile, read_bpmn
from engine.bpmn.model import Element, ProcessModel
from engine.errors import Problem

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://example.com">'
)
JOB = "<bpmn:extensionElements><zeebe:taskDefinition type='work'/></bpmn:extensionElements>"
MESSAGE = (
    "<bpmn:message id='m' name='paid'><bpmn:extensionElements>"
    "<zeebe:subscription correlationKey='=orderId'/></bpmn:extensionElements></bpmn:message>"
)
ERROR = "<bpmn:error id='e' name='no' errorCode='NO'/>"
TIMER = (
    "<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type='bpmn:tFormalExpression'>PT1H"
    "</bpmn:timeDuration></bpmn:timerEventDefinition>"
)


def diagram(body: str, roots: str = "", *, executable: bool = True, attributes: str = "") -> bytes:
    """One process `p` with `body`; `roots` stands beside it."""
    process = (
        f'<bpmn:process id="p" isExecutable="{str(executable).lower()}"{attributes}>{body}</bpmn:process>'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{HEAD}\n{process}{roots}</bpmn:definitions>'.encode()


def line(*middle: str, roots: str = "") -> bytes:
    """Start, then the given elements (each with an id `a`, `b`, ...) in a row, then an end."""
    ids = ["start", *(chr(ord("a") + number) for number in range(len(middle))), "end"]
    body = "<bpmn:startEvent id='start'/>" + "".join(middle) + "<bpmn:endEvent id='end'/>"
    return diagram(body + flows(*pairwise(ids)), roots)


def flows(*pairs: tuple[str, str]) -> str:
    return "".join(f"<bpmn:sequenceFlow id='{a}-{b}' sourceRef='{a}' targetRef='{b}'/>" for a, b in pairs)


def read(source: bytes) -> BpmnFile:
    return read_bpmn(source, "test.bpmn")


def model(source: bytes) -> ProcessModel:
    """The process of a diagram that must be without errors."""
    file = read(source)
    assert [str(problem) for problem in file.errors] == []
    return file.processes[0]


def element(source: bytes, identity: str = "a") -> Element:
    return model(source).elements[identity]


def errors(source: bytes) -> list[tuple[str, str]]:
    """The errors as (element id, code)."""
    return pairs(read(source).errors)


def warnings(source: bytes) -> list[tuple[str, str]]:
    return pairs(problem for problem in read(source).problems if not problem.is_error)


def pairs(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    return [(problem.element_id, problem.code) for problem in problems]
