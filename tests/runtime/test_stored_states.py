"""States stored by earlier versions load and go on. The files are written once and never rewritten:
`python -m tests.runtime.test_stored_states` adds those that are missing."""

import json
from itertools import count
from pathlib import Path

import pytest

from .diagrams import (
    boundary,
    call_activity,
    compensation_event,
    end,
    event_start,
    event_sub_process,
    loop,
    message,
    message_event,
    parallel,
    process,
    start,
    sub_process,
    timer_event,
    user_task,
    xor,
)
from .test_compensation import undoable
from .world import World

FOLDER = Path(__file__).parent / "stored_states"
DIAGRAMS = (
    process("child", start(), user_task("in_child"), end(), flows="start>in_child>end"),
    process(
        "everything",
        start(),
        parallel("split"),
        sub_process(
            "each",
            start("each_start"),
            undoable("book"),
            user_task("confirm"),
            end("each_end"),
            flows="each_start>book>confirm>each_end",
            inner=loop("=rooms", "room", output="confirmed", output_element="=answer"),
        ),
        boundary("remind", "each", timer_event("Cycle", "R3/PT1H"), interrupting=False),
        end("reminded"),
        call_activity("call", "child"),
        xor("merge"),
        parallel("join"),
        end("undo", compensation_event()),
        event_sub_process(
            "asked",
            event_start("ask", message_event("m"), interrupting=False),
            end("noted"),
            flows="ask>noted",
        ),
        flows="start>split>each>join>undo; split>call>merge>join; split>join; remind>reminded",
        roots=message("m", "ask"),
    ),
)


def arrive():
    """Halfway: one of three rounds confirmed, one token at the join, one child, a reminder sent."""
    world = World(reload=True)
    world.deploy(*DIAGRAMS)
    instance = world.start("everything", {"rooms": ["a", "b", "c"], "orderId": 7})
    for _ in range(3):
        world.complete_job("book")
    world.complete_user_task("confirm", {"answer": "yes"})
    world.advance(next(iter(world.timers.values())).due_at - world.clock.now())
    return world, instance


def write(name):
    world, instance = arrive()
    stored = {
        "instance": instance,
        "instances": world.store.instances,
        "elements": world.store.elements,
        "variables": world.store.variables,
        "waiting": {
            task.key: [task.element_id, task.element_instance_key] for task in world.user_tasks.values()
        },
    }
    text = json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read(path):
    """A world that knows nothing but the stored records, and the open user tasks (element id, key)."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    world = World(reload=True)
    world.deploy(*DIAGRAMS)
    world._keys = count(1_000_000)
    store = world.store
    store.instances = {int(key): text for key, text in stored["instances"].items()}
    store.elements = {int(i): {int(k): t for k, t in rows.items()} for i, rows in stored["elements"].items()}
    store.variables = {int(i): {int(k): v for k, v in s.items()} for i, s in stored["variables"].items()}
    store.instance_of = {key: instance for instance, rows in store.elements.items() for key in rows}
    return world, stored["instance"], sorted(stored["waiting"].values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_state_goes_on_to_its_end(path):
    world, instance, waiting = read(path)

    for _, element_instance_key in waiting:
        runtime = world.runtime()
        runtime.complete_element(element_instance_key, {"answer": "late"})
        runtime.run()
        changes = runtime.changes()
        world.store.write(changes)
        world.jobs.update((job.key, job) for job in changes.jobs_created)
    assert [job.type for job in world.jobs.values()] == ["undo_book"] * 3
    for job in list(world.jobs.values()):
        runtime = world.runtime()
        runtime.complete_element(job.element_instance_key, {})
        runtime.run()
        world.store.write(runtime.changes())

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["confirmed"] == ["yes", "late", "late"]


if __name__ == "__main__":
    if not (FOLDER / "0.1.json").exists():
        write("0.1")
