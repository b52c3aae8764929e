"""What a migration refuses, each with a code, the element and what would help; then nothing has changed."""

import pytest

from engine.bpmn import read_bpmn
from tests.engine.diagrams import extended

from .diagrams import (
    association,
    boundary,
    catch,
    compensation_event,
    condition_event,
    end,
    event_gateway,
    event_start,
    event_sub_process,
    handler,
    loop,
    message,
    message_event,
    node,
    parallel,
    process,
    service_task,
    signal,
    signal_event,
    standard_loop,
    start,
    sub_process,
    throw,
    timer_event,
    user_task,
)
from .migrating import deploy, errors
from .test_migration_of_scopes import booking, joining

ONE_DAY = timer_event("Duration", "P1D")
LISTENER = (
    '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="check" />'
    "</zeebe:executionListeners>"
)


def refused(world, instance, target, mapping=None):
    """The errors of the plan; the instance is as it was, and goes on under its old definition."""
    before = world.store.instances[instance], dict(world.store.elements[instance])
    plan = world.migrate(instance, target, mapping)
    assert not plan.is_possible
    assert all(problem.hint and problem.message for problem in plan.problems)
    assert (world.store.instances[instance], dict(world.store.elements[instance])) == before
    return errors(plan)


@pytest.fixture
def waiting(world):
    """An instance that waits at user task `a`."""
    deploy(world, start(), user_task("a"), end(), flows="start>a>end")
    return world.start("p")


def test_an_active_element_needs_a_mapping(world, waiting):
    two = deploy(world, start(), user_task("b"), end(), flows="start>b>end")

    assert refused(world, waiting, two) == [("ELEMENT_NOT_MAPPED", "a")]
    assert refused(world, waiting, two, {}) == [("ELEMENT_NOT_MAPPED", "a")]


def test_a_mapping_names_what_there_is(world, waiting):
    two = deploy(world, start(), user_task("a"), end(), flows="start>a>end")

    assert refused(world, waiting, two, {"a": "b", "z": "a"}) == [
        ("MAPPING_TARGET_UNKNOWN", "a"),
        ("MAPPING_SOURCE_UNKNOWN", "z"),
    ]


def test_an_element_becomes_one_of_its_own_kind(world, waiting):
    two = deploy(world, start(), service_task("a", "work"), end(), flows="start>a>end")

    assert refused(world, waiting, two, {"a": "a"}) == [("ELEMENT_TYPE_CHANGED", "a")]
    assert refused(world, waiting, two) == [("ELEMENT_NOT_MAPPED", "a")]


def test_a_catch_event_becomes_one_that_waits_for_the_same_kind_of_thing(world):
    deploy(world, start(), catch("c", ONE_DAY), end(), flows="start>c>end")
    instance = world.start("p")
    two = deploy(
        world, start(), catch("c", signal_event("s")), end(), flows="start>c>end", roots=signal("s", "go")
    )

    assert refused(world, instance, two, {"c": "c"}) == [("EVENT_TYPE_CHANGED", "c")]


def test_an_element_neither_enters_nor_leaves_a_subprocess(world, waiting):
    inside = sub_process("sub", start("s"), user_task("a"), end("e"), flows="s>a>e")
    two = deploy(world, start(), inside, end(), flows="start>sub>end")
    there = world.start("p")
    one = deploy(world, start(), user_task("a"), end(), flows="start>a>end")

    assert refused(world, waiting, two, {"a": "a"}) == [("FLOW_SCOPE_CHANGED", "a")]
    assert refused(world, there, one, {"a": "a"}) == [("ELEMENT_NOT_MAPPED", "sub")]


def test_an_element_stays_in_the_container_that_its_own_becomes(world):
    def two_parts(inner):
        parts = [
            sub_process(part, start(f"s_{part}"), user_task(task), end(f"e_{part}"), flows=f"s_{part}>{task}")
            for part, task in inner.items()
        ]
        return deploy(world, start(), *parts, end(), flows="start>" + ">".join(inner) + ">end")

    two_parts({"first": "a", "second": "b"})
    instance = world.start("p")
    two = two_parts({"first": "b", "second": "a"})

    assert refused(world, instance, two, {"first": "first", "a": "a"}) == [("FLOW_SCOPE_CHANGED", "a")]


def test_a_subprocess_becomes_no_event_subprocess_and_no_transaction(world):
    inside = (start("s"), user_task("a"), end("e"))
    deploy(world, start(), sub_process("sub", *inside, flows="s>a>e"), end(), flows="start>sub>end")
    instance = world.start("p")
    transaction = sub_process("sub", *inside, flows="s>a>e").replace("bpmn:subProcess", "bpmn:transaction")
    two = deploy(world, start(), transaction, end(), flows="start>sub>end")
    on_timer = event_sub_process("sub", event_start("s", ONE_DAY), user_task("a"), flows="s>a")
    three = deploy(world, start(), end(), on_timer, flows="start>end")

    for target in (two, three):
        assert refused(world, instance, target, {"sub": "sub", "a": "a"}) == [("ELEMENT_TYPE_CHANGED", "sub")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (loop("=[1,2]", "i"), ""),
        ("", loop("=[1,2]", "i")),
        (loop("=[1,2]", "i"), loop("=[1,2]", "i", sequential=True)),
        (loop("=[1,2]", "i"), standard_loop(maximum=2)),
        ("", standard_loop(maximum=2)),
        (
            loop("=[1,2]", "i", output="all", output_element="=i"),
            loop("=[1,2]", "i", output="results", output_element="=i"),
        ),
    ],
    ids=["no more", "from now on", "sequential", "loop", "begins to loop", "collects elsewhere"],
)
def test_an_activity_repeats_as_it_did(world, before, after):
    deploy(world, start(), user_task("a", inner=before), end(), flows="start>a>end")
    instance = world.start("p")
    two = deploy(world, start(), user_task("a", inner=after), end(), flows="start>a>end")

    assert set(refused(world, instance, two)) == {("REPETITION_CHANGED", "a")}


def test_a_user_task_stays_with_the_engine_or_with_a_worker(world, waiting):
    two = deploy(world, start(), node("userTask", "a"), end(), flows="start>a>end")
    with_worker = world.start("p")
    one = deploy(world, start(), user_task("a"), end(), flows="start>a>end")

    assert refused(world, waiting, two) == [("USER_TASK_IMPLEMENTATION_CHANGED", "a")]
    assert refused(world, with_worker, one) == [("USER_TASK_IMPLEMENTATION_CHANGED", "a")]


def test_a_boundary_event_stays_on_what_its_activity_becomes(world):
    def two_tasks(host):
        late = boundary("late", host, ONE_DAY)
        flows = "start>a>b>end; late>end"
        return deploy(world, start(), user_task("a"), user_task("b"), late, end(), flows=flows)

    two_tasks("a")
    instance = world.start("p")
    two = two_tasks("b")

    assert refused(world, instance, two, {"a": "a", "late": "late"}) == [("EVENT_DETACHED", "late")]
    plan = world.migrate(instance, two)
    assert [e.event_id for e in plan.closed] == ["late"]


def test_two_events_do_not_become_one(world):
    roots = signal("s", "go")
    two_events = [
        boundary("late", "a", ONE_DAY),
        boundary("later", "a", timer_event("Duration", "P2D")),
        boundary("go", "a", signal_event("s")),
    ]
    nodes = [start(), user_task("a"), end(), end("x")]
    deploy(world, *nodes, *two_events, flows="start>a>end; late>x; later>x; go>x", roots=roots)
    instance = world.start("p")
    two = deploy(world, *nodes, boundary("late", "a", ONE_DAY), flows="start>a>end; late>x")

    found = refused(world, instance, two, {"a": "a", "late": "late", "later": "late", "go": "late"})

    assert ("EVENT_MAPPED_TWICE", "later") in found
    assert ("EVENT_TYPE_CHANGED", "go") in found


def test_an_event_behind_a_gateway_stays_behind_it(world):
    def with_gateway(second):
        return deploy(
            world,
            start(),
            event_gateway("which"),
            catch("one", ONE_DAY),
            catch(second, timer_event("Duration", "P2D")),
            catch("elsewhere", timer_event("Duration", "P3D")),
            end(),
            flows=f"start>which>one>end; which>{second}>elsewhere>end",
        )

    with_gateway("two")
    instance = world.start("p")
    target = with_gateway("three")

    found = refused(world, instance, target, {"which": "which", "one": "elsewhere"})

    assert found == [("EVENT_DETACHED", "one")]


def test_what_a_new_event_waits_for_must_be_there(world, waiting):
    two = deploy(
        world,
        start(),
        user_task("a"),
        boundary("late", "a", timer_event("Duration", "=how_long")),
        boundary("stop", "a", message_event("m")),
        end(),
        flows="start>a>end; late>end; stop>end",
        roots=message("m", "stop", "=order"),
    )

    assert refused(world, waiting, two) == [("EVENT_NOT_OPENED", "a"), ("EVENT_NOT_OPENED", "a")]
    assert not world.timers


def test_a_join_that_holds_a_token_needs_a_gateway_and_a_flow(world):
    joining(world)
    instance = world.start("p")
    world.complete_user_task("a")
    two = joining(world, more=[user_task("c")], flows="start>split>a>join>end; split>b>join; split>c>join")
    without_join = deploy(
        world,
        start(),
        parallel("split"),
        user_task("a"),
        user_task("b"),
        end(),
        flows="start>split>a>end; split>b>end",
    )

    assert refused(world, instance, two, {"b": "b"}) == [("ELEMENT_NOT_MAPPED", "join")]
    assert refused(world, instance, two, {"b": "b", "join": "join"}) == [("FLOW_NOT_MAPPED", "join")]
    elsewhere = {"b": "b", "join": "join", "flow_0_2": "flow_0_0"}
    assert refused(world, instance, two, elsewhere) == [("FLOW_DETACHED", "join")]
    assert refused(world, instance, without_join) == [("ELEMENT_NOT_MAPPED", "join")]
    assert refused(world, instance, two, {"b": "b", "join": "split", "flow_0_2": "flow_0_0"}) == [
        ("JOIN_HAS_FEWER_FLOWS", "join")
    ]


def test_two_tokens_at_a_join_do_not_come_to_wait_on_one_flow(world):
    flows = "start>split>a>join>end; split>b>join; split>c>join"
    nodes = [start(), parallel("split"), *map(user_task, "abc"), parallel("join"), end()]
    deploy(world, *nodes, flows=flows)
    instance = world.start("p")
    world.complete_user_task("a")
    world.complete_user_task("b")
    two = deploy(world, *nodes, flows=flows)

    mapping = {"c": "c", "join": "join", "flow_0_2": "flow_0_2", "flow_1_1": "flow_0_2"}

    assert refused(world, instance, two, mapping) == [("FLOW_MAPPED_TWICE", "join")]


def test_a_join_stays_in_its_container_and_stays_a_join_of_its_kind(world):
    joining(world)
    instance = world.start("p")
    world.complete_user_task("a")
    two = deploy(
        world,
        start(),
        parallel("split"),
        user_task("a"),
        user_task("b"),
        node("exclusiveGateway", "join"),
        end(),
        flows="start>split>a>join>end; split>b>join",
    )
    mapping = {"b": "b", "join": "join", "flow_0_2": "flow_0_2"}

    assert refused(world, instance, two, mapping) == [("ELEMENT_TYPE_CHANGED", "join")]


def test_a_compensation_handler_becomes_a_compensation_handler(world):
    booking(world, ("book", "unbook", "event"))
    instance = world.start("p")
    world.complete_job("book")
    world.complete_user_task("decide")
    two = deploy(
        world,
        start(),
        service_task("unbook", "unbook"),
        throw("undo_all", compensation_event()),
        end(),
        flows="start>unbook>undo_all>end",
    )

    assert refused(world, instance, two) == [("COMPENSATION_CHANGED", "unbook")]


def test_what_can_be_undone_stays_in_its_scope(world):
    booking(world, ("book", "unbook", "event"))
    instance = world.start("p")
    world.complete_job("book")
    inner = sub_process(
        "trip",
        start("s"),
        service_task("book", "book"),
        boundary("event", "book", '<bpmn:compensateEventDefinition id="undoing" />'),
        handler("unbook", "unbook"),
        association("event", "unbook"),
        end("e"),
        flows="s>book>e",
    )
    two = deploy(world, start(), inner, user_task("decide"), end(), flows="start>trip>decide>end")

    assert refused(world, instance, two) == [("FLOW_SCOPE_CHANGED", "book")]


def test_an_element_that_is_about_to_begin_needs_its_place_too(world):
    def guarded(name):
        on_signal = event_sub_process(
            "stop", event_start(name, signal_event("s")), user_task("stopped"), flows=f"{name}>stopped"
        ).replace('name="stop">', f'name="stop">{extended(LISTENER)}', 1)
        return deploy(
            world, start(), user_task("a"), end(), on_signal, flows="start>a>end", roots=signal("s", "go")
        )

    guarded("on_go")
    instance = world.start("p")
    world.broadcast("go")
    two = guarded("on_start")

    assert refused(world, instance, two, {"stop": "stop"}) == [("ELEMENT_NOT_MAPPED", "on_go")]
    plan = world.migrate(instance, two, {"stop": "stop", "on_go": "on_start"})
    assert plan.is_possible
    world.complete_job("check")
    assert world.active(instance) == ["stop", "stopped"]


def test_every_problem_is_told_at_once(world):
    late = boundary("late", "a", ONE_DAY)
    nodes = [start(), parallel("split"), user_task("b"), service_task("c", "work"), end()]
    flows = "start>split>a>end; split>b>end; split>c>end; late>end"
    deploy(world, *nodes, user_task("a"), late, flows=flows)
    instance = world.start("p")
    two = deploy(
        world,
        start(),
        parallel("split"),
        user_task("c"),
        user_task("a"),
        boundary("late", "a", condition_event("=true")),
        end(),
        flows="start>split>a>end; split>c>end; late>end",
    )

    found = refused(world, instance, two, {"a": "a", "late": "late", "c": "c", "x": "c"})

    assert sorted(found) == [
        ("ELEMENT_NOT_MAPPED", "b"),
        ("ELEMENT_TYPE_CHANGED", "c"),
        ("EVENT_TYPE_CHANGED", "late"),
        ("MAPPING_SOURCE_UNKNOWN", "x"),
    ]


def test_a_diagram_that_is_only_drawn_is_no_target(world, waiting):
    drawn = process("p", start(), user_task("a"), end(), flows="start>a>end")
    [model] = read_bpmn(drawn.replace(b'isExecutable="true"', b'isExecutable="false"'), "p.bpmn").processes

    assert refused(world, waiting, world.deploy_model(model)) == [("TARGET_NOT_EXECUTABLE", "")]
