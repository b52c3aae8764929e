"""An independent oracle of BPMN's rules: it runs the *structure* a diagram was drawn from, not its flows.

A `Block` draws itself as nodes and flows (that is what the engine gets) and also knows what running it does
(that is what the engine is compared with). Nothing of the engine is used here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .diagrams import (
    boundary,
    end,
    error_event,
    inclusive,
    loop,
    mapping,
    parallel,
    script,
    service_task,
    start,
    sub_process,
    task,
    xor,
)


@dataclass
class Run:
    """How often each element completed, in which order, and how often in called instances (`elsewhere`)."""

    variables: dict[str, Any]
    completed: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    is_parallel: bool = False

    def note(self, element: str) -> None:
        self.completed[element] += 1
        self.order.append(element)


class Numbers:
    """The next free number, and the processes that are called, shared by all drawings of one diagram."""

    def __init__(self) -> None:
        self._count = count()
        self.processes: dict[str, str] = {}

    def __next__(self) -> int:
        return next(self._count)


class Drawing:
    """Collects nodes and flows; flow ids are given by hand so that defaults can be named."""

    def __init__(self, ids: Numbers | None = None) -> None:
        self.nodes: list[str] = []
        self.flows: list[str] = []
        self.ids = ids or Numbers()
        self.counters: list[str] = []

    def fresh(self, prefix: str) -> str:
        return f"{prefix}{next(self.ids)}"

    def node(self, text: str) -> None:
        self.nodes.append(text)

    def flow(self, source: str, target: str, condition: str = "", flow_id: str = "") -> None:
        inner = ""
        if condition:
            inner = (
                '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                f"{condition.replace('<', '&lt;')}</bpmn:conditionExpression>"
            )
        self.flows.append(
            f'<bpmn:sequenceFlow id="{flow_id or self.fresh("f")}" sourceRef="{source}" targetRef="{target}">'
            f"{inner}</bpmn:sequenceFlow>"
        )

    def text(self) -> str:
        return "".join(self.nodes) + "".join(self.flows)


class Block:
    """Draws itself between an entry and an exit node, and runs itself."""

    def draw(self, drawing: Drawing) -> tuple[str, str]:
        raise NotImplementedError

    def run(self, run: Run) -> None:
        raise NotImplementedError


@dataclass
class Nothing(Block):
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("task")
        drawing.node(task(self.id))
        return self.id, self.id

    def run(self, run):
        run.note(self.id)


@dataclass
class Work(Block):
    """A job."""

    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("work")
        drawing.node(service_task(self.id, "job"))
        return self.id, self.id

    def run(self, run):
        run.note(self.id)


@dataclass
class Add(Block):
    """A script: variable plus number; additions commute, so parallel branches may do them in any order."""

    variable: str
    number: int
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("add")
        drawing.node(script(self.id, f"={self.variable} + {self.number}", self.variable))
        return self.id, self.id

    def run(self, run):
        run.variables[self.variable] += self.number
        run.note(self.id)


@dataclass
class Sequence(Block):
    blocks: list[Block]

    def draw(self, drawing):
        first, last = self.blocks[0].draw(drawing)
        for block in self.blocks[1:]:
            entry, exit_ = block.draw(drawing)
            drawing.flow(last, entry)
            last = exit_
        return first, last

    def run(self, run):
        for block in self.blocks:
            block.run(run)


@dataclass
class Choice(Block):
    """An exclusive gateway; the last branch is the default."""

    switches: list[bool]
    branches: list[Block]
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("xor")
        join = self.id + "_join"
        default = drawing.fresh("default")
        drawing.node(xor(self.id, default=default))
        for number, branch in enumerate(self.branches):
            entry, exit_ = branch.draw(drawing)
            is_default = number == len(self.branches) - 1
            condition = "" if is_default else f"={str(self.switches[number]).lower()}"
            drawing.flow(self.id, entry, condition, default if is_default else "")
            drawing.flow(exit_, join)
        drawing.node(xor(join))
        return self.id, join

    def run(self, run):
        run.note(self.id)
        taken = next((b for b, on in zip(self.branches[:-1], self.switches, strict=False) if on), None)
        (taken or self.branches[-1]).run(run)
        run.note(self.id + "_join")


@dataclass
class Parallel(Block):
    branches: list[Block]
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("par")
        join = self.id + "_join"
        drawing.node(parallel(self.id))
        for branch in self.branches:
            entry, exit_ = branch.draw(drawing)
            drawing.flow(self.id, entry)
            drawing.flow(exit_, join)
        drawing.node(parallel(join))
        return self.id, join

    def run(self, run):
        run.is_parallel = True
        run.note(self.id)
        for branch in self.branches:
            branch.run(run)
        run.note(self.id + "_join")


@dataclass
class Some(Block):
    """An inclusive gateway; the last branch is the default."""

    switches: list[bool]
    branches: list[Block]
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("inc")
        join = self.id + "_join"
        default = drawing.fresh("default")
        drawing.node(inclusive(self.id, default=default))
        for number, branch in enumerate(self.branches):
            entry, exit_ = branch.draw(drawing)
            is_default = number == len(self.branches) - 1
            condition = "" if is_default else f"={str(self.switches[number]).lower()}"
            drawing.flow(self.id, entry, condition, default if is_default else "")
            drawing.flow(exit_, join)
        drawing.node(inclusive(join))
        return self.id, join

    def run(self, run):
        run.is_parallel = True
        run.note(self.id)
        taken = [b for b, on in zip(self.branches[:-1], self.switches, strict=False) if on]
        for branch in taken or [self.branches[-1]]:
            branch.run(run)
        run.note(self.id + "_join")


@dataclass
class Repeat(Block):
    """A drawn loop of so many rounds, counted in a variable of its own."""

    rounds: int
    body: Block
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("loop")
        reset, entry, count_, enough = (f"{self.id}_{part}" for part in ("reset", "in", "count", "out"))
        done = f"{self.id}_n"
        default = drawing.fresh("default")
        drawing.counters.append(done)
        drawing.node(script(reset, "=0", done))
        drawing.node(xor(entry))
        drawing.node(script(count_, f"={done} + 1", done))
        drawing.node(xor(enough, default=default))
        first, last = self.body.draw(drawing)
        after = self.id + "_after"
        drawing.node(task(after))
        drawing.flow(reset, entry)
        drawing.flow(entry, first)
        drawing.flow(last, count_)
        drawing.flow(count_, enough)
        drawing.flow(enough, entry, flow_id=default)
        drawing.flow(enough, after, f"={done} >= {self.rounds}")
        return reset, after

    def run(self, run):
        run.note(self.id + "_reset")
        for _ in range(self.rounds):
            run.note(self.id + "_in")
            self.body.run(run)
            run.note(self.id + "_count")
            run.note(self.id + "_out")
        run.note(self.id + "_after")
        run.variables[self.id + "_n"] = self.rounds


@dataclass
class Inside(Block):
    """A subprocess; it may end with an error, caught on its border, which goes another way."""

    body: Block
    fails: bool
    otherwise: Block
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("sub")
        inner = Drawing(drawing.ids)
        first, last = self.body.draw(inner)
        inner.node(start(self.id + "_start"))
        event = error_event("boom").replace("boom_event", self.id + "_thrown") if self.fails else ""
        inner.node(end(self.id + "_end", event))
        inner.flow(self.id + "_start", first)
        inner.flow(last, self.id + "_end")
        drawing.node(sub_process(self.id, inner.text()))
        drawing.counters += inner.counters
        caught = error_event("boom").replace("boom_event", self.id + "_caught")
        drawing.node(boundary(self.id + "_error", self.id, caught))
        entry, exit_ = self.otherwise.draw(drawing)
        join = self.id + "_join"
        drawing.node(xor(join))
        drawing.flow(self.id + "_error", entry)
        drawing.flow(exit_, join)
        drawing.flow(self.id, join)
        return self.id, join

    def run(self, run):
        run.note(self.id + "_start")
        self.body.run(run)
        if self.fails:
            run.note(self.id + "_error")
            self.otherwise.run(run)
        else:
            run.note(self.id + "_end")
            run.note(self.id)
        run.note(self.id + "_join")


@dataclass
class ForEach(Block):
    """A multi-instance subprocess; the counters of loops inside are local to its rounds."""

    rounds: int
    sequential: bool
    body: Block
    id: str = ""
    counters: list[str] = field(default_factory=list)

    def draw(self, drawing):
        self.id = drawing.fresh("each")
        inner = Drawing(drawing.ids)
        first, last = self.body.draw(inner)
        inner.node(start(self.id + "_start"))
        inner.node(end(self.id + "_end"))
        inner.flow(self.id + "_start", first)
        inner.flow(last, self.id + "_end")
        items = f"=[{', '.join(str(i) for i in range(self.rounds))}]"
        marker = loop(
            items, "item", sequential=self.sequential, output=self.id + "_all", output_element="=item"
        )
        self.counters = inner.counters
        local = mapping(*(f"in {counter} = =0" for counter in inner.counters)) if inner.counters else ""
        drawing.node(sub_process(self.id, inner.text(), inner=marker, extensions=local))
        return self.id, self.id

    def run(self, run):
        run.is_parallel |= not self.sequential
        for _ in range(self.rounds):
            run.note(self.id + "_start")
            self.body.run(run)
            run.note(self.id + "_end")
            run.note(self.id)
        for counter in self.counters:
            run.variables.pop(counter, None)
        run.note(self.id + "[body]")
        run.variables[self.id + "_all"] = list(range(self.rounds))
