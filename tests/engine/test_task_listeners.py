"""Task listeners through the facade: as handlers in the same transaction, and as jobs of outside workers."""

import pytest
from sqlalchemy import text

from engine import (
    SYSTEM,
    BpmnError,
    Conflict,
    HandlerRegistry,
    IncidentFilter,
    InstanceState,
    InvalidInput,
    JobContext,
    JobFilter,
    JobKind,
    JobNotActivatable,
    TaskListenerResult,
    UserTaskBusy,
    UserTaskFilter,
    UserTaskState,
    UserTaskTransitionDenied,
    handler,
)

from .diagrams import end, process, start, user_task


@pytest.fixture
def heard():
    """What the handlers were called with: job type and the assignee they were told."""
    return []


@pytest.fixture
def handlers(heard):
    @handler("note")
    def note(job: JobContext) -> dict:
        heard.append((job.type, job.headers.get("io.camunda.zeebe:assignee")))
        return {}

    @handler("amountNeeded")
    def amount_needed(job: JobContext, limit: int = 10) -> None:
        job.records.execute(text("INSERT INTO setting (name, value) VALUES ('seen', '1')"))
        if limit < 5:
            job.deny("the limit is below 5")

    @handler("toCarl")
    def to_carl(job: JobContext) -> None:
        job.correct(assignee="carl", priority=90)

    @handler("answers")
    def answers(job: JobContext) -> dict:
        return {"answer": 1}

    @handler("throws")
    def throws(job: JobContext) -> None:
        raise BpmnError("NO", "never")

    return HandlerRegistry([note, amount_needed, to_carl, answers, throws])


@pytest.fixture
def people(account):
    return [account(name, groups=["buyers"]) for name in ("anna", "bert", "carl")]


@pytest.fixture
def task(engine, deploy):
    """`task("completing TYPE", ...)` starts a process with such a task and answers it."""

    def begin(*listeners, variables=None, **more):
        work = user_task("work", groups="buyers", listeners=listeners, **more)
        deploy(process("listened", start(), work, end(), flows="start>work>end"))
        engine.start_process_instance("listened", variables=variables, by=SYSTEM)
        return only(engine)

    return begin


def only(engine):
    (found,) = engine.user_tasks(UserTaskFilter(), by=SYSTEM).items
    return found


def job_of(engine, job_type):
    (job,) = engine.jobs(JobFilter(type=job_type, states=("CREATED", "FAILED")), by=SYSTEM).items
    return job


def instance_state(engine, task):
    return engine.process_instance(task.process_instance_key, by=SYSTEM).state


# --- handlers in the same transaction --------------------------------------------------------------


def test_with_a_handler_everything_is_over_at_once(engine, task, people, heard):
    work = task("assigning note", "completing note")

    claimed = engine.claim_user_task(work.key, by=people[0])
    completed = engine.complete_user_task(work.key, by=people[0])

    assert (claimed.assignee, claimed.state) == ("anna", UserTaskState.CREATED)
    assert (completed.state, completed.completed_by) == (UserTaskState.COMPLETED, "anna")
    assert heard == [("note", "anna"), ("note", "anna")]
    assert instance_state(engine, work) is InstanceState.COMPLETED


def test_a_handler_that_denies_undoes_the_command_and_says_why(engine, task, people, database):
    work = task("completing amountNeeded", variables={"limit": 3})
    anna = people[0]
    engine.save_draft(work.key, {"typed": 1}, by=anna)

    with pytest.raises(UserTaskTransitionDenied, match="the limit is below 5") as denied:
        engine.complete_user_task(work.key, {"x": 1}, by=anna)

    assert (denied.value.event, denied.value.reason) == ("completing", "the limit is below 5")
    assert only(engine) == work
    assert engine.draft(work.key, by=anna) is not None
    with engine.records() as session:
        assert session.execute(text("SELECT count(*) FROM setting WHERE name = 'seen'")).scalar() == 0


def test_a_handler_corrects_what_somebody_does(engine, task, people):
    work = task("assigning toCarl")
    anna, _, carl = people

    claimed = engine.claim_user_task(work.key, by=anna)

    assert (claimed.assignee, claimed.priority) == ("carl", 90)
    assert engine.complete_user_task(work.key, by=carl).state is UserTaskState.COMPLETED


def test_each_way_to_assign_asks_the_assigning_listeners(engine, task, people, admin, heard):
    work = task("assigning note")
    anna, bert, _ = people

    engine.claim_user_task(work.key, by=anna)
    engine.delegate_user_task(work.key, "bert", by=anna)
    engine.unclaim_user_task(work.key, by=bert)
    engine.assign_user_task(work.key, "carl", by=admin)

    assert [assignee for _, assignee in heard] == ["anna", "bert", None, "carl"]
    assert only(engine).assignee == "carl"


@pytest.mark.parametrize(
    ("listener", "said"),
    [("answers", "sets no variables: answer"), ("throws", "cannot throw the error 'NO'")],
)
def test_a_handler_that_does_what_listeners_may_not_is_an_incident(engine, task, people, listener, said):
    work = task(f"completing {listener}")

    completing = engine.complete_user_task(work.key, by=people[0])

    assert completing.state is UserTaskState.COMPLETING
    (incident,) = engine.incidents(IncidentFilter(), by=SYSTEM).items
    assert (incident.error_type, incident.element_id) == ("TASK_LISTENER_NO_RETRIES", "work")
    assert said in incident.message


def test_a_cancelled_instance_is_over_at_once_when_the_listener_is_a_handler(engine, task, heard):
    work = task("canceling note", assignee="anna")

    engine.cancel_process_instance(work.process_instance_key, by=SYSTEM)

    assert heard == [("note", "anna")]
    assert instance_state(engine, work) is InstanceState.TERMINATED


# --- outside workers -------------------------------------------------------------------------------


def test_a_completion_waits_for_an_outside_worker(engine, task, people):
    work = task("completing check", tenure__outcomes="approve,reject")
    anna = people[0]
    engine.save_draft(work.key, {"typed": 1}, by=anna)

    waiting = engine.complete_user_task(work.key, {"x": 1}, outcome="approve", by=anna)
    assert (waiting.state, instance_state(engine, work)) == (UserTaskState.COMPLETING, InstanceState.ACTIVE)
    (job,) = engine.activate_jobs("check", worker="w", by=SYSTEM)
    assert (job.kind, job.listener_event) == (JobKind.TASK_LISTENER, "completing")
    assert job.headers["io.camunda.zeebe:action"] == "complete"
    engine.complete_job(job.key, worker="w", by=SYSTEM)

    done = engine.user_task(work.key, by=anna)
    assert (done.state, done.completed_by, done.outcome) == (UserTaskState.COMPLETED, "anna", "approve")
    assert engine.draft(work.key, by=anna) is None
    assert instance_state(engine, work) is InstanceState.COMPLETED


def test_meanwhile_every_command_on_the_task_is_refused_with_its_state(engine, task, people, admin):
    work = task("completing check")
    anna = people[0]
    engine.claim_user_task(work.key, by=anna)
    engine.complete_user_task(work.key, by=anna)

    for command in (
        lambda: engine.complete_user_task(work.key, by=anna),
        lambda: engine.unclaim_user_task(work.key, by=anna),
        lambda: engine.assign_user_task(work.key, "bert", by=admin),
        lambda: engine.delegate_user_task(work.key, "bert", by=anna),
        lambda: engine.update_user_task(work.key, priority=1, by=admin),
    ):
        with pytest.raises(
            UserTaskBusy, match="it is in state COMPLETING; it waits for the listener 'check'"
        ):
            command()

    assert only(engine).state is UserTaskState.COMPLETING
    engine.add_comment(work.key, "on its way", by=anna)


def test_a_claim_is_refused_while_another_one_waits(engine, task, people):
    work = task("assigning check")
    engine.claim_user_task(work.key, by=people[0])

    with pytest.raises(UserTaskBusy, match=r"cannot claim user task .* ASSIGNING"):
        engine.claim_user_task(work.key, by=people[1])

    assert only(engine).assignee is None
    engine.complete_job(job_of(engine, "check").key, by=SYSTEM)
    assert only(engine).assignee == "anna"


def test_a_denial_from_outside_stands_in_the_timeline(engine, task, people):
    work = task("completing check")
    engine.complete_user_task(work.key, {"x": 1}, by=people[0])

    no = TaskListenerResult(denied=True, denied_reason="the contract is missing")
    engine.complete_job(job_of(engine, "check").key, result=no, by=SYSTEM)

    assert only(engine).state is UserTaskState.CREATED
    (line,) = [
        line
        for line in engine.timeline(work.process_instance_key, by=SYSTEM)
        if line.action == "task-listener-denied"
    ]
    assert line.details["reason"] == "the contract is missing"
    assert line.details["event"] == "completing"


def test_corrections_reach_the_inbox(engine, task, people, account):
    work = task("updating check")
    dora = account("dora", groups=["sellers"])
    engine.update_user_task(work.key, priority=20, by=SYSTEM)

    corrected = TaskListenerResult(corrections={"candidate_groups": ["sellers"], "priority": 30})
    engine.complete_job(job_of(engine, "check").key, result=corrected, by=SYSTEM)

    assert only(engine).priority == 30
    assert engine.user_tasks(UserTaskFilter(workable_by="dora"), by=dora).items[0].key == work.key
    assert not engine.user_tasks(UserTaskFilter(workable_by="anna"), by=people[0]).items


def test_an_instance_ends_when_the_outside_worker_has_cleaned_up(engine, task):
    work = task("canceling check")

    engine.cancel_process_instance(work.process_instance_key, by=SYSTEM)
    assert only(engine).state is UserTaskState.CANCELING
    with pytest.raises(Conflict, match="is being terminated already"):
        engine.cancel_process_instance(work.process_instance_key, by=SYSTEM)
    engine.complete_job(job_of(engine, "check").key, by=SYSTEM)

    assert instance_state(engine, work) is InstanceState.TERMINATED
    assert engine.user_task(work.key, by=SYSTEM).state is UserTaskState.CANCELED


def test_a_listener_fails_is_tried_again_and_is_an_incident_at_last(engine, task, people):
    work = task("completing check")
    engine.complete_user_task(work.key, {"x": 1}, by=people[0])
    job = job_of(engine, "check")

    engine.fail_job(job.key, retries=1, message="busy", variables={"why": "busy"}, by=SYSTEM)
    engine.fail_job(job.key, retries=0, message="no answer", by=SYSTEM)
    (incident,) = engine.incidents(IncidentFilter(), by=SYSTEM).items
    assert incident.error_type == "TASK_LISTENER_NO_RETRIES"
    engine.resolve_incident(incident.key, variables={"fixed": True}, by=SYSTEM)
    engine.complete_job(job.key, by=SYSTEM)

    assert instance_state(engine, work) is InstanceState.COMPLETED


def test_an_outside_listener_cannot_throw_an_error_or_answer_with_variables(engine, task, people):
    work = task("completing check")
    engine.complete_user_task(work.key, by=people[0])
    job = job_of(engine, "check")

    with pytest.raises(JobNotActivatable, match="cannot throw an error"):
        engine.throw_job_error(job.key, "BAD", by=SYSTEM)
    with pytest.raises(InvalidInput, match="sets no variables"):
        engine.complete_job(job.key, {"x": 1}, by=SYSTEM)

    engine.complete_job(job.key, by=SYSTEM)
    assert instance_state(engine, work) is InstanceState.COMPLETED


def test_after_an_outside_workers_answer_a_handler_follows_at_once(engine, task, people, heard):
    work = task("completing check", "completing note")
    engine.complete_user_task(work.key, by=people[0])

    engine.complete_job(job_of(engine, "check").key, by=SYSTEM)

    assert heard == [("note", None)]
    assert instance_state(engine, work) is InstanceState.COMPLETED
