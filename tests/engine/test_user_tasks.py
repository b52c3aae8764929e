"""Work for people: who may take it, hand it on, and complete it; and what the others are told."""

import json
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    FormInvalid,
    FourEyesViolation,
    InvalidInput,
    PermissionDenied,
    ProcessInstanceFilter,
    ProcessInstanceNotFound,
    Resource,
    StaleVersion,
    UserNotFound,
    UserTaskAlreadyClaimed,
    UserTaskAlreadyCompleted,
    UserTaskCancelled,
    UserTaskFilter,
    UserTaskNotFound,
    UserTaskState,
)

from .diagrams import end, multi_instance, node, process, start, user_task

APPROVAL = process(
    "approval", start(), user_task("approve", groups="buyers"), end(), flows="start>approve>end"
)
FOUR_EYES = process(
    "payment",
    start(),
    user_task("enter", groups="clerks"),
    user_task("check", groups="clerks", tenure__excludeActorsOf="enter"),
    end(),
    flows="start>enter>check>end",
)


def only_task(engine, element_id=None):
    (task,) = engine.user_tasks(UserTaskFilter(element_id=element_id), by=SYSTEM).items
    return task


@pytest.fixture
def anna(account):
    return account("anna", groups=["buyers", "clerks"])


@pytest.fixture
def bert(account):
    return account("bert", groups=["buyers", "clerks"])


@pytest.fixture
def approval(engine, deploy):
    """A running approval: answers its open task."""
    deploy(APPROVAL)
    engine.start_process_instance("approval", variables={"amount": 5}, business_key="B-1", by=SYSTEM)
    return only_task(engine)


def test_a_candidate_claims_completes_and_the_process_goes_on(engine, approval, anna):
    claimed = engine.claim_user_task(approval.key, by=anna)
    completed = engine.complete_user_task(approval.key, {"remark": "fine"}, by=anna)

    assert claimed.assignee == "anna"
    assert (completed.state, completed.completed_by) == (UserTaskState.COMPLETED, "anna")
    assert engine.user_task(approval.key, by=anna) == completed
    instance = engine.process_instance(approval.process_instance_key, by=SYSTEM)
    assert instance.state == "COMPLETED"
    values = {v.name: v.value for v in engine.variables(instance.key, by=SYSTEM)}
    assert values == {"amount": 5, "remark": "fine"}


def test_an_unassigned_task_may_be_completed_without_claiming_it_first(engine, approval, anna):
    engine.complete_user_task(approval.key, by=anna)

    assert engine.user_task(approval.key, by=anna).completed_by == "anna"


def test_who_was_quicker_is_told(engine, approval, anna, bert, clock):
    engine.complete_user_task(approval.key, by=anna)

    with pytest.raises(UserTaskAlreadyCompleted) as told:
        engine.complete_user_task(approval.key, by=bert)

    assert (told.value.by, told.value.at) == ("anna", clock.now())


def test_a_task_claimed_by_somebody_else_is_theirs(engine, approval, anna, bert):
    engine.claim_user_task(approval.key, by=anna)

    with pytest.raises(UserTaskAlreadyClaimed):
        engine.claim_user_task(approval.key, by=bert)
    with pytest.raises(UserTaskAlreadyClaimed):
        engine.complete_user_task(approval.key, by=bert)


def test_a_task_given_back_is_free_for_others(engine, approval, anna, bert):
    engine.claim_user_task(approval.key, by=anna)

    engine.unclaim_user_task(approval.key, by=anna)

    assert engine.claim_user_task(approval.key, by=bert).assignee == "bert"


def test_somebody_who_is_no_candidate_may_not_act_and_does_not_see_it(engine, approval, account):
    carl = account("carl")

    with pytest.raises(PermissionDenied, match="buyers"):
        engine.complete_user_task(approval.key, by=carl)
    with pytest.raises(UserTaskNotFound):
        engine.user_task(approval.key, by=carl)
    with pytest.raises(ProcessInstanceNotFound):
        engine.process_instance(approval.process_instance_key, by=carl)
    assert engine.user_tasks(by=carl).items == ()
    assert engine.process_instances(ProcessInstanceFilter(), by=carl).items == ()


def test_how_a_task_ended_is_told_only_to_those_it_concerns(engine, approval, anna, account):
    carl = account("carl")
    engine.complete_user_task(approval.key, by=anna)

    with pytest.raises(UserTaskNotFound):
        engine.complete_user_task(approval.key, by=carl)


def test_a_page_that_was_opened_before_the_last_change_is_refused(engine, approval, anna):
    engine.claim_user_task(approval.key, by=anna)

    with pytest.raises(StaleVersion):
        engine.complete_user_task(approval.key, by=anna, version=approval.version)


def test_a_task_whose_process_went_another_way_is_cancelled(engine, approval, anna):
    engine.cancel_process_instance(approval.process_instance_key, by=SYSTEM, reason="not needed")

    with pytest.raises(UserTaskCancelled):
        engine.complete_user_task(approval.key, by=anna)


def test_a_task_that_never_was_is_told(engine, anna):
    with pytest.raises(UserTaskNotFound):
        engine.claim_user_task(4711, by=anna)


def test_whoever_entered_a_payment_may_not_check_it(engine, deploy, anna, bert):
    deploy(FOUR_EYES)
    engine.start_process_instance("payment", by=SYSTEM)
    engine.complete_user_task(only_task(engine).key, by=anna)
    check = only_task(engine, "check")

    for attempt in (
        lambda: engine.claim_user_task(check.key, by=anna),
        lambda: engine.complete_user_task(check.key, by=anna),
        lambda: engine.assign_user_task(check.key, "anna", by=SYSTEM),
    ):
        with pytest.raises(FourEyesViolation):
            attempt()
    assert engine.user_tasks(UserTaskFilter(workable_by="anna"), by=anna).items == ()
    assert engine.complete_user_task(check.key, by=bert).completed_by == "bert"


def test_delegation_passes_through_the_same_check(engine, deploy, anna, bert):
    deploy(FOUR_EYES)
    engine.start_process_instance("payment", by=SYSTEM)
    engine.complete_user_task(only_task(engine).key, by=anna)
    check = only_task(engine, "check")
    engine.claim_user_task(check.key, by=bert)

    with pytest.raises(FourEyesViolation):
        engine.delegate_user_task(check.key, "anna", by=bert)


def test_who_completes_a_parallel_step_later_is_excluded_too(engine, deploy, anna, bert):
    split = node("parallelGateway", "split")
    join = node("parallelGateway", "join")
    diagram = process(
        "parallel",
        start(),
        split,
        user_task("draw", groups="clerks"),
        user_task("check", groups="clerks", tenure__excludeActorsOf="draw"),
        join,
        end(),
        flows="start>split>draw>join>end; split>check>join",
    )
    deploy(diagram)
    engine.start_process_instance("parallel", by=SYSTEM)
    check = only_task(engine, "check")
    engine.claim_user_task(check.key, by=anna)

    engine.complete_user_task(only_task(engine, "draw").key, by=anna)

    with pytest.raises(FourEyesViolation):
        engine.complete_user_task(check.key, by=anna)


def test_nobody_approves_twice_for_several_people(engine, deploy, anna, bert):
    approve = user_task(
        "approve",
        groups="buyers",
        tenure__excludeActorsOf="approve",
        inner=multi_instance("=[1, 2]", "level"),
    )
    deploy(process("twice", start(), approve, end(), flows="start>approve>end"))
    engine.start_process_instance("twice", by=SYSTEM)
    first, second = engine.user_tasks(by=SYSTEM).items

    engine.complete_user_task(first.key, by=anna)

    with pytest.raises(FourEyesViolation):
        engine.complete_user_task(second.key, by=anna)
    engine.complete_user_task(second.key, by=bert)
    assert engine.process_instance(first.process_instance_key, by=SYSTEM).state == "COMPLETED"


def test_the_starter_is_excluded_when_the_model_says_so(engine, deploy, account, anna):
    deploy(
        process(
            "request",
            start(),
            user_task("approve", groups="buyers", tenure__excludeActorsOf="start"),
            end(),
            flows="start>approve>end",
        )
    )
    dora = account("dora", groups=["buyers"], permissions=["start"])
    engine.start_process_instance("request", by=dora)

    with pytest.raises(FourEyesViolation):
        engine.complete_user_task(only_task(engine).key, by=dora)
    engine.complete_user_task(only_task(engine).key, by=anna)


def test_a_substitute_may_act_while_the_other_is_away(engine, approval, account, anna, clock):
    emil = account("emil")
    engine.claim_user_task(approval.key, by=anna)
    away = {"start": clock.now(), "end": clock.now() + timedelta(days=1)}

    with pytest.raises(UserTaskAlreadyClaimed):
        engine.complete_user_task(approval.key, by=emil)
    engine.set_absence("anna", "emil", **away, by=anna)

    assert engine.user_task(approval.key, by=emil).key == approval.key
    assert engine.complete_user_task(approval.key, by=emil).completed_by == "emil"


def test_an_operator_assigns_and_the_assignee_delegates(engine, approval, account, anna, bert):
    operator = account("operator", permissions=["operate"])

    engine.assign_user_task(approval.key, "anna", by=operator)
    handed = engine.delegate_user_task(approval.key, "bert", comment="please", by=anna)

    assert handed.assignee == "bert"
    with pytest.raises(UserTaskAlreadyClaimed, match="by bert"):
        engine.delegate_user_task(approval.key, "bert", by=anna)
    with pytest.raises(UserNotFound):
        engine.assign_user_task(approval.key, "nobody", by=operator)


def test_a_follow_up_date_and_a_priority_can_be_changed(engine, approval, account, anna, clock):
    operator = account("operator", permissions=["operate"])
    engine.claim_user_task(approval.key, by=anna)
    tomorrow = clock.now() + timedelta(days=1)

    engine.update_user_task(approval.key, follow_up_at=tomorrow, by=anna)
    engine.update_user_task(approval.key, priority=90, candidate_groups=["clerks"], by=operator)

    task = engine.user_task(approval.key, by=anna)
    assert (task.follow_up_at, task.priority, task.candidate_groups) == (tomorrow, 90, ("clerks",))
    with pytest.raises(PermissionDenied):
        engine.update_user_task(approval.key, priority=1, by=anna)
    with pytest.raises(InvalidInput, match="from 0 to 100"):
        engine.update_user_task(approval.key, priority=101, by=operator)


# --- forms and decisions -------------------------------------------------------------------------

FORM = Resource(
    name="order.form",
    content=json.dumps(
        {
            "type": "default",
            "schemaVersion": 16,
            "id": "order",
            "components": [
                {"type": "number", "key": "amount", "id": "a", "validate": {"required": True, "min": 1}},
                {"type": "textfield", "key": "remark", "id": "b"},
            ],
        }
    ).encode(),
)
WITH_FORM = process(
    "order",
    start(),
    user_task("approve", groups="buyers", form="order", tenure__outcomes="approve,reject"),
    end(),
    end("rejected"),
    node("exclusiveGateway", "which", default="flow_0_2"),
    flows='start>approve>which>end; which>rejected [=outcome = "reject"]',
)


@pytest.fixture
def order(engine, deploy):
    deploy(WITH_FORM, FORM)
    engine.start_process_instance("order", by=SYSTEM)
    return only_task(engine)


def test_what_was_typed_is_checked_and_typed_by_the_form(engine, order, anna):
    engine.complete_user_task(order.key, {"amount": "12", "secret": 1}, outcome="reject", by=anna)

    values = {v.name: v.value for v in engine.variables(order.process_instance_key, by=SYSTEM)}
    assert values["amount"] == 12
    assert "secret" not in values
    ended = {e.element_id for e in engine.element_instances(order.process_instance_key, by=SYSTEM)}
    assert "rejected" in ended


def test_a_wrong_value_is_told_at_its_field_and_changes_nothing(engine, order, anna):
    with pytest.raises(FormInvalid) as invalid:
        engine.complete_user_task(order.key, {"amount": "many"}, outcome="approve", by=anna)

    assert set(invalid.value.errors) == {"amount"}
    assert engine.user_task(order.key, by=anna).state is UserTaskState.CREATED


@pytest.mark.parametrize("outcome", [None, "perhaps"])
def test_a_decision_must_be_one_of_those_drawn(engine, order, anna, outcome):
    with pytest.raises(InvalidInput, match="approve, reject"):
        engine.complete_user_task(order.key, {"amount": 1}, outcome=outcome, by=anna)


def test_only_operators_complete_past_the_form(engine, order, anna, account):
    operator = account("operator", groups=["buyers"], permissions=["operate"])

    with pytest.raises(PermissionDenied):
        engine.complete_user_task(order.key, {"any": 1}, outcome="approve", form=False, by=anna)
    engine.complete_user_task(order.key, {"any": 1}, outcome="approve", form=False, by=operator)

    values = {v.name: v.value for v in engine.variables(order.process_instance_key, by=SYSTEM)}
    assert values["any"] == 1


def test_the_form_and_the_variables_of_a_task_are_there_for_the_page(engine, order, anna):
    form = engine.user_task_form(order.key, by=anna)

    assert form.form_id == "order"
    assert engine.user_task_variables(order.key, by=anna) == {}


def test_a_task_keeps_the_form_version_it_was_created_with(engine, order, deploy, anna):
    other = json.loads(FORM.content)
    other["components"].append(
        {"type": "textfield", "key": "reason", "id": "c", "validate": {"required": True}}
    )
    deploy(Resource(name="order.form", content=json.dumps(other).encode()))

    engine.complete_user_task(order.key, {"amount": 1}, outcome="approve", by=anna)

    assert engine.user_task(order.key, by=anna).completed_by == "anna"


# --- drafts and comments -------------------------------------------------------------------------


def test_a_draft_is_kept_per_person_and_gone_when_the_task_is_done(engine, approval, anna, bert):
    engine.save_draft(approval.key, {"remark": "half a sen"}, by=anna)
    engine.save_draft(approval.key, {"remark": "half a sentence"}, by=anna)

    assert engine.draft(approval.key, by=anna).values == {"remark": "half a sentence"}
    assert engine.draft(approval.key, by=bert) is None
    engine.complete_user_task(approval.key, by=bert)
    assert engine.draft(approval.key, by=anna) is None


def test_a_draft_can_be_thrown_away(engine, approval, anna):
    engine.save_draft(approval.key, {"remark": "x"}, by=anna)

    engine.discard_draft(approval.key, by=anna)

    assert engine.draft(approval.key, by=anna) is None


def test_comments_are_read_by_those_who_see_the_task(engine, approval, anna, account):
    engine.add_comment(approval.key, "looks good", by=anna)
    carl = account("carl")

    assert [c.text for c in engine.comments(approval.key, by=anna)] == ["looks good"]
    with pytest.raises(UserTaskNotFound):
        engine.comments(approval.key, by=carl)
    with pytest.raises(InvalidInput):
        engine.add_comment(approval.key, "  ", by=anna)


# --- the trail -----------------------------------------------------------------------------------


def test_every_change_leaves_a_line_and_the_chain_holds(engine, approval, anna, bert, admin):
    engine.claim_user_task(approval.key, by=anna)
    engine.add_comment(approval.key, "mine", by=anna)
    engine.delegate_user_task(approval.key, "bert", by=anna)
    engine.complete_user_task(approval.key, {"price": 5}, by=bert)

    lines = engine.timeline(approval.process_instance_key, by=bert)

    assert [(line.action, line.actor) for line in lines] == [
        ("start-process-instance", "system"),
        ("claim-user-task", "anna"),
        ("add-comment", "anna"),
        ("delegate-user-task", "anna"),
        ("complete-user-task", "bert"),
    ]
    assert "price" in lines[-1].details["variables"]
    assert engine.verify_audit(by=admin) == []
