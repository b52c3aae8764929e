"""Migration: a running instance goes on under another definition, and ends as that one says."""

from datetime import timedelta

import pytest

from .diagrams import (
    ad_hoc,
    association,
    boundary,
    call_activity,
    catch,
    compensation_event,
    condition_event,
    end,
    error,
    error_event,
    event_gateway,
    event_start,
    event_sub_process,
    handler,
    inclusive,
    loop,
    message,
    message_event,
    parallel,
    process,
    receive,
    service_task,
    signal,
    signal_event,
    standard_loop,
    start,
    sub_process,
    throw,
    timer_event,
    user_task,
    xor,
)

HOUR = timedelta(hours=1)


def deploy(world, *nodes, flows, roots="", process_id="p"):
    [deployed] = world.deploy(process(process_id, *nodes, flows=flows, roots=roots))
    return deployed


def errors(plan):
    """(code, element) of everything that forbids the migration."""
    return [(problem.code, problem.element_id) for problem in plan.problems if problem.is_error]


def warnings(plan):
    return [problem.code for problem in plan.problems if not problem.is_error]


def migrated(world, instance, target, mapping=None):
    plan = world.migrate(instance, target, mapping)
    assert errors(plan) == []
    return plan


# --- wait states ----------------------------------------------------------------------------------------


def test_a_task_added_behind_the_active_one_is_reached(world):
    deploy(world, start(), user_task("a"), end(), flows="start>a>end")
    instance = world.start("p", {"n": 1})
    two = deploy(world, start(), user_task("a"), user_task("b"), end(), flows="start>a>b>end")

    migrated(world, instance, two)

    world.complete_user_task("a", {"n": 2})
    assert world.active(instance) == ["b"]
    world.complete_user_task("b", {"m": 3})
    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance) == {"n": 2, "m": 3}


def test_a_user_task_gets_the_name_of_what_it_becomes_and_keeps_the_rest(world):
    deploy(world, start(), user_task("a", groups="buyers", assignee="ann"), end(), flows="start>a>end")
    instance = world.start("p")
    before = world.user_task("a")
    two = deploy(world, start(), user_task("b", groups="sellers"), end(), flows="start>b>end")

    plan = migrated(world, instance, two, {"a": "b"})

    task = world.user_task("b")
    assert (task.key, task.name, task.definition_key) == (before.key, "b", two.key)
    assert (task.assignee, task.candidate_groups) == ("ann", ("buyers",))
    assert [(e.element_id, e.target_id) for e in plan.elements] == [("a", "b")]
    world.complete_user_task("b")
    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "b:completed") == 1


def test_a_job_keeps_its_type_and_goes_on_under_the_new_definition(world):
    deploy(world, start(), service_task("send", "mail"), end(), flows="start>send>end")
    instance = world.start("p")
    two = deploy(
        world, start(), service_task("post", "letter"), user_task("b"), end(), flows="start>post>b>end"
    )

    migrated(world, instance, two, {"send": "post"})

    assert (world.job("mail").element_id, world.job("mail").definition_key) == ("post", two.key)
    world.complete_job("mail")
    assert world.active(instance) == ["b"]


def test_a_mapped_timer_keeps_its_due_time_and_another_takes_its_place_when_it_is_left_out(world):
    deploy(
        world,
        start(),
        user_task("a"),
        boundary("late", "a", timer_event("Duration", "PT2H")),
        end(),
        end("too_late"),
        flows="start>a>end; late>too_late",
    )
    first, second = world.start("p"), world.start("p")
    due = next(iter(world.timers.values())).due_at
    two = deploy(
        world,
        start(),
        user_task("a"),
        boundary("overdue", "a", timer_event("Duration", "PT8H")),
        user_task("escalated"),
        end(),
        flows="start>a>end; overdue>escalated>end",
    )
    world.advance(HOUR)

    kept = migrated(world, first, two, {"a": "a", "late": "overdue"})
    anew = migrated(world, second, two, {"a": "a"})

    assert warnings(kept) == ["EVENT_KEEPS_ITS_TRIGGER"]
    assert [(e.event_id, e.target_id) for e in kept.kept] == [("late", "overdue")]
    assert ([e.event_id for e in anew.closed], [e.target_id for e in anew.opened]) == (["late"], ["overdue"])
    assert {t.process_instance_key: t.due_at for t in world.timers.values()} == {
        first: due,
        second: world.clock.now() + 8 * HOUR,
    }
    world.advance(HOUR)
    assert (world.active(first), world.active(second)) == (["escalated"], ["a"])
    world.advance(7 * HOUR)
    assert world.active(second) == ["escalated"]


def test_a_cycle_keeps_its_count(world):
    nodes = [start(), user_task("a"), end(), service_task("remind", "mail"), end("reminded")]
    flows = "start>a>end; again>remind>reminded"
    cycle = timer_event("Cycle", "R3/PT1H")
    deploy(world, *nodes, boundary("again", "a", cycle, interrupting=False), flows=flows)
    instance = world.start("p")
    world.advance(HOUR)
    world.complete_job("mail")
    two = deploy(world, *nodes, boundary("again", "a", cycle, interrupting=False), flows=flows)

    migrated(world, instance, two)
    world.advance(5 * HOUR)

    assert world.count(instance, "again:completed") == 3
    assert not world.timers


def test_an_event_that_has_fired_and_is_mapped_does_not_begin_again(world):
    nodes = [start(), user_task("a"), end(), end("reminded")]
    once = boundary("once", "a", timer_event("Duration", "PT1H"), interrupting=False)
    deploy(world, *nodes, once, flows="start>a>end; once>reminded")
    instance = world.start("p")
    world.advance(HOUR)
    two = deploy(world, *nodes, once, flows="start>a>end; once>reminded")

    migrated(world, instance, two, {"a": "a", "once": "once"})

    assert not world.timers


def test_a_boundary_event_may_be_added_and_removed(world):
    plain = [start(), user_task("a"), end()]
    one = deploy(world, *plain, flows="start>a>end")
    instance = world.start("p", {"id": "7"})
    two = deploy(
        world,
        *plain,
        boundary("stop", "a", message_event("stop_message")),
        user_task("stopped"),
        flows="start>a>end; stop>stopped>end",
        roots=message("stop_message", "stop", "=id"),
    )

    migrated(world, instance, two)
    assert [(s.message_name, s.correlation_key) for s in world.subscriptions.values()] == [("stop", "7")]
    back = migrated(world, instance, one)
    assert [e.event_id for e in back.closed] == ["stop"]
    assert not world.subscriptions
    migrated(world, instance, two)
    world.publish("stop", "7")

    assert world.active(instance) == ["stopped"]


def test_a_message_event_that_is_mapped_keeps_its_name_and_key_and_may_become_non_interrupting(world):
    nodes = [start(), user_task("a"), end(), end("told")]
    deploy(
        world,
        *nodes,
        boundary("stop", "a", message_event("m")),
        flows="start>a>end; stop>told",
        roots=message("m", "old name", "=id"),
    )
    instance = world.start("p", {"id": "7"})
    two = deploy(
        world,
        *nodes,
        boundary("tell", "a", message_event("m"), interrupting=False),
        flows="start>a>end; tell>told",
        roots=message("m", "new name", "=other"),
    )

    plan = migrated(world, instance, two, {"a": "a", "stop": "tell"})
    world.publish("new name", "7", ttl=timedelta())
    assert world.count(instance, "tell:activated") == 0
    world.publish("old name", "7")

    assert warnings(plan) == ["EVENT_KEEPS_ITS_TRIGGER"]
    assert world.count(instance, "tell:completed") == 1
    assert world.active(instance) == ["a"]


def test_a_receive_task_and_a_catch_event_go_on_waiting(world):
    roots = message("m", "pay", "=id")
    deploy(
        world,
        start(),
        receive("paid", "m"),
        catch("pause", timer_event("Duration", "PT1H")),
        end(),
        flows="start>paid>pause>end",
        roots=roots,
    )
    instance = world.start("p", {"id": "7"})
    two = deploy(
        world,
        start(),
        receive("money", "m"),
        catch("rest", timer_event("Duration", "PT9H")),
        end(),
        flows="start>money>rest>end",
        roots=roots,
    )
    three = deploy(
        world,
        start(),
        catch("sleep", timer_event("Duration", "PT1H")),
        user_task("b"),
        end(),
        flows="start>sleep>b>end",
    )

    migrated(world, instance, two, {"paid": "money"})
    world.publish("pay", "7")
    assert world.active(instance) == ["rest"]
    world.advance(8 * HOUR)
    migrated(world, instance, three, {"rest": "sleep"})
    world.advance(HOUR)

    assert world.active(instance) == ["b"]


def test_an_event_based_gateway_keeps_one_event_and_waits_anew_for_another(world):
    roots = signal("s", "go")
    deploy(
        world,
        start(),
        event_gateway("which"),
        catch("timer", timer_event("Duration", "PT1H")),
        catch("signal", signal_event("s")),
        end(),
        flows="start>which>timer>end; which>signal>end",
        roots=roots,
    )
    instance = world.start("p")
    world.advance(HOUR / 2)
    two = deploy(
        world,
        start(),
        event_gateway("which"),
        catch("timer2", timer_event("Duration", "PT1H")),
        catch("signal2", signal_event("s")),
        user_task("signalled"),
        end(),
        flows="start>which>timer2>end; which>signal2>signalled>end",
        roots=roots,
    )

    migrated(world, instance, two, {"which": "which", "timer": "timer2"})

    assert [t.due_at - world.clock.now() for t in world.timers.values()] == [HOUR / 2]
    world.broadcast("go")
    assert world.active(instance) == ["signalled"]
    assert not world.timers


def test_a_conditional_event_that_holds_already_fires_at_once(world):
    deploy(world, start(), user_task("a"), end(), flows="start>a>end")
    instance = world.start("p", {"x": 5})
    two = deploy(
        world,
        start(),
        user_task("a"),
        boundary("high", "a", condition_event("=x > 3")),
        user_task("b"),
        end(),
        flows="start>a>end; high>b>end",
    )

    migrated(world, instance, two)

    assert world.active(instance) == ["b"]


def test_a_conditional_event_that_is_kept_watches_as_the_target_says(world):
    def with_limit(limit):
        return deploy(
            world,
            start(),
            user_task("a"),
            boundary("high", "a", condition_event(f"=x > {limit}")),
            user_task("b"),
            end(),
            flows="start>a>end; high>b>end",
        )

    with_limit(10)
    instance = world.start("p", {"x": 5})
    migrated(world, instance, with_limit(20))

    world.set_variables(instance, {"x": 15})
    assert world.active(instance) == ["a"]
    world.set_variables(instance, {"x": 25})
    assert world.active(instance) == ["b"]


def test_a_new_error_event_catches_what_a_running_job_throws(world):
    deploy(world, start(), service_task("a", "work"), end(), flows="start>a>end")
    instance = world.start("p")
    two = deploy(
        world,
        start(),
        service_task("a", "work"),
        boundary("failed", "a", error_event("e")),
        user_task("b"),
        end(),
        flows="start>a>end; failed>b>end",
        roots=error("e", "WRONG"),
    )

    migrated(world, instance, two)
    world.throw_error("work", "WRONG")

    assert world.active(instance) == ["b"]


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


# --- incidents ------------------------------------------------------------------------------------------


def test_a_wrong_condition_is_mended_by_a_new_version_and_the_incident_resolved(world):
    def deciding(condition):
        return deploy(
            world,
            start(),
            xor("which"),
            end("yes"),
            end("no"),
            flows=f"start>which; which>yes [{condition}]; which>no [=not({condition[1:]})]",
        )

    deciding("=text")
    instance = world.start("p", {"text": "x", "flag": True})
    assert [i.element_id for i in world.incidents.values()] == ["which"]

    migrated(world, instance, deciding("=flag"))
    world.resolve_incident("which")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "yes:completed") == 1


def test_an_element_that_has_not_begun_waits_for_its_events_only_when_it_has(world):
    def waiting(name, due):
        timer = boundary("late", name, timer_event("Duration", due))
        return deploy(world, start(), user_task(name), timer, end(), flows=f"start>{name}>end; late>end")

    waiting("a", "=missing")
    instance = world.start("p")
    assert [i.element_id for i in world.incidents.values()] == ["a"]

    migrated(world, instance, waiting("b", "PT1H"), {"a": "b"})
    assert not world.timers
    world.resolve_incident("b")

    assert [t.element_id for t in world.timers.values()] == ["late"]
    assert world.user_task("b")


@pytest.mark.parametrize("on_border", [True, False])
def test_what_goes_on_after_canceling_listeners_goes_on_in_the_target(world, on_border):
    def listened(task, late, after):
        timer = timer_event("Duration", "PT1H")
        inner = user_task(task, listeners=["canceling clean_up"])
        if on_border:
            nodes = [inner, boundary(late, task, timer), user_task(after)]
            flows = f"start>{task}>end; {late}>{after}>end"
        else:
            nodes = [
                inner,
                event_sub_process("esp", event_start(late, timer), user_task(after), flows=f"{late}>{after}"),
            ]
            flows = f"start>{task}>end"
        return deploy(world, start(), *nodes, end(), flows=flows)

    listened("a", "late", "escalated")
    instance = world.start("p")
    world.advance(HOUR)
    assert world.active(instance) == ["a"]
    two = listened("b", "overdue", "told")

    migrated(
        world,
        instance,
        two,
        {"a": "b", "late": "overdue", "esp": "esp"} if not on_border else {"a": "b", "late": "overdue"},
    )
    assert not world.timers
    world.complete_job("clean_up")

    assert world.active(instance)[-1] == "told"
    world.complete_user_task("told")
    assert world.state(instance) == "COMPLETED"


def test_a_task_that_a_listener_holds_goes_on_with_the_listeners_of_the_target(world):
    def listened(task, *listeners):
        nodes = (start(), user_task(task, listeners=listeners), user_task("next"), end())
        return deploy(world, *nodes, flows=f"start>{task}>next>end")

    listened("a", "completing first", "completing second")
    instance = world.start("p")
    world.complete_user_task("a", {"n": 1})
    two = listened("b", "completing other", "completing last")

    migrated(world, instance, two, {"a": "b"})
    world.complete_job("first")
    world.complete_job("last")

    assert world.active(instance) == ["next"]
    assert world.variables(instance)["n"] == 1


# --- the same people under other names --------------------------------------------------------------------


def test_who_completed_a_step_is_known_under_its_new_name(world):
    world.groups = {"buyers": ["ann", "bob"]}

    def checked(first, second):
        rule = {"tenure__excludeActorsOf": first}
        return deploy(
            world,
            start(),
            user_task(first),
            user_task("between"),
            user_task(second, groups="buyers", **rule),
            end(),
            flows=f"start>{first}>between>{second}>end",
        )

    checked("draft", "check")
    instance = world.start("p")
    world.complete_user_task("draft", by="ann")

    migrated(world, instance, checked("write", "approve"), {"between": "between", "draft": "write"})
    world.complete_user_task("between", by="cecil")
    assert world.user_task("approve").excluded_users == ("ann",)
    migrated(world, instance, checked("prepare", "confirm"), {"approve": "confirm", "write": "prepare"})

    world.complete_user_task("confirm", by="bob")
    assert world.state(instance) == "COMPLETED"


def test_two_steps_that_swap_their_names_do_not_swap_their_people(world):
    def steps(first, second, checks):
        return deploy(
            world,
            start(),
            user_task(first),
            user_task(second),
            user_task("wait"),
            user_task("check", groups="buyers", tenure__excludeActorsOf=checks),
            end(),
            flows=f"start>{first}>{second}>wait>check>end",
        )

    world.groups = {"buyers": ["ann", "bob", "eve"]}
    steps("one", "two", "one")
    instance = world.start("p")
    world.complete_user_task("one", by="ann")
    world.complete_user_task("two", by="bob")

    target = steps("two", "one", "one")
    migrated(world, instance, target, {"wait": "wait", "one": "two", "two": "one"})
    world.complete_user_task("wait", by="eve")

    assert world.user_task("check").excluded_users == ("bob",)


def test_a_rule_about_a_step_that_the_instance_never_had_is_pointed_out(world):
    deploy(world, start(), user_task("draft"), user_task("a"), end(), flows="start>draft>a>end")
    instance = world.start("p")
    world.complete_user_task("draft", by="ann")
    two = deploy(
        world,
        start(),
        user_task("write"),
        user_task("a", tenure__excludeActorsOf="write"),
        end(),
        flows="start>write>a>end",
    )

    assert warnings(migrated(world, instance, two)) == ["EXCLUSION_WITHOUT_HISTORY"]
