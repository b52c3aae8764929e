"""Task listeners: what they are told, in which order they have the word, what they may do to a task."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import Conflict, InvalidInput, UserTaskBusy
from engine.model import TaskListenerResult, UserTaskState

from .diagrams import (
    boundary,
    call_activity,
    end,
    error,
    error_event,
    event_start,
    event_sub_process,
    loop,
    node,
    parallel,
    process,
    service_task,
    start,
    sub_process,
    task_listeners,
    terminate_event,
    timer_event,
    user_task,
)

DAY = timedelta(days=1)
NO = TaskListenerResult(denied=True, denied_reason="not today")


def correction(**attributes):
    return TaskListenerResult(corrections=attributes)


def told(job, name):
    return job.headers.get(f"io.camunda.zeebe:{name}")


def deploy_task(world, *listeners, **more):
    task = user_task("work", listeners=listeners, **more)
    world.deploy(process("listened", start(), task, end(), flows="start>work>end"))


@pytest.fixture
def listened(world):
    """`listened("assigning a", ...)` deploys a process with such a task and starts it."""

    def begin(*listeners, variables=None, **more):
        deploy_task(world, *listeners, **more)
        return world.start("listened", variables or {})

    return begin


def state(world):
    return world.user_task("work").state


# --- creating and assigning ------------------------------------------------------------------------


def test_creating_comes_before_assigning_and_only_then_the_task_is_somebodys(world, listened):
    listened("assigning hand_over", "creating prepare", assignee="ann")

    assert (state(world), world.user_task("work").assignee) == (UserTaskState.CREATING, None)
    assert told(world.job("prepare"), "assignee") == "ann"
    world.complete_job("prepare")
    assert (state(world), world.user_task("work").assignee) == (UserTaskState.ASSIGNING, None)
    assert told(world.job("hand_over"), "changedAttributes") == '["assignee"]'
    world.complete_job("hand_over")

    assert (state(world), world.user_task("work").assignee) == (UserTaskState.CREATED, "ann")


def test_a_task_that_nobody_is_assigned_to_asks_no_assigning_listener(world, listened):
    listened("assigning hand_over", groups="buyers")

    assert (state(world), world.jobs) == (UserTaskState.CREATED, {})


def test_listeners_of_one_event_work_one_after_the_other_and_see_what_the_ones_before_corrected(
    world, listened
):
    listened("assigning first", "assigning second", "assigning third")

    world.change_user_task("work", "assigning", "claim", assignee="ann")
    assert told(world.job("first"), "action") == "claim"
    assert told(world.job("first"), "priority") == "50"
    world.complete_job("first", result=correction(priority=80))
    assert json.loads(told(world.job("second"), "changedAttributes")) == ["assignee", "priority"]
    assert told(world.job("second"), "priority") == "80"
    world.complete_job("second", result=correction(priority=50))
    assert json.loads(told(world.job("third"), "changedAttributes")) == ["assignee"]
    world.complete_job("third", result=correction(assignee="bob"))

    task = world.user_task("work")
    assert (task.state, task.assignee, task.priority) == (UserTaskState.CREATED, "bob", 50)


def test_every_attribute_may_be_corrected(world, listened):
    listened("creating prepare", groups="buyers")
    due, later = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)

    world.complete_job(
        "prepare",
        result=correction(
            assignee="ann",
            candidate_groups=["sellers"],
            candidate_users=["bob"],
            due_at=due,
            follow_up_at=later,
            priority=7,
        ),
    )

    task = world.user_task("work")
    assert (task.state, task.assignee, task.priority) == (UserTaskState.CREATED, "ann", 7)
    assert (task.candidate_groups, task.candidate_users) == (("sellers",), ("bob",))
    assert (task.due_at, task.follow_up_at) == (due, later)


def test_a_correction_may_clear(world, listened):
    listened("assigning check", groups="buyers")
    world.change_user_task("work", "assigning", "claim", assignee="ann")

    world.complete_job("check", result=correction(assignee="", candidate_groups=[], due_at=None))

    task = world.user_task("work")
    assert (task.assignee, task.candidate_groups, task.due_at) == (None, (), None)


def test_a_denied_assignment_at_creation_leaves_the_task_to_nobody(world, listened):
    instance = listened("assigning check", assignee="ann")

    world.complete_job("check", result=NO)

    assert (state(world), world.user_task("work").assignee) == (UserTaskState.CREATED, None)
    assert world.denied == [("assigning", "not today")]
    world.complete_user_task("work")
    assert world.state(instance) == "COMPLETED"


def test_a_denial_drops_what_the_listeners_before_have_corrected(world, listened):
    listened("assigning first", "assigning second")
    world.change_user_task("work", "assigning", "assign", assignee="ann")

    world.complete_job("first", result=correction(priority=99))
    world.complete_job("second", result=NO)

    task = world.user_task("work")
    assert (task.state, task.assignee, task.priority) == (UserTaskState.CREATED, None, 50)
    world.change_user_task("work", "assigning", "assign", assignee="bob")
    world.complete_job("first")
    world.complete_job("second")
    assert world.user_task("work").assignee == "bob"


# --- updating --------------------------------------------------------------------------------------


def test_an_update_waits_for_its_listeners(world, listened):
    listened("updating check")

    world.change_user_task("work", "updating", "update", priority=10)
    assert (state(world), world.user_task("work").priority) == (UserTaskState.UPDATING, 50)
    world.complete_job("check")

    assert (state(world), world.user_task("work").priority) == (UserTaskState.CREATED, 10)


@pytest.mark.parametrize("local", [True, False])
def test_variables_set_at_a_task_are_an_update_of_it(world, listened, local):
    instance = listened("updating check", variables={"x": 1})
    key = world.user_task("work").element_instance_key

    world.set_variables(key, {"x": 2}, local=local)
    assert json.loads(told(world.job("check"), "changedAttributes")) == ["variables"]
    assert world.variables(instance) == {"x": 1}
    world.complete_job("check")

    assert world.variables(instance) == ({"x": 1} if local else {"x": 2})
    assert world.runtime().visible_variables(key)["x"] == 2


def test_denied_variables_are_not_set(world, listened):
    instance = listened("updating check", variables={"x": 1})

    world.set_variables(world.user_task("work").element_instance_key, {"x": 2})
    world.complete_job("check", result=NO)

    assert (world.variables(instance), state(world)) == ({"x": 1}, UserTaskState.CREATED)


def test_variables_of_the_process_are_nobodys_update(world, listened):
    instance = listened("updating check")

    world.set_variables(instance, {"x": 2})

    assert (world.variables(instance), world.jobs) == ({"x": 2}, {})


# --- completing ------------------------------------------------------------------------------------


def test_a_completion_waits_for_its_listeners_and_keeps_who_decided_what(world, listened):
    instance = listened("completing check", "completing approve")

    world.complete_user_task("work", {"answer": 1}, by="ann", outcome="approve")
    assert (state(world), world.variables(instance)) == (UserTaskState.COMPLETING, {})
    world.complete_job("check")
    key = world.user_task("work").key
    world.complete_job("approve")

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"answer": 1})
    assert (world.store.completers(instance, ["work"]), world.outcomes) == ({"ann"}, {key: "approve"})


def test_a_denied_completion_leaves_the_task_open_and_forgets_what_was_typed(world, listened):
    instance = listened("completing check")

    world.complete_user_task("work", {"answer": 1})
    world.complete_job("check", result=NO)
    assert (state(world), world.variables(instance)) == (UserTaskState.CREATED, {})
    world.complete_user_task("work", {"answer": 2})
    world.complete_job("check")

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"answer": 2})


def test_while_a_listener_has_the_word_nobody_else_changes_the_task(world, listened):
    listened("completing check", "updating check")
    world.complete_user_task("work")

    with pytest.raises(UserTaskBusy, match=r"cannot assign user task .* it is in state COMPLETING"):
        world.change_user_task("work", "assigning", "assign", assignee="ann")
    with pytest.raises(UserTaskBusy):
        world.set_variables(world.user_task("work").element_instance_key, {"x": 1})


# --- what a listener may not answer ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (TaskListenerResult(denied=True, corrections={"priority": 1}), "denies cannot correct"),
        (correction(name="x"), "'name' cannot be corrected"),
        (correction(priority=101), "priority must be a whole number from 0 to 100"),
        (correction(priority="high"), "priority must be"),
        (correction(candidate_groups="a,b"), "must be a list of texts"),
        (correction(due_at="2026-01-01"), "must be a time with its zone"),
        (correction(assignee=None), "must be a user id"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_job_stays(world, listened, result, said):
    listened("completing check")
    world.complete_user_task("work")

    with pytest.raises(InvalidInput, match=said):
        world.complete_job("check", result=result)

    world.complete_job("check")
    assert not world.user_tasks


def test_a_listener_sets_no_variables(world, listened):
    listened("completing check")
    world.complete_user_task("work")

    with pytest.raises(InvalidInput, match="sets no variables: x"):
        world.complete_job("check", {"x": 1})


@pytest.mark.parametrize("event", ["creating", "canceling"])
def test_neither_creation_nor_cancellation_can_be_denied(world, listened, event):
    instance = listened(f"{event} check")
    if event == "canceling":
        world.cancel(instance)

    with pytest.raises(InvalidInput, match=f"a listener on '{event}' cannot deny"):
        world.complete_job("check", result=NO)


def test_a_creating_listener_leaves_the_assignee_of_the_model_alone(world, listened):
    listened("creating check", assignee="ann")

    with pytest.raises(InvalidInput, match="cannot correct the model's own assignee"):
        world.complete_job("check", result=correction(assignee="bob"))


def test_a_listener_cannot_assign_somebody_whom_the_four_eyes_rule_excludes(world):
    check = user_task(
        "check", groups="clerks", listeners=["assigning route"], tenure__excludeActorsOf="enter"
    )
    world.groups = {"clerks": ["ann", "bob"]}
    world.deploy(process("payment", start(), user_task("enter"), check, end(), flows="start>enter>check>end"))
    world.start("payment")
    world.complete_user_task("enter", by="ann")
    world.change_user_task("check", "assigning", "claim", assignee="bob")

    with pytest.raises(InvalidInput, match="ann may not be the assignee"):
        world.complete_job("route", result=correction(assignee="ann"))


# --- incidents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["creating", "assigning", "updating", "completing", "canceling"])
def test_a_listener_out_of_retries_is_an_incident_and_goes_on_at_the_same_listener(world, listened, event):
    instance = listened(f"{event} first", f"{event} second", assignee="ann")
    bring_about(world, instance, event)
    world.complete_job("first")

    world.fail_job("second", message="no answer")
    (incident,) = world.incidents.values()
    assert (incident.error_type, incident.element_id) == ("TASK_LISTENER_NO_RETRIES", "work")
    world.resolve_incident("work")
    world.complete_job("second")

    assert not world.incidents
    assert [job.type for job in world.done_jobs] == ["first", "second"]


@pytest.mark.parametrize("event", ["creating", "assigning", "updating", "completing", "canceling"])
def test_a_type_that_cannot_be_told_is_an_incident_and_then_all_listeners_are_asked_again(
    world, listened, event
):
    instance = listened(f"{event} first", f"{event} =kind", assignee="ann")
    bring_about(world, instance, event)

    world.complete_job("first")
    (incident,) = world.incidents.values()
    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    world.set_variables(instance, {"kind": "second"})
    world.resolve_incident("work")
    world.complete_job("first")
    world.complete_job("second")

    assert not world.incidents
    assert not world.jobs


def bring_about(world, instance, event):
    match event:
        case "updating":
            world.change_user_task("work", "updating", "update", priority=1)
        case "completing":
            world.complete_user_task("work")
        case "canceling":
            world.cancel(instance)


# --- canceling -------------------------------------------------------------------------------------


def test_a_cancelled_instance_waits_for_the_canceling_listeners(world, listened):
    instance = listened("canceling first", "canceling second")

    world.cancel(instance)
    assert (world.state(instance), state(world)) == ("ACTIVE", UserTaskState.CANCELING)
    with pytest.raises(Conflict, match="is being terminated already"):
        world.cancel(instance)
    world.complete_job("first")
    world.complete_job("second")

    assert (world.state(instance), world.user_tasks) == ("TERMINATED", {})
    assert world.count(instance, "work:terminated") == 1


def test_a_listener_that_has_the_word_loses_it_to_the_canceling_ones(world, listened):
    instance = listened("completing check", "canceling clean_up")
    world.complete_user_task("work")

    world.cancel(instance)

    assert [job.type for job in world.jobs.values()] == ["clean_up"]
    world.complete_job("clean_up")
    assert world.state(instance) == "TERMINATED"


def test_a_completed_task_asks_no_canceling_listener(world, listened):
    instance = listened("canceling clean_up")

    world.complete_user_task("work")

    assert (world.state(instance), world.jobs) == ("COMPLETED", {})


def test_an_interrupting_boundary_event_goes_on_after_the_canceling_listeners(world):
    world.deploy(
        process(
            "late",
            start(),
            user_task("work", listeners=["canceling clean_up"]),
            boundary("limit", "work", timer_event("Duration", "P1D")),
            service_task("remind", "remind"),
            end(),
            flows="start>work>end; limit>remind>end",
        )
    )
    instance = world.start("late")

    world.advance(DAY)
    assert world.count(instance, "limit:activated") == 0
    world.complete_job("clean_up")
    world.complete_job("remind")

    assert world.state(instance) == "COMPLETED"
    events = world.events(instance)
    assert events.index("work:terminated") < events.index("limit:activated")


def test_an_error_from_a_sibling_waits_for_every_canceling_listener_of_the_subprocess(world):
    inner = (
        start("in"),
        parallel("split"),
        user_task("work", listeners=["canceling clean_up"]),
        user_task("other", listeners=["canceling clean_other"]),
        service_task("risky", "risky"),
        end("out"),
    )
    world.deploy(
        process(
            "failing",
            start(),
            sub_process("block", *inner, flows="in>split; split>work>out; split>other>out; split>risky>out"),
            boundary("caught", "block", error_event("bad")),
            end("good"),
            end("failed"),
            flows="start>block>good; caught>failed",
            roots=error("bad", "BAD"),
        )
    )
    instance = world.start("failing")

    world.throw_error("risky", "BAD", variables={"why": "x"})
    world.complete_job("clean_other")
    assert world.count(instance, "caught:activated") == 0
    world.complete_job("clean_up")

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"why": "x"})
    assert world.count(instance, "failed:completed") == 1


def test_an_interrupting_event_subprocess_begins_after_the_canceling_listeners(world):
    world.deploy(
        process(
            "interrupted",
            start(),
            user_task("work", listeners=["canceling clean_up"]),
            event_sub_process(
                "handle",
                event_start("limit", timer_event("Duration", "P1D")),
                service_task("tidy", "tidy"),
                end("tidied"),
                flows="limit>tidy>tidied",
            ),
            end(),
            flows="start>work>end",
        )
    )
    instance = world.start("interrupted")

    world.advance(DAY)
    assert world.active(instance) == ["work"]
    world.complete_job("clean_up")
    world.complete_job("tidy")

    assert (world.state(instance), world.count(instance, "handle:completed")) == ("COMPLETED", 1)


def test_a_terminate_end_event_completes_its_scope_after_the_canceling_listeners(world):
    world.deploy(
        process(
            "stopping",
            start(),
            parallel("split"),
            user_task("work", listeners=["canceling clean_up"]),
            user_task("stop"),
            end(),
            end("all", terminate_event()),
            flows="start>split; split>work>end; split>stop>all",
        )
    )
    instance = world.start("stopping")

    world.complete_user_task("stop")
    assert world.state(instance) == "ACTIVE"
    world.complete_job("clean_up")

    assert world.state(instance) == "COMPLETED"


def test_a_completion_condition_ends_the_body_after_the_canceling_listeners(world):
    repeated = loop("=[1,2,3]", "item", until="=true", output="done", output_element="=item")
    world.deploy(
        process(
            "several",
            start(),
            user_task("work", listeners=["canceling clean_up"], inner=repeated),
            end(),
            flows="start>work>end",
        )
    )
    instance = world.start("several")

    world.complete_user_task("work")
    assert len(world.jobs) == 2
    world.complete_job("clean_up")
    assert world.state(instance) == "ACTIVE"
    world.complete_job("clean_up")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "work:terminated") == 2


def test_cancelling_reaches_the_tasks_of_called_processes_and_waits_for_them(world):
    world.deploy(
        process("outer", start(), call_activity("call", "inner"), end(), flows="start>call>end"),
        process(
            "inner",
            start(),
            user_task("work", listeners=["canceling clean_up"]),
            end(),
            flows="start>work>end",
        ),
    )
    outer = world.start("outer")
    inner = world.instances[-1][0]

    world.cancel(outer)
    assert (world.state(inner), world.state(outer)) == ("ACTIVE", "ACTIVE")
    world.complete_job("clean_up")

    assert (world.state(inner), world.state(outer)) == ("TERMINATED", "TERMINATED")


def test_cancelling_a_scope_that_is_being_left_already_ends_it_without_its_event(world):
    world.deploy(
        process(
            "late",
            start(),
            user_task("work", listeners=["canceling clean_up"]),
            boundary("limit", "work", timer_event("Duration", "P1D")),
            end(),
            flows="start>work>end; limit>end",
        )
    )
    instance = world.start("late")
    world.advance(DAY)

    world.cancel(instance)
    world.complete_job("clean_up")

    assert (world.state(instance), world.count(instance, "limit:activated")) == ("TERMINATED", 0)


def test_a_task_skipped_by_an_operator_goes_after_its_canceling_listeners(world):
    world.deploy(
        process(
            "skipped",
            start(),
            user_task("work", listeners=["canceling clean_up"]),
            service_task("next", "next"),
            end(),
            flows="start>work>next>end",
        )
    )
    instance = world.start("skipped")

    runtime = world.runtime()
    runtime.skip_element(world.user_task("work").element_instance_key, {"answer": 1})
    world.settle(runtime)
    world.complete_job("clean_up")
    world.complete_job("next")

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"answer": 1})


def test_a_task_ended_by_an_operator_ends_its_empty_scope_after_its_canceling_listeners(world, listened):
    instance = listened("canceling clean_up")

    runtime = world.runtime()
    runtime.cancel_element(world.user_task("work").element_instance_key)
    world.settle(runtime)
    assert world.state(instance) == "ACTIVE"
    world.complete_job("clean_up")

    assert world.state(instance) == "TERMINATED"


def test_jobs_of_listeners_carry_the_headers_of_the_task(world):
    headers = '<zeebe:taskHeaders><zeebe:header key="colour" value="red" /></zeebe:taskHeaders>'
    work = node("userTask", "work", "", "<zeebe:userTask />" + headers + task_listeners("creating a"))
    world.deploy(process("listened", start(), work, end(), flows="start>work>end"))
    world.start("listened")

    job = world.job("a")

    assert job.headers["colour"] == "red"
    assert told(job, "userTaskKey") == str(world.user_task("work").key)
