"""Random diagrams through the runtime and through the oracle: order, exits and variables agree."""

import os
import random
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .diagrams import end, error, escalation, process, start
from .oracle import (
    Add,
    Choice,
    Drawing,
    ForEach,
    Inside,
    Nothing,
    Parallel,
    Repeat,
    Run,
    Sequence,
    Some,
    Work,
)
from .oracle_events import (
    NEVER,
    Calls,
    Compensates,
    Escalates,
    Late,
    Rescues,
    Terminates,
    Until,
    Waits,
)
from .world import World

ROOTS = error("boom", "BOOM") + escalation("up", "UP") + escalation("lost", "LOST")
EXAMPLES = int(os.environ.get("TENURE_RANDOM_DIAGRAMS", "100"))


def leaves():
    return st.one_of(
        st.builds(Nothing),
        st.builds(Work),
        st.builds(Add, st.sampled_from(["x", "y"]), st.integers(1, 9)),
        st.builds(Late),
        st.builds(Waits),
        st.builds(Until, st.integers(0, 4), st.integers(1, 4)),
    )


def extended(blocks):
    branches = st.lists(blocks, min_size=2, max_size=3)
    switches = st.lists(st.booleans(), min_size=3, max_size=3)
    return st.one_of(
        st.builds(Sequence, st.lists(blocks, min_size=1, max_size=4)),
        st.builds(Choice, switches, branches),
        st.builds(Parallel, branches),
        st.builds(Some, switches, branches),
        st.builds(Repeat, st.integers(1, 3), blocks),
        st.builds(Inside, blocks, st.booleans(), blocks),
        st.builds(ForEach, st.integers(0, 3), st.booleans(), blocks),
        st.builds(Escalates, blocks, blocks, blocks, st.sampled_from(["interrupting", "other", "nobody"])),
        st.builds(Terminates, blocks),
        st.builds(Rescues, blocks, blocks),
        st.builds(Compensates, st.integers(1, 3), blocks),
        st.builds(Calls, blocks),
    )


diagrams = st.recursive(leaves(), extended, max_leaves=14)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=diagrams, seed=st.integers(0, 2**16), reload=st.booleans())
def test_the_runtime_agrees_with_the_oracle(block, seed, reload):
    drawing = Drawing()
    drawing.node(start("start"))
    drawing.node(end("end"))
    entry, exit_ = block.draw(drawing)
    drawing.flow("start", entry)
    drawing.flow(exit_, "end")
    expected = Run(variables={"x": 0, "y": 0})
    expected.note("start")
    block.run(expected)
    expected.note("end")
    world = World(reload=reload)
    for called, text in drawing.ids.processes.items():
        world.deploy(process(called, text, roots=ROOTS))
    world.deploy(process("random", drawing.text(), roots=ROOTS))

    instance = world.start("random", {"x": 0, "y": 0})
    finish(world, random.Random(seed))

    order = [
        event.removesuffix(":completed") for event in world.events(instance) if event.endswith(":completed")
    ]
    assert not world.incidents
    assert world.state(instance) == "COMPLETED"
    assert Counter(order) - Counter(["random"]) == expected.completed
    assert completed_in_called(world, instance) == expected.elsewhere
    assert world.variables(instance) == {**{"x": 0, "y": 0}, **expected.variables}
    if not expected.is_parallel:
        assert order[:-1] == expected.order
    assert_nothing_is_left(world)


def finish(world, chance):
    """Complete the open jobs in any order; let time pass when there are none, or sometimes before."""
    while True:
        jobs = [job for job in world.jobs.values() if job.type != NEVER]
        if world.timers and (not jobs or chance.random() < 0.1):
            world.advance(timedelta(minutes=30))
        elif jobs:
            runtime = world.runtime()
            runtime.complete_element(chance.choice(jobs).element_instance_key, {})
            world.settle(runtime)
        else:
            return


def completed_in_called(world, instance):
    """How often each element completed in the instances that were called, their processes left out."""
    found = Counter()
    for key, process_id in world.instances:
        if key != instance:
            events = [e.removesuffix(":completed") for e in world.events(key) if e.endswith(":completed")]
            found += Counter(events) - Counter([process_id])
    return found


def assert_nothing_is_left(world):
    for left in (world.jobs, world.timers, world.subscriptions, world.signal_subscriptions):
        assert not left
    assert not any(world.store.elements.values())
