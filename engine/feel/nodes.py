"""What the parser makes of a text: a tree whose nodes know their position."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Node:
    """`position` is the place in the text that a warning or an error points at."""

    position: int


@dataclass(slots=True)
class Literal(Node):
    value: object


@dataclass(slots=True)
class TemporalLiteral(Node):
    """`@"..."`; a text that means no date, time or duration is null with a warning."""

    text: str


@dataclass(slots=True)
class Name(Node):
    name: str


@dataclass(slots=True)
class Chain(Node):
    """Operators of one level, applied from left to right; flat, so that long sums need no deep stack."""

    first: Node
    rest: list[tuple[str, Node, int]]


@dataclass(slots=True)
class Logic(Node):
    """`and` or `or` over two or more parts."""

    operator: str
    parts: list[Node]


@dataclass(slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(slots=True)
class In(Node):
    value: Node
    tests: list[Node]


@dataclass(slots=True)
class TypeName(Node):
    """`name` is a simple type, or list, context, range or function with the parts below."""

    name: str
    element: TypeName | None = None
    entries: list[tuple[str, TypeName]] | None = None
    parameters: list[TypeName] | None = None


@dataclass(slots=True)
class InstanceOf(Node):
    value: Node
    type: TypeName


@dataclass(slots=True)
class Negation(Node):
    value: Node


@dataclass(slots=True)
class Path(Node):
    value: Node
    name: str


@dataclass(slots=True)
class Filter(Node):
    value: Node
    condition: Node


@dataclass(slots=True)
class Call(Node):
    """`names` are given when the arguments are named."""

    function: Node
    arguments: list[Node]
    names: list[str] | None


@dataclass(slots=True)
class If(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(slots=True)
class Iterator(Node):
    """`name in domain`; with `end` the domain is the whole numbers (or days) between both, either way."""

    name: str
    domain: Node
    end: Node | None


@dataclass(slots=True)
class For(Node):
    iterators: list[Iterator]
    body: Node


@dataclass(slots=True)
class Quantified(Node):
    quantifier: str
    iterators: list[Iterator]
    condition: Node


@dataclass(slots=True)
class FunctionDefinition(Node):
    parameters: list[str]
    types: list[TypeName | None]
    body: Node | None  # none: an external function, which is never available


@dataclass(slots=True)
class ListLiteral(Node):
    items: list[Node]


@dataclass(slots=True)
class ContextLiteral(Node):
    entries: list[tuple[str, Node]]


@dataclass(slots=True)
class RangeLiteral(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(slots=True)
class CompareTest(Node):
    """A unary test `< end`: compares the input value. As a value of its own it is an unbounded range."""

    operator: str
    end: Node


@dataclass(slots=True)
class ValueTest(Node):
    """A unary test that is an expression; `reads_input` when it mentions `?`."""

    value: Node
    reads_input: bool


@dataclass(slots=True)
class Tests(Node):
    """A whole cell. No tests at all: any input passes (`-`)."""

    tests: list[Node] | None
    negated: bool
