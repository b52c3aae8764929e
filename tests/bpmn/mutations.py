"""Real diagrams made wrong: seeded, so that every mutation can be made again from its number."""

from __future__ import annotations

import copy
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from lxml import etree

from engine.bpmn import BpmnFile, KnownResources, deployment_problems, read_bpmn, rejection_text
from engine.errors import Problem
from tests.outside import CONFORMANCE

ROOT = Path(__file__).parents[2]
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FLOW_NODES = ("task", "userTask", "serviceTask", "subProcess", "callActivity", "exclusiveGateway")
EVENT_DEFINITIONS = ("timer", "message", "error", "signal", "conditional", "compensate", "link", "cancel")
WHOLE_FILE = frozenset({"FILE_TOO_LARGE", "XML_EMPTY", "XML_DOCTYPE"})
"""Codes of problems that belong to no line: the file as such is refused."""

VALUES = (
    "",
    " ",
    "=",
    "= (",
    "=a +",
    "²",
    "٣",
    "9" * 5_000,
    "-1",
    "1e400",
    "true",
    "maybe",
    "${",
    "${a.b(}",
    "#{execution.x}",
    "PT",
    "R/PT0S",
    "R²/PT1H",
    "0 0 * * *",
    "2026-99-99",
    "\U0001f980\u202e文",
    "x" * 20_000,
    "=" + "(" * 5_000,
    "=" + "[" * 200 + "]" * 200,
    "=for x in " * 300,
    "a:b:c",
    "{urn:x}y",
    "../../etc/passwd",
    "http://127.0.0.1:1/x",
    "tenure:unknown",
)
TEXTS = tuple(value for value in VALUES if value.isprintable() or value.isspace())

Tree = etree._Element
KNOWN = KnownResources(
    job_types=["evaluation.score"], processes=["p"], decisions=["d"], forms=["f"], groups=["buyers"]
)


@dataclass(frozen=True)
class Mutation:
    """`number` and the seed make the same bytes again."""

    number: int
    kinds: tuple[str, ...]
    name: str
    source: bytes


class TookTooLong(BaseException):
    """Not an Exception, so that nothing on the way swallows it."""


def diagrams() -> list[Path]:
    """The product's own diagrams, and those of the conformance suites where they are at hand."""
    return [*sorted(ROOT.glob("processes/*/*.bpmn")), *sorted(CONFORMANCE.rglob("*.bpmn"))]


def mutations(seed: int, count: int, paths: list[Path]) -> Iterator[Mutation]:
    for number in range(count):
        yield mutation(seed, number, paths)


def mutation(seed: int, number: int, paths: list[Path]) -> Mutation:
    """One to three changes to the tree of a diagram, then perhaps one to its bytes."""
    chance = random.Random(f"{seed}/{number}")
    path = paths[number % len(paths)]
    source = path.read_bytes()
    kinds = []
    try:
        root = etree.fromstring(source)
    except etree.XMLSyntaxError:
        root = None
    if root is not None:
        for _ in range(chance.randint(1, 3)):
            change = chance.choice(ON_TREES)
            change(root, chance)
            kinds.append(change.__name__)
        source = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if root is None or chance.random() < 0.3:
        on_bytes = chance.choice(ON_BYTES)
        source = on_bytes(source, chance)
        kinds.append(on_bytes.__name__)
    return Mutation(number, tuple(kinds), path.name, source)


def outcome(source: bytes, name: str, seconds: float) -> tuple[BpmnFile, list[Problem]]:
    """What a deployment would hear of this file. Raises where the reader breaks its promise."""
    with at_most(seconds):
        file = read_bpmn(source, name)
        problems = [*file.problems, *deployment_problems([file], KNOWN)]
        text = rejection_text(problems)
    assert file.processes or problems, "neither a process nor a problem"
    for problem in problems:
        assert problem.file == name, problem
        assert problem.code, problem
        assert problem.message.strip(), problem
        assert problem.line or problem.element_id or problem.code in WHOLE_FILE, problem
        assert len(str(problem)) < 10_000 + 4 * _longest_id(problem), f"{problem.code}: endless message"
    assert name in text or not any(problem.is_error for problem in problems)
    return file, problems


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Stops what hangs."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _longest_id(problem: Problem) -> int:
    return len(problem.element_id) + len(problem.element_name) + len(problem.hint)


# --- changes to the tree --------------------------------------------------------------------------------


def delete_element(root: Tree, chance: random.Random) -> None:
    element = _any(root, chance)
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def duplicate_element(root: Tree, chance: random.Random) -> None:
    element = _any(root, chance)
    if (parent := element.getparent()) is not None:
        for _ in range(chance.choice((1, 1, 1, 50))):
            parent.append(copy.deepcopy(element))


def swap_elements(root: Tree, chance: random.Random) -> None:
    one, other = _any(root, chance), _any(root, chance)
    around, beyond = one.getparent(), other.getparent()
    if around is None or beyond is None or one in other.iterancestors() or other in one.iterancestors():
        return
    spare = copy.deepcopy(other)
    beyond.replace(other, copy.deepcopy(one))
    if one.getparent() is around:
        around.replace(one, spare)


def move_element(root: Tree, chance: random.Random) -> None:
    element, target = _any(root, chance), _any(root, chance)
    if element is not root and element is not target and element not in target.iterancestors():
        target.append(element)


def rename_element(root: Tree, chance: random.Random) -> None:
    _any(root, chance).tag = _any(root, chance).tag


def make_other_flow_node(root: Tree, chance: random.Random) -> None:
    nodes = [node for node in _all(root) if etree.QName(node).localname in FLOW_NODES]
    if nodes:
        chance.choice(
            nodes
        ).tag = f"{{{BPMN}}}{chance.choice((*FLOW_NODES, 'complexGateway', 'transaction'))}"


def doubled_id(root: Tree, chance: random.Random) -> None:
    named = [node for node in _all(root) if node.get("id")]
    if len(named) > 1:
        one, other = chance.sample(named, 2)
        one.set("id", other.get("id", ""))


def flow_to_nowhere(root: Tree, chance: random.Random) -> None:
    flows = list(root.iter(f"{{{BPMN}}}sequenceFlow"))
    if flows:
        flow, end = chance.choice(flows), chance.choice(("sourceRef", "targetRef"))
        flow.set(end, chance.choice(("nowhere", flow.get("id", ""), flow.get("sourceRef", ""), "", "x:y")))


def several_event_definitions(root: Tree, chance: random.Random) -> None:
    events = list(root.iter(f"{{{BPMN}}}boundaryEvent")) or [
        node for node in _all(root) if etree.QName(node).localname.endswith("Event")
    ]
    if events:
        event = chance.choice(events)
        for kind in chance.sample(EVENT_DEFINITIONS, 2):
            etree.SubElement(event, f"{{{BPMN}}}{kind}EventDefinition")


def delete_attribute(root: Tree, chance: random.Random) -> None:
    element = _any(root, chance)
    if names := list(element.attrib):
        del element.attrib[chance.choice(names)]


def change_attribute(root: Tree, chance: random.Random) -> None:
    with_attributes = [node for node in _all(root) if node.attrib]
    if with_attributes:
        element = chance.choice(with_attributes)
        element.set(chance.choice(list(element.attrib)), chance.choice(VALUES))


def exchange_attributes(root: Tree, chance: random.Random) -> None:
    """A value from elsewhere: references to the wrong kind of element, loops, attachments to itself."""
    with_attributes = [node for node in _all(root) if node.attrib]
    if with_attributes:
        one, other = chance.choice(with_attributes), chance.choice(with_attributes)
        value = other.get(chance.choice(list(other.attrib)), "")
        one.set(chance.choice((*one.attrib, *other.attrib)), value)


def change_text(root: Tree, chance: random.Random) -> None:
    with_text = [node for node in _all(root) if (node.text or "").strip()]
    if with_text:
        chance.choice(with_text).text = chance.choice(TEXTS)


def foreign_extension(root: Tree, chance: random.Random) -> None:
    element, vendor = _any(root, chance), chance.choice(("urn:a", "http://activiti.org/bpmn", BPMN))
    inside = etree.SubElement(element, f"{{{BPMN}}}extensionElements")
    for _ in range(chance.choice((1, 3, 200))):
        inside = etree.SubElement(
            inside if chance.random() < 0.3 else element, f"{{{vendor}}}thing", {f"{{{vendor}}}id": "x"}
        )
    element.set(f"{{{vendor}}}assignee", chance.choice(VALUES))


def deep_subprocesses(root: Tree, chance: random.Random) -> None:
    processes = list(root.iter(f"{{{BPMN}}}process"))
    if processes:
        inside = chance.choice(processes)
        for number in range(chance.choice((20, 90, 110, 190, 1_000))):
            inside = etree.SubElement(inside, f"{{{BPMN}}}subProcess", {"id": f"deep{number}"})


def comments_everywhere(root: Tree, chance: random.Random) -> None:
    for element in chance.sample(nodes := _all(root), min(20, len(nodes))):
        element.insert(0, chance.choice((etree.Comment("x"), etree.PI("php", "x"))))


# --- changes to the bytes -------------------------------------------------------------------------------


def cut_off(source: bytes, chance: random.Random) -> bytes:
    return source[: chance.randrange(len(source) + 1)]


def cut_out(source: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(source) + 1)
    return source[:start] + source[start + chance.randrange(1, 200) :]


def flip_bytes(source: bytes, chance: random.Random) -> bytes:
    changed = bytearray(source)
    for _ in range(chance.choice((1, 5, 50)) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def wrong_encoding(source: bytes, chance: random.Random) -> bytes:
    """Written in one encoding, declared as another."""
    text = source.decode("utf-8", "replace").replace("UTF-8", chance.choice(ENCODINGS), 1)
    return text.encode(chance.choice(("utf-8", "utf-16", "utf-16-be", "utf-32", "latin-1", "gbk")), "replace")


def entity_bomb(source: bytes, chance: random.Random) -> bytes:
    levels = chance.randrange(1, 30)
    entities = b"".join(b"<!ENTITY e%d '%s'>" % (n + 1, b"&e%d;" % n * 9) for n in range(levels))
    bomb = b"<!DOCTYPE x [<!ENTITY e0 'lol'>%s]>" % entities
    outside = b'<!DOCTYPE x SYSTEM "file:///dev/zero">'
    head, mark, rest = source.partition(b"?>")
    changed = head + mark + chance.choice((bomb, outside, b"<!DOCTYPE x>")) + rest
    return changed.replace(b"><", b">&e%d;<" % levels, 3)


def doubled_document(source: bytes, chance: random.Random) -> bytes:
    return source * chance.randrange(2, 4)


def junk_around(source: bytes, chance: random.Random) -> bytes:
    junk = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 64)))
    return chance.choice(
        (junk + source, source + junk, b"\xef\xbb\xbf" + source, b"\0" + source, b" " + source)
    )


ENCODINGS = ("UTF-8", "UTF-16", "US-ASCII", "GBK", "klingon", "", "utf-7", "EBCDIC-CP-US")
ON_TREES: tuple[Callable[[Tree, random.Random], None], ...] = (
    delete_element,
    duplicate_element,
    swap_elements,
    move_element,
    rename_element,
    make_other_flow_node,
    doubled_id,
    flow_to_nowhere,
    several_event_definitions,
    delete_attribute,
    change_attribute,
    change_attribute,
    exchange_attributes,
    exchange_attributes,
    change_text,
    change_text,
    foreign_extension,
    deep_subprocesses,
    comments_everywhere,
)
ON_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut_off,
    cut_out,
    flip_bytes,
    wrong_encoding,
    entity_bomb,
    doubled_document,
    junk_around,
)


def _all(root: Tree) -> list[Tree]:
    return [node for node in root.iter() if isinstance(node.tag, str)]


def _any(root: Tree, chance: random.Random) -> Tree:
    return chance.choice(_all(root))
