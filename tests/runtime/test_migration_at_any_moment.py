"""A migration at any moment changes nothing but the definition: random diagrams and Camunda's own cases run
as if there had been none."""

import itertools
import os
import random
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtime.migration import same_ids
from engine.runtime.sources import DeployedProcess

from .diagrams import end, process, start
from .oracle import Drawing
from .oracle_events import NEVER
from .test_random_diagrams import ROOTS, assert_nothing_is_left, diagrams
from .test_zeebe_cases import SUITE, cases
from .world import World
from .world_driver import WorldDriver
from .zeebe_player import play

EXAMPLES = int(os.environ.get("TENURE_RANDOM_DIAGRAMS", "60"))
IDS = "id|sourceRef|targetRef|attachedToRef|errorRef|escalationRef|messageRef|signalRef|activityRef|default"


def renamed(source, number):
    """The diagram with every element, flow, error ... called otherwise."""
    return re.sub(rf' ({IDS})="([^"]+)"', rf' \1="\2_v{number}"', source.decode()).encode()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=diagrams, seed=st.integers(0, 2**16), reload=st.booleans())
def test_ids_that_change_at_every_step_change_nothing_else(block, seed, reload):
    drawing = Drawing()
    drawing.node(start("start"))
    drawing.node(end("end"))
    entry, exit_ = block.draw(drawing)
    drawing.flow("start", entry)
    drawing.flow(exit_, "end")
    source = process("random", drawing.text(), roots=ROOTS)
    stayed, moved = World(reload=reload), World(reload=reload)
    for world in (stayed, moved):
        for called, text in drawing.ids.processes.items():
            world.deploy(process(called, text, roots=ROOTS))
    stayed.deploy(source)
    versions = [deployed for number in (1, 2) for deployed in moved.deploy(renamed(source, number))]
    turns = itertools.cycle(versions)

    expected = stayed.start("random", {"x": 0, "y": 0})
    finish(stayed, random.Random(seed), lambda: None)
    instance = moved.start("random_v2", {"x": 0, "y": 0})
    finish(moved, random.Random(seed), lambda: to(moved, instance, next(turns)))

    assert moved.state(instance) == "COMPLETED"
    assert moved.variables(instance) == stayed.variables(expected)
    assert [re.sub(r"_v\d", "", event) for event in moved.events(instance)] == stayed.events(expected)
    assert_nothing_is_left(moved)


def finish(world, chance, between):
    """Complete the open jobs in any order, or let time pass, with something between."""
    while world.timers or any(job.type != NEVER for job in world.jobs.values()):
        between()
        jobs = [job for job in world.jobs.values() if job.type != NEVER]
        if world.timers and (not jobs or chance.random() < 0.1):
            world.advance(timedelta(minutes=30))
        else:
            runtime = world.runtime()
            runtime.complete_element(chance.choice(jobs).element_instance_key, {})
            world.settle(runtime)


def to(world, instance, target):
    record = world.store.load_instance(instance)
    if record is None:
        return
    model = world.processes[record.definition_key].model
    wanted = target.process_id.rsplit("_", 1)[1]
    ids = [*model.elements, *model.flows]
    mapping = {one: re.sub(r"v\d$", wanted, one) for one in ids if one != model.root.id}
    plan = world.migrate(instance, target, mapping)
    assert plan.problems == ()


class MigratingDriver(WorldDriver):
    """Every running instance goes to a copy of its definition before each verb."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.migrations = 0
        self.copies = {}

    def __getattribute__(self, name):
        if name in VERBS:
            self._migrate_all()
        return super().__getattribute__(name)

    def _migrate_all(self):
        world = self.world
        for instance, _ in world.instances:
            record = world.store.load_instance(instance)
            if record is None:
                continue
            target = self._copy_of(world.processes[record.definition_key])
            live = world.store.load_elements(instance)
            mapping = same_ids(target.model, target.model, live)
            runtime = world.runtime()
            plan = runtime.migrate(instance, target.key, mapping)
            assert [str(problem) for problem in plan.problems] == []
            assert (plan.closed, plan.opened) == ((), ())
            world.settle(runtime)
            self.migrations += 1

    def _copy_of(self, deployed):
        """The same model under another key, and back."""
        if deployed.key not in self.copies:
            copy = DeployedProcess(
                key=-deployed.key,
                process_id=deployed.process_id,
                version=deployed.version,
                deployment_key=deployed.deployment_key,
                model=deployed.model,
            )
            self.copies |= {deployed.key: copy, copy.key: deployed}
            self.world.processes = {copy.key: copy, **self.world.processes}
        return self.copies[deployed.key]


VERBS = frozenset(
    {
        "advance",
        "broadcast",
        "complete_job",
        "complete_user_task",
        "fail_job",
        "publish",
        "resolve_incident",
        "set_variables_at",
        "throw_error",
    }
)


@pytest.mark.parametrize("case", cases())
def test_camundas_cases_go_on_as_if_nothing_had_been_migrated(case):
    play(case, MigratingDriver(SUITE / "models", reload=True))
