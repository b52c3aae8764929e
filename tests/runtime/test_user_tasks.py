"""User tasks: who may do them, and who is excluded."""

from datetime import datetime

from .diagrams import (
    boundary,
    call_activity,
    end,
    error,
    error_event,
    loop,
    node,
    process,
    script,
    start,
    user_task,
    xor,
)


def four_eyes(excluded="enter", groups="approvers", extra=(), flows=""):
    return process(
        "four_eyes",
        start(),
        user_task("enter"),
        user_task("check", groups=groups, tenure__excludeActorsOf=excluded),
        end(),
        *extra,
        flows="start>enter>check>end" + flows,
        roots=error("nobody", "NO_ELIGIBLE_APPROVER"),
    )


def test_everything_written_about_a_task_is_evaluated(world):
    extensions = (
        "<zeebe:userTask />"
        '<zeebe:assignmentDefinition assignee="=who" candidateGroups="=groups" candidateUsers="a, b" />'
        '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)" '
        'followUpDate="2026-03-04T08:00:00+08:00" />'
        '<zeebe:priorityDefinition priority="=80" />'
        '<zeebe:formDefinition formId="paper" />'
        '<zeebe:properties><zeebe:property name="tenure:outcomes" value="approve,return" />'
        '<zeebe:property name="tenure:outcomeVariable" value="verdict" />'
        '<zeebe:property name="tenure:inboxColumns" value="amount,missing" /></zeebe:properties>'
    )
    world.forms["paper"] = 99
    world.deploy(
        process("all", start(), node("userTask", "work", "", extensions), end(), flows="start>work>end")
    )
    world.start("all", {"who": "lin", "groups": ["x", "y"], "amount": 5})

    task = world.user_task("work")

    assert (task.assignee, task.candidate_groups, task.candidate_users) == ("lin", ("x", "y"), ("a", "b"))
    assert task.due_at == datetime.fromisoformat("2026-03-03T08:00:00+00:00")
    assert task.follow_up_at == datetime.fromisoformat("2026-03-04T00:00:00+00:00")
    assert (task.priority, task.form_id, task.form_key) == (80, "paper", 99)
    assert (task.outcomes, task.outcome_variable) == (("approve", "return"), "verdict")
    assert task.inbox == {"amount": 5}


def test_who_entered_it_is_excluded_from_checking_it(world):
    world.groups = {"approvers": ["ann", "bob"]}
    world.deploy(four_eyes())
    world.start("four_eyes")

    world.complete_user_task("enter", by="ann")

    assert world.user_task("check").excluded_users == ("ann",)


def test_the_start_event_stands_for_the_starter(world):
    world.groups = {"approvers": ["ann", "bob"]}
    world.deploy(four_eyes(excluded="start,enter"))
    runtime = world.runtime("bob")
    runtime.start_instance(world.find_process("four_eyes", binding=None, version_tag="", caller=0), {})
    world.settle(runtime)

    world.complete_user_task("enter", by="eve")

    assert world.user_task("check").excluded_users == ("bob", "eve")


def test_all_rounds_and_all_multi_instance_bodies_count(world):
    world.groups = {"approvers": ["ann", "bob", "cid", "dan"]}
    many = user_task("enter").replace("</bpmn:userTask>", loop("=[1,2]", "i") + "</bpmn:userTask>")
    world.deploy(
        process(
            "rounds",
            start(),
            xor("again"),
            many,
            user_task("check", groups="approvers", tenure__excludeActorsOf="enter"),
            xor("good", default="flow_1_0"),
            end(),
            flows="start>again>enter>check>good; good>again; good>end [=ok]",
        )
    )
    world.start("rounds", {"ok": False})

    for person in ("ann", "bob"):
        world.complete_user_task("enter", by=person)
    assert world.user_task("check").excluded_users == ("ann", "bob")
    world.complete_user_task("check", {"ok": False}, by="dan")
    for person in ("ann", "cid"):
        world.complete_user_task("enter", by=person)

    assert world.user_task("check").excluded_users == ("ann", "bob", "cid")


def test_the_calling_process_can_be_reached(world):
    world.groups = {"approvers": ["ann", "bob"]}
    world.deploy(
        process(
            "chain",
            start(),
            user_task("approve", groups="approvers", tenure__excludeActorsOf="parent:draft,parent:nowhere"),
            end(),
            flows="start>approve>end",
        ),
        process(
            "main",
            start(),
            user_task("draft"),
            call_activity("call", "chain"),
            end(),
            flows="start>draft>call>end",
        ),
    )
    world.start("main")

    world.complete_user_task("draft", by="ann")

    assert world.user_task("approve").excluded_users == ("ann",)


def test_nobody_left_is_the_bpmn_error_where_something_catches_it(world):
    world.groups = {"approvers": ["ann"]}
    world.deploy(
        four_eyes(
            extra=(boundary("nobody_left", "check", error_event("nobody")), end("next_level")),
            flows="; nobody_left>next_level",
        )
    )
    instance = world.start("four_eyes")

    world.complete_user_task("enter", by="ann")

    assert world.count(instance, "next_level:completed") == 1
    assert not world.user_tasks


def test_nobody_left_is_an_incident_where_nothing_catches_it_and_goes_on_with_a_new_member(world):
    world.groups = {"approvers": ["ann"]}
    world.deploy(four_eyes())
    world.start("four_eyes")
    world.complete_user_task("enter", by="ann")
    (incident,) = world.incidents.values()

    world.groups = {"approvers": ["ann", "bob"]}
    world.resolve_incident("check")

    assert incident.error_type == "UNHANDLED_ERROR_EVENT"
    assert "ann" in incident.message
    assert world.user_task("check").excluded_users == ("ann",)


def test_a_task_never_goes_to_an_excluded_assignee(world):
    world.groups = {"approvers": ["ann", "bob"]}
    world.deploy(
        process(
            "assigned",
            start(),
            user_task("enter"),
            user_task("check", assignee="ann", groups="approvers", tenure__excludeActorsOf="enter"),
            end(),
            flows="start>enter>check>end",
        )
    )
    world.start("assigned")

    world.complete_user_task("enter", by="ann")

    assert world.user_task("check").assignee is None


def test_the_completers_id_is_written_over_what_was_sent(world):
    world.deploy(
        process(
            "opener",
            start(),
            user_task("open", tenure__actorVariable="opener"),
            script("note", "=opener", "seen"),
            end(),
            flows="start>open>note>end",
        )
    )
    instance = world.start("opener")

    world.complete_user_task("open", {"opener": "somebody else"}, by="ann")

    assert world.variables(instance) == {"opener": "ann", "seen": "ann"}
