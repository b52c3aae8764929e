"""The oracle's blocks of events: escalations, terminate, event subprocesses, compensation, timers, calls.

Each is drawn so that its outcome does not depend on which of two things comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .diagrams import (
    association,
    boundary,
    call_activity,
    catch,
    compensation_event,
    end,
    error_event,
    escalation_event,
    event_start,
    event_sub_process,
    handler,
    loop,
    mapping,
    parallel,
    service_task,
    start,
    sub_process,
    task,
    terminate_event,
    throw,
    timer_event,
    xor,
)
from .oracle import Block, Drawing, Run

NEVER = "never"
"""A job of this type is never done: only an event can end it."""


def unique(event: str, identity: str) -> str:
    """An event definition with an id of its own."""
    head, _, rest = event.partition(' id="')
    return f'{head} id="{identity}"{rest[rest.index(chr(34)) + 1 :]}'


def draw_inside(drawing: Drawing, identity: str, body: Block, *, end_event: str = "") -> Drawing:
    """The contents of a container: start, body and end event."""
    inner = Drawing(drawing.ids)
    first, last = body.draw(inner)
    inner.node(start(identity + "_start"))
    inner.node(end(identity + "_end", end_event))
    inner.flow(identity + "_start", first)
    inner.flow(last, identity + "_end")
    drawing.counters += inner.counters
    return inner


@dataclass
class Escalates(Block):
    """A subprocess that throws an escalation in its middle: caught by an interrupting or other boundary event
    of its own, or by nobody."""

    first: Block
    second: Block
    aside: Block
    caught: str
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("esc")
        inner = Drawing(drawing.ids)
        thrown = self.id + "_throw"
        entry, middle = self.first.draw(inner)
        then, last = self.second.draw(inner)
        inner.node(start(self.id + "_start"))
        code = "lost" if self.caught == "nobody" else "up"
        inner.node(throw(thrown, unique(escalation_event(code), thrown + "_event")))
        inner.node(end(self.id + "_end"))
        for source, target in (
            (self.id + "_start", entry),
            (middle, thrown),
            (thrown, then),
            (last, self.id + "_end"),
        ):
            inner.flow(source, target)
        drawing.counters += inner.counters
        drawing.node(sub_process(self.id, inner.text()))
        if self.caught == "nobody":
            return self.id, self.id
        interrupting = self.caught == "interrupting"
        event = unique(escalation_event("up"), self.id + "_caught")
        drawing.node(boundary(self.id + "_b", self.id, event, interrupting=interrupting))
        entry, last = self.aside.draw(drawing)
        join = self.id + "_join"
        drawing.node(xor(join) if interrupting else parallel(join))
        drawing.flow(self.id + "_b", entry)
        drawing.flow(last, join)
        drawing.flow(self.id, join)
        return self.id, join

    def run(self, run):
        run.note(self.id + "_start")
        self.first.run(run)
        if self.caught != "interrupting":
            run.note(self.id + "_throw")
            self.second.run(run)
            run.note(self.id + "_end")
            run.note(self.id)
        if self.caught != "nobody":
            run.is_parallel = True
            run.note(self.id + "_b")
            self.aside.run(run)
            run.note(self.id + "_join")


@dataclass
class Terminates(Block):
    """A subprocess with work that would never end beside a body that ends in a terminate end event."""

    body: Block
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("term")
        event = unique(terminate_event(), self.id + "_event")
        inner = Drawing(drawing.ids)
        first, last = self.body.draw(inner)
        inner.node(start(self.id + "_start"))
        inner.node(parallel(self.id + "_split"))
        inner.node(service_task(self.id + "_never", NEVER))
        inner.node(end(self.id + "_end", event))
        inner.flow(self.id + "_start", self.id + "_split")
        inner.flow(self.id + "_split", self.id + "_never")
        inner.flow(self.id + "_split", first)
        inner.flow(last, self.id + "_end")
        drawing.counters += inner.counters
        drawing.node(sub_process(self.id, inner.text()))
        return self.id, self.id

    def run(self, run):
        for part in ("_start", "_split"):
            run.note(self.id + part)
        self.body.run(run)
        run.note(self.id + "_end")
        run.note(self.id)


@dataclass
class Rescues(Block):
    """A subprocess that ends with an error, which its own event subprocess catches."""

    body: Block
    rescue: Block
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("resc")
        thrown = unique(error_event("boom"), self.id + "_thrown")
        inner = draw_inside(drawing, self.id, self.body, end_event=thrown)
        inside = Drawing(drawing.ids)
        first, last = self.rescue.draw(inside)
        begin, done = self.id + "_es_start", self.id + "_es_end"
        inside.node(event_start(begin, unique(error_event("boom"), self.id + "_caught")))
        inside.node(end(done))
        inside.flow(begin, first)
        inside.flow(last, done)
        drawing.counters += inside.counters
        inner.node(event_sub_process(self.id + "_es", inside.text()))
        drawing.node(sub_process(self.id, inner.text()))
        return self.id, self.id

    def run(self, run):
        run.note(self.id + "_start")
        self.body.run(run)
        run.note(self.id + "_es_start")
        self.rescue.run(run)
        for part in ("_es_end", "_es", ""):
            run.note(self.id + part)


@dataclass
class Compensates(Block):
    """A subprocess in which a task is done some times, then all of it is undone, once for each time."""

    rounds: int
    body: Block
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("comp")
        done, undo, mark, thrown = (f"{self.id}_{part}" for part in ("do", "undo", "mark", "throw"))
        inner = Drawing(drawing.ids)
        first, last = self.body.draw(inner)
        inner.node(start(self.id + "_start"))
        event = unique(compensation_event(), thrown + "_event")
        inner.node(throw(thrown, event))
        inner.node(end(self.id + "_end"))
        inner.node(handler("job", undo))
        previous = self.id + "_start"
        for number in range(self.rounds):
            each = f"{done}{number}"
            inner.node(task(each))
            inner.node(
                boundary(f"{mark}{number}", each, unique(compensation_event(), f"{mark}{number}_event"))
            )
            inner.node(association(f"{mark}{number}", undo))
            inner.flow(previous, each)
            previous = each
        inner.flow(previous, first)
        inner.flow(last, thrown)
        inner.flow(thrown, self.id + "_end")
        drawing.counters += inner.counters
        drawing.node(sub_process(self.id, inner.text()))
        return self.id, self.id

    def run(self, run):
        run.is_parallel = True
        run.note(self.id + "_start")
        for number in range(self.rounds):
            run.note(f"{self.id}_do{number}")
        self.body.run(run)
        for number in range(self.rounds):
            run.note(f"{self.id}_mark{number}")
            run.note(self.id + "_undo")
        for part in ("_throw", "_end", ""):
            run.note(self.id + part)


@dataclass
class Late(Block):
    """Work that never ends, until a timer on its border takes it away."""

    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("late")
        drawing.node(service_task(self.id, NEVER))
        event = unique(timer_event("Duration", "PT1H"), self.id + "_event")
        drawing.node(boundary(self.id + "_b", self.id, event))
        drawing.node(xor(self.id + "_join"))
        drawing.flow(self.id + "_b", self.id + "_join")
        drawing.flow(self.id, self.id + "_join")
        return self.id, self.id + "_join"

    def run(self, run):
        run.note(self.id + "_b")
        run.note(self.id + "_join")


@dataclass
class Waits(Block):
    """A timer catch event."""

    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("wait")
        drawing.node(catch(self.id, unique(timer_event("Duration", "PT30M"), self.id + "_event")))
        return self.id, self.id

    def run(self, run):
        run.note(self.id)


@dataclass
class Until(Block):
    """A sequential multi-instance activity that has enough after some rounds."""

    rounds: int
    enough: int
    id: str = ""

    def draw(self, drawing):
        self.id = drawing.fresh("until")
        items = f"=[{', '.join(str(i) for i in range(self.rounds))}]"
        until = f"=numberOfCompletedInstances >= {self.enough}"
        drawing.node(service_task(self.id, "job", inner=loop(items, "item", sequential=True, until=until)))
        return self.id, self.id

    def run(self, run):
        for _ in range(min(self.rounds, self.enough)):
            run.note(self.id)
        run.note(self.id + "[body]")


@dataclass
class Calls(Block):
    """A call activity with variables of its own; what it calls is drawn as a process of its own."""

    body: Block
    id: str = ""
    called: Run = field(default_factory=lambda: Run(variables={}))

    def draw(self, drawing):
        self.id = drawing.fresh("call")
        child = Drawing(drawing.ids)
        first, last = self.body.draw(child)
        child.node(start(self.id + "_start"))
        child.node(end(self.id + "_end"))
        child.flow(self.id + "_start", first)
        child.flow(last, self.id + "_end")
        drawing.ids.processes[self.id + "_p"] = child.text()
        local = mapping("in x = =0", "in y = =0")
        drawing.node(call_activity(self.id, self.id + "_p", all_variables=False, extensions=local))
        return self.id, self.id

    def run(self, run):
        inside = Run(variables={"x": 0, "y": 0})
        inside.note(self.id + "_start")
        self.body.run(inside)
        inside.note(self.id + "_end")
        run.is_parallel |= inside.is_parallel
        run.elsewhere.update(inside.completed)
        run.elsewhere.update(inside.elsewhere)
        run.note(self.id)
