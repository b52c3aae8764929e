"""Batch operations: one repair of many instances, each its own transaction, none in the way of another."""

import pytest

from engine import (
    SYSTEM,
    Actor,
    AuditFilter,
    BatchItemFilter,
    BatchItemState,
    BatchOperationFilter,
    BatchOperationNotActive,
    BatchOperationNotFound,
    BatchOperationState,
    BatchOperationType,
    BatchRefusal,
    BatchRepair,
    BatchSelectionGrew,
    Channel,
    EverythingChosen,
    IncidentFilter,
    InstanceState,
    InvalidInput,
    NothingChosen,
    PermissionDenied,
    ProcessDefinitionNotFound,
    ProcessInstanceFilter,
    UserTaskFilter,
    VariableChange,
)

from .diagrams import end, multi_instance, node, process, service_task, start, user_task

TWO = process("two", start(), user_task("first"), user_task("second"), end(), flows="start>first>second>end")
TWO_AGAIN = process(
    "two", start(), user_task("first"), user_task("third"), end(), flows="start>first>third>end"
)
WORK = process("work", start(), service_task("check", "check", retries="1"), end(), flows="start>check>end")
CHOICE = process(
    "choice",
    start(),
    node("exclusiveGateway", "which"),
    user_task("high"),
    end(),
    flows="start>which; which>high [=amount > 10]; high>end",
)
CALLER = process(
    "caller",
    start(),
    node("callActivity", "call", "", '<zeebe:calledElement processId="work" />'),
    end(),
    flows="start>call>end",
)
CANCEL = BatchRepair(type=BatchOperationType.CANCEL_PROCESS_INSTANCE, reason="all wrong")
SUSPEND = BatchRepair(type=BatchOperationType.SUSPEND_PROCESS_INSTANCE)
RESUME = BatchRepair(type=BatchOperationType.RESUME_PROCESS_INSTANCE)
RETRY = BatchRepair(type=BatchOperationType.RESOLVE_INCIDENT)
SET = BatchRepair(type=BatchOperationType.UPDATE_VARIABLE, variables={"amount": 5})
MOVE = BatchRepair(type=BatchOperationType.MODIFY_PROCESS_INSTANCE, moves={"first": "second"})
OF_TWO = ProcessInstanceFilter(process_id="two")


def begin(engine, process_id, times=1, **variables):
    return [
        engine.start_process_instance(process_id, variables=variables, by=SYSTEM).key for _ in range(times)
    ]


def stuck(engine, times=1, process_id="work"):
    """Instances whose job has no retries left."""
    keys = begin(engine, process_id, times)
    for job in engine.activate_jobs("check", max_jobs=100, by=SYSTEM):
        engine.fail_job(job.key, retries=0, message="the service is gone", by=SYSTEM)
    return keys


def states(engine, keys):
    return [engine.process_instance(key, by=SYSTEM).state for key in keys]


def live(engine, key):
    elements = engine.element_instances(key, by=SYSTEM)
    return sorted(e.element_id for e in elements if not e.state.is_final and e.key != key)


def items(engine, batch, **more):
    wanted = BatchItemFilter(batch_operation_key=batch.key, **more)
    return engine.batch_operation_items(wanted, by=SYSTEM).items


def work_off(engine, repair, filter, by=SYSTEM, **more):
    batch = engine.create_batch_operation(repair, filter, by=by, **more)
    engine.run_until_idle()
    return engine.batch_operation(batch.key, by=SYSTEM)


# --- the kinds ------------------------------------------------------------------------------------------


def test_all_instances_of_a_filter_are_cancelled(engine, deploy):
    deploy(TWO, WORK)
    chosen, other = begin(engine, "two", 3), begin(engine, "work")

    batch = work_off(engine, CANCEL, OF_TWO)

    assert states(engine, chosen) == [InstanceState.TERMINATED] * 3
    assert states(engine, other) == [InstanceState.ACTIVE]
    assert (batch.state, batch.total, batch.completed, batch.failed) == (
        BatchOperationState.COMPLETED,
        3,
        3,
        0,
    )
    assert batch.ended_at is not None


def test_instances_are_suspended_and_resumed(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 2)

    work_off(engine, SUSPEND, OF_TWO)
    between = states(engine, keys)
    work_off(engine, RESUME, OF_TWO)

    assert between == [InstanceState.SUSPENDED] * 2
    assert states(engine, keys) == [InstanceState.ACTIVE] * 2


def test_variables_are_set_with_the_values_before_in_the_trail_of_each_instance(engine, deploy, admin):
    deploy(TWO)
    keys = begin(engine, "two", 2, amount=1)

    batch = work_off(engine, SET, OF_TWO, by=admin)

    for key in keys:
        assert {v.name: v.value for v in engine.variables(key, by=SYSTEM)} == {"amount": 5}
        (line,) = engine.audit(AuditFilter(process_instance_key=key, action="set-variables"), by=admin).items
        assert line.actor == "admin"
        assert line.details["before"] == {"amount": 1}
        assert line.details["batchOperationKey"] == str(batch.key)


def test_each_incident_is_an_item_and_is_retried_with_other_variables(engine, deploy):
    deploy(CHOICE)
    keys = begin(engine, "choice", 3, amount=1)
    repair = BatchRepair(type=BatchOperationType.RESOLVE_INCIDENT, variables={"amount": 11})

    batch = work_off(engine, repair, ProcessInstanceFilter(has_incident=True))

    assert [live(engine, key) for key in keys] == [["high"]] * 3
    assert engine.incidents(by=SYSTEM).total == 0
    assert {item.process_instance_key for item in items(engine, batch)} == set(keys)
    assert all(item.item_key != item.process_instance_key for item in items(engine, batch))


def test_jobs_without_retries_can_be_taken_again(engine, deploy):
    deploy(WORK)
    stuck(engine, 2)

    work_off(engine, RETRY, ProcessInstanceFilter(process_id="work"))

    assert len(engine.activate_jobs("check", max_jobs=5, by=SYSTEM)) == 2


def test_with_an_outermost_instance_the_incidents_of_those_it_called_are_retried(engine, deploy):
    deploy(CALLER, WORK)
    (key,) = stuck(engine, process_id="caller")

    batch = work_off(engine, RETRY, ProcessInstanceFilter(keys=(key,)))

    assert (batch.total, batch.completed) == (1, 1)
    assert engine.incidents(by=SYSTEM).total == 0


def test_tokens_move_from_one_element_to_another(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 2)

    work_off(engine, MOVE, OF_TWO)

    assert [live(engine, key) for key in keys] == [["second"]] * 2


def test_a_token_in_a_repeated_subprocess_moves_within_its_own_round(engine, deploy):
    inner = user_task("a") + user_task("b") + start("inner") + end("inner_end")
    flows = "".join(
        f'<bpmn:sequenceFlow id="{x}_{y}" sourceRef="{x}" targetRef="{y}"/>'
        for x, y in (("inner", "a"), ("a", "b"), ("b", "inner_end"))
    )
    rounds = node("subProcess", "rounds", inner + flows + multi_instance("=items", "item"))
    deploy(process("many", start(), rounds, end(), flows="start>rounds>end"))
    (key,) = begin(engine, "many", items=["x", "y"])
    repair = BatchRepair(type=BatchOperationType.MODIFY_PROCESS_INSTANCE, moves={"a": "b"})

    work_off(engine, repair, ProcessInstanceFilter(element_id="a"))

    running = [e for e in engine.element_instances(key, by=SYSTEM) if not e.state.is_final]
    assert sorted(e.element_id for e in running if e.element_id in "ab") == ["b", "b"]
    assert len({e.scope_key for e in running if e.element_id == "b"}) == 2


def test_instances_migrate_to_another_version(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 2)
    newer = deploy(TWO_AGAIN).processes[0].key
    repair = BatchRepair(type=BatchOperationType.MIGRATE_PROCESS_INSTANCE, target_definition_key=newer)

    (sample, _) = engine.preview_batch_operation(repair, OF_TWO, by=SYSTEM).sample
    batch = work_off(engine, repair, OF_TWO)

    assert sample.effect.migrated == (("first", "first"),)
    assert batch.completed == 2
    assert {engine.process_instance(key, by=SYSTEM).definition_key for key in keys} == {newer}
    with pytest.raises(NothingChosen, match=BatchRefusal.ALREADY_THERE):
        engine.create_batch_operation(repair, OF_TWO, by=SYSTEM)


def test_a_migration_that_is_not_possible_fails_its_item_with_the_problem(engine, deploy):
    deploy(TWO, WORK)
    begin(engine, "two")
    target = engine.latest_process_definition("work").key
    repair = BatchRepair(
        type=BatchOperationType.MIGRATE_PROCESS_INSTANCE, target_definition_key=target, mapping={}
    )

    (sample,) = engine.preview_batch_operation(repair, OF_TWO, by=SYSTEM).sample
    batch = work_off(engine, repair, OF_TWO)

    assert "cannot go on" in sample.error
    (failed,) = items(engine, batch, states=(BatchItemState.FAILED,))
    assert "cannot go on" in failed.error_message


def test_a_migration_to_a_definition_that_is_not_there_is_refused(engine, deploy):
    deploy(TWO)
    begin(engine, "two")
    repair = BatchRepair(type=BatchOperationType.MIGRATE_PROCESS_INSTANCE, target_definition_key=5)

    with pytest.raises(ProcessDefinitionNotFound):
        engine.create_batch_operation(repair, OF_TWO, by=SYSTEM)


# --- the choice -----------------------------------------------------------------------------------------


def test_the_preview_counts_tells_what_is_left_out_and_changes_nothing(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 3)
    engine.cancel_process_instance(keys[0], by=SYSTEM)

    preview = engine.preview_batch_operation(MOVE, ProcessInstanceFilter(keys=(*keys, 1)), by=SYSTEM)

    assert (preview.total, preview.instances) == (2, 2)
    assert preview.refused == {BatchRefusal.UNKNOWN: (1, 1), BatchRefusal.ENDED: (1, keys[0])}
    assert [one.effect.started for one in preview.sample] == [("second",)] * 2
    assert [live(engine, key) for key in keys[1:]] == [["first"]] * 2


def test_the_preview_shows_the_error_that_would_stop_an_item(engine, deploy):
    deploy(TWO)
    begin(engine, "two")
    nowhere = BatchRepair(type=BatchOperationType.MODIFY_PROCESS_INSTANCE, moves={"first": "nowhere"})

    (one,) = engine.preview_batch_operation(nowhere, OF_TWO, by=SYSTEM).sample

    assert one.effect is None
    assert "no element 'nowhere'" in one.error


@pytest.mark.parametrize(
    ("repair", "reason"),
    [(SUSPEND, BatchRefusal.CALLED), (RESUME, BatchRefusal.CALLED), (RETRY, BatchRefusal.NO_INCIDENT)],
)
def test_what_a_repair_does_not_fit_is_left_out_with_the_reason(engine, deploy, repair, reason):
    deploy(CALLER, WORK)
    begin(engine, "caller")

    with pytest.raises(NothingChosen, match=reason):
        engine.preview_batch_operation(repair, ProcessInstanceFilter(process_id="work"), by=SYSTEM)


def test_what_is_suspended_is_left_out_save_for_resuming_and_cancelling(engine, deploy):
    deploy(TWO)
    (key,) = begin(engine, "two")
    with pytest.raises(NothingChosen, match=BatchRefusal.NOT_SUSPENDED):
        engine.create_batch_operation(RESUME, OF_TWO, by=SYSTEM)
    engine.suspend_process_instance(key, by=SYSTEM)

    for repair in (SUSPEND, SET, MOVE):
        with pytest.raises(NothingChosen, match=BatchRefusal.SUSPENDED):
            engine.create_batch_operation(repair, OF_TWO, by=SYSTEM)
    assert work_off(engine, CANCEL, OF_TWO).completed == 1


def test_an_instance_without_a_token_at_the_source_is_left_out(engine, deploy):
    deploy(TWO)
    first, second = begin(engine, "two", 2)
    engine.modify_process_instance(second, start=["second"], by=SYSTEM)
    back = BatchRepair(type=BatchOperationType.MODIFY_PROCESS_INSTANCE, moves={"second": "first"})

    preview = engine.preview_batch_operation(back, OF_TWO, by=SYSTEM)

    assert preview.total == 1
    assert preview.refused == {BatchRefusal.NO_TOKEN: (1, first)}


def test_all_instances_are_meant_only_when_somebody_says_so(engine, deploy):
    deploy(TWO)
    begin(engine, "two", 2)

    for empty in (ProcessInstanceFilter(), ProcessInstanceFilter(except_keys=(7,), text="")):
        with pytest.raises(EverythingChosen):
            engine.create_batch_operation(CANCEL, empty, by=SYSTEM)
        with pytest.raises(EverythingChosen):
            engine.preview_batch_operation(CANCEL, empty, by=SYSTEM)
    assert work_off(engine, CANCEL, ProcessInstanceFilter(), everything=True).total == 2


def test_more_than_was_confirmed_is_not_touched(engine, deploy):
    deploy(TWO)
    begin(engine, "two", 2)

    with pytest.raises(BatchSelectionGrew):
        engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM, expected=1)

    assert engine.batch_operations(by=SYSTEM).total == 0


def test_a_choice_without_instances_makes_no_batch(engine, deploy):
    deploy(TWO)

    for nobody in (OF_TWO, ProcessInstanceFilter(keys=()), ProcessInstanceFilter(keys=(5,))):
        with pytest.raises(NothingChosen):
            engine.create_batch_operation(CANCEL, nobody, by=SYSTEM)


def test_a_list_of_too_many_keys_is_refused(engine):
    with pytest.raises(InvalidInput, match="at most"):
        engine.create_batch_operation(CANCEL, ProcessInstanceFilter(keys=tuple(range(5001))), by=SYSTEM)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("CANCEL_PROCESS_INSTANCE", {"variables": {"a": 1}}),
        ("SUSPEND_PROCESS_INSTANCE", {"moves": {"a": "b"}}),
        ("UPDATE_VARIABLE", {}),
        ("UPDATE_VARIABLE", {"variables": {"": 1}}),
        ("MODIFY_PROCESS_INSTANCE", {}),
        ("MODIFY_PROCESS_INSTANCE", {"moves": {"a": ""}}),
        ("MODIFY_PROCESS_INSTANCE", {"moves": {"a": "a"}}),
        ("MODIFY_PROCESS_INSTANCE", {"moves": {"a": "b"}, "mapping": {"a": "b"}}),
        ("CANCEL_PROCESS_INSTANCE", {"target_definition_key": 5}),
        ("MIGRATE_PROCESS_INSTANCE", {}),
    ],
)
def test_a_repair_with_parts_of_another_kind_or_without_its_own_is_refused(engine, deploy, kind, parts):
    deploy(TWO)
    begin(engine, "two")

    with pytest.raises(InvalidInput):
        engine.create_batch_operation(BatchRepair(type=BatchOperationType(kind), **parts), OF_TWO, by=SYSTEM)


def test_the_filter_finds_by_element_and_by_being_called(engine, deploy):
    deploy(TWO, CALLER, WORK)
    first, second = begin(engine, "two", 2)
    (caller,) = begin(engine, "caller")
    engine.modify_process_instance(second, start=["second"], by=SYSTEM)

    def found(**criteria):
        return {i.key for i in engine.process_instances(ProcessInstanceFilter(**criteria), by=SYSTEM).items}

    assert found(element_id="second") == {second}
    assert found(called=False) == {first, second, caller}
    assert found(called=True).isdisjoint({first, second, caller})
    assert found(process_id="two", except_keys=(first,)) == {second}


# --- items ----------------------------------------------------------------------------------------------


def test_a_failing_item_stops_no_other_and_tells_why(engine, deploy, admin):
    deploy(TWO)
    keys = begin(engine, "two", 3)
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=admin)
    engine.cancel_process_instance(keys[1], by=SYSTEM)

    engine.run_until_idle()

    done = engine.batch_operation(batch.key, by=SYSTEM)
    assert (done.state, done.completed, done.failed, done.remaining) == (
        BatchOperationState.COMPLETED,
        2,
        1,
        0,
    )
    (failed,) = items(engine, batch, states=(BatchItemState.FAILED,))
    assert (failed.item_key, failed.error_code) == (keys[1], "INVALID_STATE")
    assert "is terminated" in failed.error_message
    (line,) = engine.audit(AuditFilter(action="fail-batch-operation-item"), by=admin).items
    assert (line.actor, line.details["itemKey"]) == ("admin", str(keys[1]))


def test_items_act_with_the_rights_that_their_author_has_at_that_moment(engine, deploy, account):
    deploy(TWO)
    keys = begin(engine, "two", 2)
    anna = account("anna", permissions=["operate"])
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=anna)
    engine.remove_from_group("anna", "only-anna", by=SYSTEM)

    engine.run_until_idle()

    assert states(engine, keys) == [InstanceState.ACTIVE] * 2
    assert {item.error_code for item in items(engine, batch)} == {"FORBIDDEN"}


def test_items_act_in_the_name_and_on_the_channel_of_their_author(engine, deploy, admin):
    deploy(TWO)
    (key,) = begin(engine, "two")

    work_off(engine, CANCEL, OF_TWO, by=Actor(user_id="admin", channel=Channel.WEB))

    (line,) = engine.audit(
        AuditFilter(process_instance_key=key, action="cancel-process-instance"), by=admin
    ).items
    assert (line.actor, line.channel, line.details["reason"]) == ("admin", "web", "all wrong")


def test_a_batch_leaves_its_own_lines_and_the_trail_holds(engine, deploy, admin):
    deploy(TWO)
    begin(engine, "two", 2)

    batch = work_off(engine, CANCEL, OF_TWO, by=admin)

    lines = engine.audit(AuditFilter(subject_key=str(batch.key)), by=admin).items
    assert [line.action for line in lines] == ["complete-batch-operation", "create-batch-operation"]
    assert lines[1].details["items"] == 2
    assert lines[1].details["filter"] == {"process_id": "two"}
    assert engine.verify_audit(by=admin) == []


# --- the batch itself -----------------------------------------------------------------------------------


def test_a_suspended_batch_stands_still_until_it_is_resumed(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 2)
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM)

    engine.suspend_batch_operation(batch.key, by=SYSTEM)
    engine.run_until_idle()
    meanwhile = states(engine, keys)
    engine.resume_batch_operation(batch.key, by=SYSTEM)
    engine.run_until_idle()

    assert meanwhile == [InstanceState.ACTIVE] * 2
    assert states(engine, keys) == [InstanceState.TERMINATED] * 2


def test_a_cancelled_batch_gives_up_what_is_left_and_keeps_what_is_done(engine, deploy):
    deploy(TWO)
    keys = begin(engine, "two", 3)
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM)
    engine.run_until_idle(limit=1)

    engine.cancel_batch_operation(batch.key, by=SYSTEM)
    engine.run_until_idle()

    assert sorted(states(engine, keys)) == [InstanceState.ACTIVE] * 2 + [InstanceState.TERMINATED]
    ended = engine.batch_operation(batch.key, by=SYSTEM)
    assert (ended.state, ended.completed, ended.canceled) == (BatchOperationState.CANCELED, 1, 2)


def test_a_batch_is_suspended_resumed_and_cancelled_only_when_it_can_be(engine, deploy):
    deploy(TWO)
    begin(engine, "two")
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM)

    with pytest.raises(BatchOperationNotActive):
        engine.resume_batch_operation(batch.key, by=SYSTEM)
    engine.suspend_batch_operation(batch.key, by=SYSTEM)
    with pytest.raises(BatchOperationNotActive):
        engine.suspend_batch_operation(batch.key, by=SYSTEM)
    engine.cancel_batch_operation(batch.key, by=SYSTEM)
    for change in (
        engine.suspend_batch_operation,
        engine.resume_batch_operation,
        engine.cancel_batch_operation,
    ):
        with pytest.raises(BatchOperationNotActive, match="canceled"):
            change(batch.key, by=SYSTEM)


def test_an_unknown_batch_is_not_found(engine):
    for use in (
        engine.batch_operation,
        engine.suspend_batch_operation,
        engine.resume_batch_operation,
        engine.cancel_batch_operation,
    ):
        with pytest.raises(BatchOperationNotFound):
            use(5, by=SYSTEM)


def test_batch_operations_need_the_permission_to_operate(engine, deploy, account):
    deploy(TWO)
    begin(engine, "two")
    batch = engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM)
    anna = account("anna", permissions=["start"])

    for refused in (
        lambda: engine.preview_batch_operation(CANCEL, OF_TWO, by=anna),
        lambda: engine.create_batch_operation(CANCEL, OF_TWO, by=anna),
        lambda: engine.batch_operation(batch.key, by=anna),
        lambda: engine.batch_operations(by=anna),
        lambda: engine.batch_operation_items(by=anna),
        lambda: engine.suspend_batch_operation(batch.key, by=anna),
        lambda: engine.resume_batch_operation(batch.key, by=anna),
        lambda: engine.cancel_batch_operation(batch.key, by=anna),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_batches_are_listed_newest_first_and_by_kind_and_state(engine, deploy):
    deploy(TWO)
    begin(engine, "two", 2)
    done = work_off(engine, SUSPEND, OF_TWO)
    waiting = engine.create_batch_operation(CANCEL, OF_TWO, by=SYSTEM)

    def listed(**criteria):
        return [b.key for b in engine.batch_operations(BatchOperationFilter(**criteria), by=SYSTEM).items]

    assert listed() == [waiting.key, done.key]
    assert listed(states=(BatchOperationState.COMPLETED,)) == [done.key]
    assert listed(types=(BatchOperationType.CANCEL_PROCESS_INSTANCE,)) == [waiting.key]
    assert listed(actor="nobody") == []
    assert len(engine.batch_operation_items(BatchItemFilter(), by=SYSTEM).items) == 4


# --- previews of single repairs -------------------------------------------------------------------------


def test_every_single_repair_can_be_looked_at_before(engine, deploy, admin):
    deploy(TWO, CHOICE)
    (key,), (troubled,) = begin(engine, "two", amount=1), begin(engine, "choice", amount=1)
    (incident,) = engine.incidents(IncidentFilter(), by=SYSTEM).items

    suspended = engine.suspend_process_instance(key, by=admin, preview=True)
    cancelled = engine.cancel_process_instance(key, by=admin, preview=True)
    changed = engine.set_variables(key, {"amount": 2}, by=admin, preview=True)
    again = engine.resolve_incident(incident.key, by=admin, preview=True)
    mended = engine.resolve_incident(incident.key, variables={"amount": 11}, by=admin, preview=True)

    assert (suspended.instances_changed, suspended.user_tasks) == ((key,), 1)
    assert (cancelled.instances_ended, cancelled.user_tasks) == ((key,), 1)
    assert changed.variables == (VariableChange(name="amount", before=1, after=2),)
    assert [element for element, _ in again.incidents] == ["which"]
    assert mended.started == ("high",)
    assert mended.variables == (VariableChange(name="amount", before=1, after=11),)
    assert states(engine, [key, troubled]) == [InstanceState.ACTIVE] * 2
    assert engine.user_tasks(UserTaskFilter(), by=SYSTEM).total == 1
    lines = engine.audit(AuditFilter(actor="admin"), by=admin).items
    assert [line.action for line in lines] == []


def test_the_preview_of_a_retry_names_the_job_that_gets_one_more_attempt(engine, deploy):
    deploy(WORK)
    stuck(engine)
    (incident,) = engine.incidents(by=SYSTEM).items

    effect = engine.resolve_incident(incident.key, by=SYSTEM, preview=True)

    assert effect.retried == ("check",)
    assert engine.activate_jobs("check", by=SYSTEM) == []


def test_resuming_can_be_looked_at_before(engine, deploy):
    deploy(WORK)
    (key,) = begin(engine, "work")
    engine.suspend_process_instance(key, by=SYSTEM)

    effect = engine.resume_process_instance(key, by=SYSTEM, preview=True)

    assert (effect.instances_changed, effect.jobs) == ((key,), 1)
    assert states(engine, [key]) == [InstanceState.SUSPENDED]
