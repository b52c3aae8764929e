"""Repair by hand: suspended instances stand still, tokens are moved, stuck elements are skipped."""

from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    AuditFilter,
    Conflict,
    ElementInstanceNotFound,
    InstanceState,
    InvalidInput,
    PermissionDenied,
    ProcessInstanceNotActive,
    UserTaskFilter,
)

from .diagrams import end, node, process, service_task, start, user_task

TWO = process("two", start(), user_task("first"), user_task("second"), end(), flows="start>first>second>end")
WORK = process("work", start(), service_task("check", "check"), end(), flows="start>check>end")
WAIT = process(
    "wait",
    start(),
    node(
        "intermediateCatchEvent",
        "hour",
        "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>",
    ),
    end(),
    flows="start>hour>end",
)


def begin(engine, deploy, file, **variables):
    deploy(file)
    process_id = file.name.removesuffix(".bpmn")
    return engine.start_process_instance(process_id, variables=variables, by=SYSTEM).key


def live(engine, key):
    elements = engine.element_instances(key, by=SYSTEM)
    return {e.element_id: e.key for e in elements if not e.state.is_final and e.key != key}


def state(engine, key):
    return engine.process_instance(key, by=SYSTEM).state


def test_the_timer_of_a_suspended_instance_fires_when_it_is_resumed(engine, deploy, clock):
    key = begin(engine, deploy, WAIT)

    engine.suspend_process_instance(key, by=SYSTEM)
    clock.advance(timedelta(hours=2))
    engine.run_until_idle()
    while_suspended = state(engine, key)
    engine.resume_process_instance(key, by=SYSTEM)
    engine.run_until_idle()

    assert while_suspended is InstanceState.SUSPENDED
    assert state(engine, key) is InstanceState.COMPLETED


def test_the_jobs_of_a_suspended_instance_are_not_given_out(engine, deploy):
    key = begin(engine, deploy, WORK)

    engine.suspend_process_instance(key, by=SYSTEM)
    while_suspended = engine.activate_jobs("check", by=SYSTEM)
    engine.resume_process_instance(key, by=SYSTEM)

    assert while_suspended == []
    assert len(engine.activate_jobs("check", by=SYSTEM)) == 1


def test_a_task_of_a_suspended_instance_cannot_be_completed(engine, deploy):
    key = begin(engine, deploy, TWO)
    engine.suspend_process_instance(key, by=SYSTEM)
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items

    with pytest.raises(ProcessInstanceNotActive):
        engine.complete_user_task(task.key, by=SYSTEM, form=False)


def test_only_what_is_suspended_can_be_resumed(engine, deploy):
    key = begin(engine, deploy, TWO)

    with pytest.raises(Conflict, match="not suspended"):
        engine.resume_process_instance(key, by=SYSTEM)


def test_a_token_moves_to_another_element_with_variables_of_its_own(engine, deploy):
    key = begin(engine, deploy, TWO)

    effect = engine.modify_process_instance(
        key, move={live(engine, key)["first"]: "second"}, variables={"second": {"hint": "late"}}, by=SYSTEM
    )

    here = live(engine, key)
    assert set(here) == {"second"}
    assert effect.started == ("second",)
    assert [element for element, _ in effect.ended] == ["first"]
    values = {v.scope_key: v.value for v in engine.variables(key, by=SYSTEM) if v.name == "hint"}
    assert values == {here["second"]: "late"}


def test_a_token_moves_back_too(engine, deploy):
    key = begin(engine, deploy, TWO)
    engine.modify_process_instance(key, move={live(engine, key)["first"]: "second"}, by=SYSTEM)

    engine.modify_process_instance(key, move={live(engine, key)["second"]: "first"}, by=SYSTEM)

    assert set(live(engine, key)) == {"first"}


def test_a_preview_tells_what_would_happen_and_changes_nothing(engine, deploy):
    key = begin(engine, deploy, TWO)
    before = live(engine, key)

    effect = engine.modify_process_instance(key, cancel=[before["first"]], preview=True, by=SYSTEM)

    assert effect.instances_ended == (key,)
    assert live(engine, key) == before
    assert state(engine, key) is InstanceState.ACTIVE


def test_a_second_token_starts_beside_the_first(engine, deploy):
    key = begin(engine, deploy, TWO)

    engine.modify_process_instance(key, start=["second"], by=SYSTEM)

    assert set(live(engine, key)) == {"first", "second"}


def test_a_modification_that_makes_no_sense_is_refused_whole(engine, deploy):
    key, other = begin(engine, deploy, TWO), begin(engine, deploy, WORK)
    foreign = live(engine, other)["check"]

    for wrong in ({}, {"start": ["nowhere"]}, {"start": ["first"], "variables": {"second": {"a": 1}}}):
        with pytest.raises(InvalidInput):
            engine.modify_process_instance(key, by=SYSTEM, **wrong)
    with pytest.raises(ElementInstanceNotFound):
        engine.modify_process_instance(key, start=["second"], cancel=[foreign], by=SYSTEM)
    assert set(live(engine, key)) == {"first"}


def test_a_stuck_element_is_skipped_with_what_it_should_have_said(engine, deploy):
    key = begin(engine, deploy, WORK)
    (job,) = engine.activate_jobs("check", by=SYSTEM)
    engine.fail_job(job.key, retries=0, message="the service is gone", by=SYSTEM)

    engine.skip_element(job.element_instance_key, {"checked": True}, by=SYSTEM, reason="done by telephone")

    assert state(engine, key) is InstanceState.COMPLETED
    assert engine.incidents(by=SYSTEM).items == ()
    assert {v.name: v.value for v in engine.variables(key, by=SYSTEM)} == {"checked": True}


def test_every_repair_is_told_in_the_trail(engine, deploy, admin):
    key = begin(engine, deploy, TWO)

    engine.suspend_process_instance(key, by=admin, reason="audit")
    engine.resume_process_instance(key, by=admin)
    engine.modify_process_instance(key, move={live(engine, key)["first"]: "second"}, by=admin)
    engine.skip_element(live(engine, key)["second"], by=admin, reason="not needed")

    lines = engine.audit(AuditFilter(process_instance_key=key), by=admin).items
    told = {line.action for line in lines if line.actor == "admin"}
    assert told >= {
        "suspend-process-instance",
        "resume-process-instance",
        "modify-process-instance",
        "skip-element",
    }


def test_repair_needs_the_permission_to_operate(engine, deploy, account):
    anna = account("anna", permissions=["start"])
    key = begin(engine, deploy, TWO)
    here = live(engine, key)["first"]

    for refused in (
        lambda: engine.suspend_process_instance(key, by=anna),
        lambda: engine.modify_process_instance(key, start=["second"], by=anna),
        lambda: engine.skip_element(here, by=anna),
    ):
        with pytest.raises(PermissionDenied):
            refused()
