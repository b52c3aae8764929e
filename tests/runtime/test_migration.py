"""Migration: what waits goes on waiting under another definition, and ends as that one says."""

from datetime import timedelta

import pytest

from .diagrams import (
    boundary,
    catch,
    condition_event,
    end,
    error,
    error_event,
    event_gateway,
    event_start,
    event_sub_process,
    message,
    message_event,
    receive,
    service_task,
    signal,
    signal_event,
    start,
    timer_event,
    user_task,
    xor,
)
from .migrating import deploy, migrated, warnings

HOUR = timedelta(hours=1)


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
