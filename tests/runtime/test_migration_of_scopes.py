"""Migration of scopes, joins and what can be undone."""

from datetime import timedelta

import pytest

from .diagrams import (
    ad_hoc,
    association,
    boundary,
    call_activity,
    compensation_event,
    end,
    event_start,
    event_sub_process,
    handler,
    inclusive,
    loop,
    parallel,
    service_task,
    signal,
    signal_event,
    standard_loop,
    start,
    sub_process,
    throw,
    user_task,
)
from .migrating import deploy, migrated, warnings

HOUR = timedelta(hours=1)


# --- scopes ---------------------------------------------------------------------------------------------


def test_a_subprocess_migrates_with_what_is_in_it_and_its_new_event_subprocess_waits(world):
    deploy(
        world,
        start(),
        sub_process("sub", start("s"), user_task("a"), end("e"), flows="s>a>e"),
        end(),
        flows="start>sub>end",
    )
    instance = world.start("p")
    two = deploy(
        world,
        start(),
        sub_process(
            "part",
            start("s"),
            user_task("b"),
            end("e"),
            event_sub_process(
                "stop",
                event_start("on_stop", signal_event("s1")),
                user_task("stopped"),
                flows="on_stop>stopped",
            ),
            flows="s>b>e",
        ),
        end(),
        flows="start>part>end",
        roots=signal("s1", "halt"),
    )

    migrated(world, instance, two, {"sub": "part", "a": "b"})
    assert world.active(instance) == ["part", "b"]
    world.broadcast("halt")

    assert world.active(instance) == ["part", "stop", "stopped"]
    world.complete_user_task("stopped")
    assert world.state(instance) == "COMPLETED"


def test_inside_an_event_subprocess_that_has_interrupted_no_other_one_begins_to_wait(world):
    stop = event_sub_process(
        "stop", event_start("on_stop", signal_event("s1")), user_task("stopped"), flows="on_stop>stopped"
    )
    other = event_sub_process(
        "other", event_start("on_other", signal_event("s2")), user_task("never"), flows="on_other>never"
    )
    roots = signal("s1", "halt") + signal("s2", "other")
    deploy(world, start(), user_task("a"), end(), stop, flows="start>a>end", roots=roots)
    instance = world.start("p")
    world.broadcast("halt")
    two = deploy(world, start(), user_task("a"), end(), stop, other, flows="start>a>end", roots=roots)

    migrated(world, instance, two)

    assert not world.signal_subscriptions
    world.complete_user_task("stopped")
    assert world.state(instance) == "COMPLETED"


@pytest.mark.parametrize("sequential", [False, True])
def test_a_multi_instance_activity_collects_before_and_after(world, sequential):
    def with_task(name):
        rounds = loop("=[1,2,3]", "i", sequential=sequential, output="all", output_element="=i * f")
        return deploy(world, start(), user_task(name, inner=rounds), end(), flows=f"start>{name}>end")

    with_task("a")
    instance = world.start("p")
    world.complete_user_task("a", {"f": 10})

    plan = migrated(world, instance, with_task("b"), {"a": "b"})

    assert [(e.element_id, e.count) for e in plan.elements] == [("a", 1 if sequential else 2)]
    world.complete_user_task("b", {"f": 100})
    world.complete_user_task("b", {"f": 1000})
    assert world.state(instance) == "COMPLETED"
    assert len(world.variables(instance)["all"]) == 3


def test_a_standard_loop_goes_on_counting(world):
    def looping(name):
        return deploy(
            world, start(), user_task(name, inner=standard_loop(maximum=3)), end(), flows=f"start>{name}>end"
        )

    looping("a")
    instance = world.start("p")
    world.complete_user_task("a")

    migrated(world, instance, looping("b"), {"a": "b"})
    world.complete_user_task("b")
    world.complete_user_task("b")

    assert world.state(instance) == "COMPLETED"


def test_a_calling_process_and_the_called_one_migrate_each_by_itself(world):
    deploy(world, start(), call_activity("call", "child"), end(), flows="start>call>end")
    deploy(world, start(), user_task("a"), end(), flows="start>a>end", process_id="child")
    parent = world.start("p")
    child = next(key for key, process_id in world.instances if process_id == "child")
    parent2 = deploy(
        world,
        start(),
        call_activity("called", "child"),
        user_task("after"),
        end(),
        flows="start>called>after>end",
    )
    child2 = deploy(
        world, start(), user_task("a"), user_task("b"), end(), flows="start>a>b>end", process_id="child"
    )

    migrated(world, child, child2)
    migrated(world, parent, parent2, {"call": "called"})

    world.complete_user_task("a")
    world.complete_user_task("b", {"from_child": 1})
    assert world.state(child) == "COMPLETED"
    assert world.active(parent) == ["after"]
    assert world.variables(parent)["from_child"] == 1


def test_an_ad_hoc_subprocess_goes_on_with_what_runs_in_it(world):
    def with_ad_hoc(name, task, after):
        inner = ad_hoc(
            name, user_task(task), user_task(after), flows=f"{task}>{after}", collection=f'=["{task}"]'
        )
        return deploy(world, start(), inner, end(), flows=f"start>{name}>end")

    with_ad_hoc("some", "a", "b")
    instance = world.start("p")

    plan = migrated(world, instance, with_ad_hoc("any", "c", "d"), {"some": "any", "a": "c"})
    world.complete_user_task("c")
    world.complete_user_task("d")

    assert [(e.element_id, e.count) for e in plan.elements] == [("some", 1), ("a", 1)]
    assert world.state(instance) == "COMPLETED"


# --- joins ----------------------------------------------------------------------------------------------


def joining(world, *, more=(), name="join", flows="start>split>a>join>end; split>b>join"):
    nodes = [start(), parallel("split"), user_task("a"), user_task("b"), parallel(name), end(), *more]
    return deploy(world, *nodes, flows=flows)


def test_a_token_at_a_join_waits_on_at_the_gateway_and_flow_that_they_are_mapped_to(world):
    joining(world)
    instance = world.start("p")
    world.complete_user_task("a")
    two = joining(
        world,
        name="gate",
        more=[user_task("c")],
        flows="start>split; split>a>c>gate>end; split>b>gate",
    )

    plan = migrated(world, instance, two, {"b": "b", "join": "gate", "flow_0_2": "flow_1_2"})

    assert [(e.element_id, e.target_id) for e in plan.elements] == [
        ("b", "b"),
        ("join", "gate"),
        ("flow_0_2", "flow_1_2"),
    ]
    world.complete_user_task("b")
    assert world.state(instance) == "COMPLETED"


def test_tokens_at_a_join_keep_gateway_and_flows_of_the_same_id_by_themselves(world):
    joining(world)
    instance = world.start("p")
    world.complete_user_task("a")

    migrated(world, instance, joining(world))
    world.complete_user_task("b")

    assert world.state(instance) == "COMPLETED"


def test_an_inclusive_join_for_which_nothing_can_come_any_more_fires(world):
    def chosen(b_leads_to, c_leads_to):
        return deploy(
            world,
            start(),
            inclusive("split"),
            user_task("a"),
            user_task("b"),
            user_task("c"),
            inclusive("join"),
            user_task("after"),
            end("e2"),
            end(),
            flows=f"start>split; a>join; b>{b_leads_to}; c>{c_leads_to}; join>after>end; "
            "split>a [=true]; split>b [=true]; split>c [=false]",
        )

    chosen("join", "e2")
    instance = world.start("p")
    world.complete_user_task("a")
    assert world.active(instance) == ["b"]

    migrated(world, instance, chosen("e2", "join"), {"b": "b", "join": "join", "flow_1_0": "flow_1_0"})

    assert world.active(instance) == ["b", "after"]


# --- compensation ---------------------------------------------------------------------------------------


def booking(world, names, *, sub=False):
    book, undo, event = names
    nodes = [
        service_task(book, "book"),
        boundary(event, book, '<bpmn:compensateEventDefinition id="undoing" />'),
        handler("unbook", undo),
        association(event, undo),
    ]
    if sub:
        nodes = [sub_process("trip", start("s"), *nodes, end("e"), flows=f"s>{book}>e")]
    return deploy(
        world,
        start(),
        *nodes,
        user_task("decide"),
        throw("undo_all", compensation_event()),
        end(),
        flows=f"start>{'trip' if sub else book}>decide>undo_all>end",
    )


@pytest.mark.parametrize("sub", [False, True])
def test_what_was_done_can_be_undone_where_its_compensation_event_is_mapped(world, sub):
    booking(world, ("book", "unbook", "event"), sub=sub)
    instance = world.start("p")
    world.complete_job("book")
    two = booking(world, ("reserve", "release", "undone"), sub=sub)

    plan = migrated(world, instance, two, {"decide": "decide", "event": "undone"})
    assert warnings(plan) == []
    world.complete_user_task("decide")

    assert world.job("unbook").element_id == "release"
    world.complete_job("unbook")
    assert world.state(instance) == "COMPLETED"


def test_what_was_done_can_no_longer_be_undone_when_its_compensation_event_is_left_out(world):
    booking(world, ("book", "unbook", "event"))
    instance = world.start("p")
    world.complete_job("book")
    two = booking(world, ("reserve", "release", "undone"))

    plan = migrated(world, instance, two, {"decide": "decide"})
    world.complete_user_task("decide")

    assert warnings(plan) == ["COMPENSATION_LOST"]
    assert world.state(instance) == "COMPLETED"
    assert not world.jobs


def test_a_compensation_that_is_under_way_goes_on(world):
    booking(world, ("book", "unbook", "event"))
    instance = world.start("p")
    world.complete_job("book")
    world.complete_user_task("decide")
    two = booking(world, ("reserve", "release", "undone"))

    migrated(world, instance, two, {"undo_all": "undo_all", "unbook": "release"})
    world.complete_job("unbook")

    assert world.state(instance) == "COMPLETED"
