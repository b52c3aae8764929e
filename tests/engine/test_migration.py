"""Migration through the facade: rows, rights, people, messages, the trail; on both databases."""

from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    Conflict,
    ElementState,
    FourEyesViolation,
    IncidentFilter,
    InvalidInput,
    JobFilter,
    MigrationRefused,
    PermissionDenied,
    ProcessDefinitionNotFound,
    ProcessInstanceFilter,
    ProcessInstanceNotActive,
    Resource,
    StaleVersion,
    UserTaskFilter,
)

from .diagrams import (
    boundary,
    end,
    message,
    message_event,
    node,
    process,
    service_task,
    start,
    timer_event,
    user_task,
)

ONE = (start(), user_task("a", groups="buyers"), end())
TWO = (start(), user_task("a", groups="sellers"), user_task("b"), end())
REMINDED = boundary("late", "a", timer_event("Duration", "PT1H"))


@pytest.fixture
def one(deploy):
    """The first version."""
    return deploy(process("p", *ONE, flows="start>a>end")).processes[0]


@pytest.fixture
def two(one, deploy):
    """The second version, with a task `b` behind `a`."""
    return deploy(process("p", *TWO, flows="start>a>b>end")).processes[0]


def begin(engine, process_id="p", **values):
    return engine.start_process_instance(process_id, by=SYSTEM, **values)


def tasks(engine, instance):
    found = engine.user_tasks(UserTaskFilter(process_instance_key=instance.key), by=SYSTEM).items
    return {task.element_id: task for task in found}


def complete(engine, instance, element_id, by=SYSTEM, **values):
    return engine.complete_user_task(tasks(engine, instance)[element_id].key, values, by=by)


def test_an_instance_goes_on_to_the_end_of_its_new_version(engine, one, deploy):
    instance = begin(engine, variables={"n": 1})
    two = deploy(process("p", *TWO, flows="start>a>b>end")).processes[0]

    plan = engine.migrate_process_instance(instance.key, two.key, by=SYSTEM, reason="b was forgotten")

    seen = engine.process_instance(instance.key, by=SYSTEM)
    assert (seen.definition_key, seen.process_version, seen.version) == (two.key, 2, instance.version + 1)
    task = tasks(engine, instance)["a"]
    assert (task.definition_key, task.process_version, task.candidate_groups) == (two.key, 2, ("buyers",))
    assert [(e.element_id, e.target_id, e.count) for e in plan.elements] == [("a", "a", 1)]
    complete(engine, instance, "a", n=2)
    complete(engine, instance, "b")
    assert engine.process_instance(instance.key, by=SYSTEM).state == "COMPLETED"
    assert {v.name: v.value for v in engine.variables(instance.key, by=SYSTEM)} == {"n": 2}


def test_the_trail_tells_what_became_of_what(engine, one, deploy, admin):
    instance = begin(engine)
    nodes = (start(), user_task("c"), boundary("late", "c", timer_event("Duration", "PT1H")), end())
    two = deploy(process("p", *nodes, flows="start>c>end; late>end")).processes[0]

    engine.migrate_process_instance(instance.key, two.key, mapping={"a": "c"}, by=admin, reason="renamed")

    line = engine.timeline(instance.key, by=admin)[-1]
    assert (line.action, line.actor) == ("migrate-process-instance", "admin")
    assert line.details == {
        "fromProcess": "p v1",
        "toProcess": "p v2",
        "mapping": {"a": "c"},
        "kept": [],
        "closed": [],
        "opened": ["late"],
        "reason": "renamed",
    }
    assert engine.verify_audit(by=admin) == []


def test_a_preview_changes_nothing(engine, one, two):
    instance = begin(engine, version=1)

    plan = engine.migration_plan(instance.key, two.key, by=SYSTEM)
    refused = engine.migration_plan(instance.key, two.key, mapping={}, by=SYSTEM)

    assert plan.is_possible
    assert plan.mapping == {"a": "a"}
    assert [p.code for p in refused.problems] == ["ELEMENT_NOT_MAPPED"]
    assert engine.process_instance(instance.key, by=SYSTEM) == instance


def test_a_refusal_is_one_error_with_every_problem_and_changes_nothing(engine, one, deploy):
    instance = begin(engine)
    two = deploy(process("p", start(), user_task("x"), end(), flows="start>x>end")).processes[0]

    with pytest.raises(MigrationRefused) as refused:
        engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)

    assert isinstance(refused.value, Conflict)
    assert refused.value.code == "INVALID_STATE"
    assert [(p.code, p.element_id) for p in refused.value.problems] == [("ELEMENT_NOT_MAPPED", "a")]
    assert "'a'" in str(refused.value)
    assert engine.process_instance(instance.key, by=SYSTEM) == instance
    with pytest.raises(MigrationRefused) as refused:
        engine.migrate_process_instance(instance.key, two.key, mapping={"a": "y"}, by=SYSTEM)
    assert refused.value.code == InvalidInput.code


def test_it_needs_the_permission_to_operate(engine, one, two, account):
    instance = begin(engine, version=1)

    for ask in (engine.migrate_process_instance, engine.migration_plan):
        with pytest.raises(PermissionDenied):
            ask(instance.key, two.key, by=account("anna" + ask.__name__))
    engine.migrate_process_instance(instance.key, two.key, by=account("otto", permissions=["operate"]))


def test_it_is_refused_when_the_instance_has_changed_since_it_was_looked_at(engine, one, two):
    instance = begin(engine, version=1)
    engine.set_variables(instance.key, {"x": 1}, by=SYSTEM)

    with pytest.raises(StaleVersion):
        engine.migrate_process_instance(instance.key, two.key, version=instance.version, by=SYSTEM)


def test_only_a_running_instance_migrates_and_only_to_what_was_deployed_to_run(engine, one, two, deploy):
    ended, running = begin(engine, version=1), begin(engine, version=1)
    complete(engine, ended, "a")
    draft = deploy(process("p", *ONE, flows="start>a>end", name="draft"), draft=True).processes[0]

    with pytest.raises(ProcessInstanceNotActive):
        engine.migrate_process_instance(ended.key, two.key, by=SYSTEM)
    with pytest.raises(ProcessDefinitionNotFound):
        engine.migrate_process_instance(running.key, 4711, by=SYSTEM)
    with pytest.raises(MigrationRefused) as refused:
        engine.migrate_process_instance(running.key, draft.key, by=SYSTEM)
    assert [p.code for p in refused.value.problems] == ["TARGET_NOT_EXECUTABLE"]
    engine.suspend_process_instance(running.key, by=SYSTEM)
    with pytest.raises(ProcessInstanceNotActive):
        engine.migrate_process_instance(running.key, two.key, by=SYSTEM)


def test_a_task_that_somebody_has_open_can_still_be_handed_in(engine, one, two, account):
    anna = account("anna", groups=["buyers"])
    instance = begin(engine, version=1)
    task = engine.claim_user_task(tasks(engine, instance)["a"].key, by=anna)
    engine.save_draft(task.key, {"note": "half"}, by=anna)

    engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)

    assert engine.draft(task.key, by=anna).values == {"note": "half"}
    engine.complete_user_task(task.key, {}, version=task.version, by=anna)
    assert list(tasks(engine, instance)) == ["b"]


def test_timers_keep_their_due_time_and_fire_at_it(engine, clock, deploy):
    flows = "start>a>end; late>end"
    deploy(process("p", start(), user_task("a"), REMINDED, end(), flows=flows))
    instance = begin(engine)
    clock.advance(timedelta(minutes=50))
    two = deploy(
        process(
            "p", start(), user_task("a"), REMINDED, user_task("b"), end(), flows="start>a>end; late>b>end"
        )
    ).processes[0]

    engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)
    clock.advance(timedelta(minutes=9))
    engine.run_until_idle()
    assert list(tasks(engine, instance)) == ["a"]
    clock.advance(timedelta(minutes=1))
    engine.run_until_idle()

    assert list(tasks(engine, instance)) == ["b"]


def test_a_job_that_a_worker_holds_is_completed_under_the_new_version(engine, deploy):
    deploy(process("p", start(), service_task("s", "work"), end(), flows="start>s>end"))
    instance = begin(engine)
    [job] = engine.activate_jobs("work", worker="w", max_jobs=1, lock_time=timedelta(minutes=5), by=SYSTEM)
    nodes = (start(), service_task("t", "other"), user_task("b"), end())
    two = deploy(process("p", *nodes, flows="start>t>b>end")).processes[0]

    engine.migrate_process_instance(instance.key, two.key, mapping={"s": "t"}, by=SYSTEM)

    [moved] = engine.jobs(JobFilter(process_instance_key=instance.key), by=SYSTEM).items
    assert (moved.element_id, moved.type, moved.definition_key) == ("t", "work", two.key)
    engine.complete_job(job.key, worker="w", by=SYSTEM)
    assert list(tasks(engine, instance)) == ["b"]


def test_an_incident_goes_along_and_is_resolved_by_what_the_new_version_says(engine, deploy):
    def deciding(condition):
        flows = f"start>x; x>a [{condition}]; x>end [=false]"
        return deploy(
            process("p", start(), node("exclusiveGateway", "x"), user_task("a"), end(), flows=flows)
        ).processes[0]

    deciding("=missing")
    instance = begin(engine, variables={"there": True})
    two = deciding("=there")

    engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)

    [incident] = engine.incidents(IncidentFilter(process_instance_key=instance.key), by=SYSTEM).items
    assert (incident.element_id, incident.definition_key) == ("x", two.key)
    engine.resolve_incident(incident.key, by=SYSTEM)
    assert list(tasks(engine, instance)) == ["a"]


def test_four_eyes_hold_when_the_first_step_is_called_otherwise(engine, deploy, account):
    anna, bert = account("anna", groups=["buyers"]), account("bert", groups=["buyers"])

    def steps(first, second):
        rule = {"tenure__excludeActorsOf": first}
        nodes = (
            start(),
            user_task(first, groups="buyers"),
            user_task("wait", groups="buyers"),
            user_task(second, groups="buyers", **rule),
            end(),
        )
        return deploy(process("p", *nodes, flows=f"start>{first}>wait>{second}>end")).processes[0]

    steps("draft", "check")
    instance = begin(engine)
    complete(engine, instance, "draft", by=anna)
    mapping = {"wait": "wait", "draft": "write"}
    engine.migrate_process_instance(instance.key, steps("write", "approve").key, mapping=mapping, by=SYSTEM)
    complete(engine, instance, "wait", by=bert)

    with pytest.raises(FourEyesViolation):
        complete(engine, instance, "approve", by=anna)
    mapping = {"write": "prepare", "approve": "confirm"}
    engine.migrate_process_instance(instance.key, steps("prepare", "confirm").key, mapping=mapping, by=SYSTEM)
    with pytest.raises(FourEyesViolation):
        complete(engine, instance, "confirm", by=anna)
    complete(engine, instance, "confirm", by=bert)
    assert engine.process_instance(instance.key, by=SYSTEM).state == "COMPLETED"


def test_four_eyes_are_checked_again_when_the_rule_comes_with_the_new_version(engine, deploy, account):
    anna, bert = account("anna", groups=["buyers"]), account("bert", groups=["buyers"])
    nodes = (start(), user_task("draft", groups="buyers"), user_task("check", groups="buyers"), end())
    deploy(process("p", *nodes, flows="start>draft>check>end"))
    instance = begin(engine)
    complete(engine, instance, "draft", by=anna)
    strict = (*nodes[:2], user_task("check", groups="buyers", tenure__excludeActorsOf="draft"), end())
    two = deploy(process("p", *strict, flows="start>draft>check>end")).processes[0]

    engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)

    with pytest.raises(FourEyesViolation):
        complete(engine, instance, "check", by=anna)
    complete(engine, instance, "check", by=bert)


def test_the_caller_is_known_under_its_old_names_to_the_process_it_called(engine, deploy, account):
    anna, bert = account("anna", groups=["buyers"]), account("bert", groups=["buyers"])
    rule = {"tenure__excludeActorsOf": "parent:draft"}
    child = (start(), user_task("wait"), user_task("check", groups="buyers", **rule), end())
    deploy(process("child", *child, flows="start>wait>check>end"))

    def caller(first):
        called = node("callActivity", "call", "", '<zeebe:calledElement processId="child" />')
        return deploy(
            process(
                "p",
                start(),
                user_task(first, groups="buyers"),
                called,
                end(),
                flows=f"start>{first}>call>end",
            )
        ).processes[0]

    caller("draft")
    instance = begin(engine)
    complete(engine, instance, "draft", by=anna)
    mapping = {"call": "call", "draft": "write"}
    engine.migrate_process_instance(instance.key, caller("write").key, mapping=mapping, by=SYSTEM)
    [called] = engine.process_instances(ProcessInstanceFilter(parent_key=instance.key), by=SYSTEM).items
    complete(engine, called, "wait")

    with pytest.raises(FourEyesViolation):
        complete(engine, called, "check", by=anna)
    complete(engine, called, "check", by=bert)
    assert engine.process_instance(instance.key, by=SYSTEM).state == "COMPLETED"


def test_a_new_message_event_takes_what_was_published_before(engine, one, deploy):
    instance = begin(engine, variables={"id": "7"})
    engine.publish_message("stop", "7", time_to_live=timedelta(hours=1), by=SYSTEM)
    two = deploy(
        process(
            "p",
            start(),
            user_task("a"),
            boundary("stop", "a", message_event("m")),
            user_task("b"),
            end(),
            flows="start>a>end; stop>b>end",
            roots=message("m", "stop", "=id"),
        )
    ).processes[0]

    engine.migrate_process_instance(instance.key, two.key, by=SYSTEM)

    assert list(tasks(engine, instance)) == ["b"]


def by_message(process_id):
    return process(
        process_id,
        start("start", message_event("m")),
        user_task("a"),
        end(),
        flows="start>a>end",
        roots=message("m", f"begin {process_id}"),
    )


def test_of_a_process_that_a_message_starts_one_instance_runs_per_key(engine, deploy):
    deploy(by_message("old"))
    new = deploy(by_message("new")).processes[0]
    engine.publish_message("begin old", "7", by=SYSTEM)
    engine.publish_message("begin new", "7", by=SYSTEM)
    old, other = sorted(engine.process_instances(by=SYSTEM).items, key=lambda i: i.key)

    with pytest.raises(MigrationRefused) as refused:
        engine.migrate_process_instance(old.key, new.key, by=SYSTEM)
    assert [p.code for p in refused.value.problems] == ["MESSAGE_START_TAKEN"]
    complete(engine, other, "a")
    engine.publish_message("begin old", "7", time_to_live=timedelta(hours=1), by=SYSTEM)
    engine.migrate_process_instance(old.key, new.key, by=SYSTEM)

    states = [(i.process_id, i.state) for i in engine.process_instances(by=SYSTEM).items]
    assert sorted(states) == [("new", "ACTIVE"), ("new", "COMPLETED"), ("old", "ACTIVE")]
    engine.publish_message("begin new", "7", by=SYSTEM)
    assert len(engine.process_instances(by=SYSTEM).items) == 3


def test_history_stays_as_it_was_written(engine, one, deploy):
    instance = begin(engine)
    nodes = (start("begin"), user_task("c"), end())
    two = deploy(process("p", *nodes, flows="begin>c>end")).processes[0]

    engine.migrate_process_instance(instance.key, two.key, mapping={"a": "c"}, by=SYSTEM)
    complete(engine, instance, "c")

    found = engine.element_instances(instance.key, by=SYSTEM)
    assert [e.element_id for e in found] == ["p", "start", "c", "end"]
    assert {e.state for e in found} == {ElementState.COMPLETED}


def test_an_instance_may_go_to_another_process_and_back(engine, one, deploy):
    other = deploy(process("q", start(), user_task("x"), end(), flows="start>x>end")).processes[0]
    instance = begin(engine)

    engine.migrate_process_instance(instance.key, other.key, mapping={"a": "x"}, by=SYSTEM)
    seen = engine.process_instance(instance.key, by=SYSTEM)
    assert (seen.process_id, seen.process_version) == ("q", 1)
    engine.migrate_process_instance(instance.key, one.key, mapping={"x": "a"}, by=SYSTEM)
    complete(engine, instance, "a")

    assert engine.process_instance(instance.key, by=SYSTEM).state == "COMPLETED"


def test_a_file_name_is_told_with_a_problem(engine, one):
    resource = Resource(
        name="other.bpmn", content=process("p", start(), user_task("z"), end(), flows="start>z>end").content
    )
    two = engine.deploy([resource], by=SYSTEM).processes[0]

    [problem] = engine.migration_plan(begin(engine, version=1).key, two.key, by=SYSTEM).problems

    assert problem.file == "other.bpmn"
