"""What a step did is written in one go, and comes back as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.errors import ElementInstanceNotFound, ProcessInstanceNotFound
from engine.model import ElementState, IncidentState, InstanceState, JobState, UserTaskState
from engine.runtime.changes import Changes, DecisionEvaluated, InstanceEnded, VariableSet
from engine.runtime.sources import UNLOADED
from engine.storage.variables import LARGE, VariableNotFound
from tests.storage.sample import (
    HOUR,
    NOW,
    add,
    end,
    finished,
    flow,
    incident,
    job,
    live_element,
    live_instance,
    message_subscription,
    signal_subscription,
    start,
    timer,
    user_task,
    write,
)


def variable(instance, name, value, scope_key=None):
    return VariableSet(
        process_instance_key=instance.key, scope_key=scope_key or instance.key, name=name, value=value
    )


def test_an_instance_comes_back_as_it_was_started(database):
    instance = start(database)

    with database.read() as view:
        stored = view.instances.get(instance.key)
        assert view.instances.live(instance.key) == instance

    assert (stored.state, stored.version, stored.process_id) == (InstanceState.ACTIVE, 1, "order")
    assert (stored.started_at, stored.started_by, stored.ended_at) == (NOW, "anna", None)
    assert stored.has_incident is False


def test_a_missing_instance_is_named(database):
    with database.read() as view, pytest.raises(ProcessInstanceNotFound, match="42"):
        view.instances.get(42)


def test_an_ended_instance_is_live_no_longer(database):
    instance = start(database)

    end(database, instance)

    with database.read() as view:
        assert view.instances.live(instance.key) is None
        assert view.instances.get(instance.key).state is InstanceState.COMPLETED
        assert view.instances.get(instance.key).ended_at == NOW + HOUR


def test_every_step_raises_the_version_of_what_it_touched_by_one(database):
    instance, other = start(database), start(database)

    add(database, instance, elements_started=[live_element, live_element], jobs_created=[job])

    with database.read() as view:
        assert view.instances.get(instance.key).version == 2
        assert view.instances.get(other.key).version == 1


def test_a_changed_instance_keeps_position_and_number_of_incidents(database):
    instance = start(database)

    with database.write() as unit:
        write(unit, instances_changed=[replace(instance, position=17, incidents=2)])

    with database.read() as view:
        assert view.instances.live(instance.key) == replace(instance, position=17, incidents=2)
        assert view.instances.get(instance.key).has_incident


def test_live_elements_come_back_by_key_with_their_data(database):
    instance = start(database)
    with database.write() as unit:
        one = live_element(unit, instance, data={"joined": {"flow-1": 2}, "share": Decimal("0.5")})
        other = live_element(unit, instance, element_id="pay", loop_counter=3)
        write(unit, elements_started=[one, other])
        one.state, one.data = ElementState.COMPLETING, {}
        write(unit, elements_changed=[one])

    with database.read() as view:
        assert view.tokens.of_instance(instance.key) == [one, other]
        assert view.tokens.process_instance_of(other.key) == instance.key
        assert view.tokens.counts(instance.definition_key) == {"approve": 1, "pay": 1}


def test_a_finished_element_moves_from_the_live_ones_to_history(database):
    instance = start(database)
    with database.write() as unit:
        element = live_element(unit, instance)
        write(unit, elements_started=[element])
    with database.write() as unit:
        write(unit, elements_ended=[finished(element)])

    with database.read() as view:
        assert view.tokens.of_instance(instance.key) == []
        assert view.history.element_instances(instance.key) == (finished(element),)
        assert view.history.completers(instance.key, ["approve"]) == {"anna"}


def test_history_shows_live_and_finished_elements_in_the_order_of_their_start(database):
    instance = start(database)
    with database.write() as unit:
        late = live_element(unit, instance, element_id="late", started_position=9)
        early = live_element(unit, instance, element_id="early", started_position=3)
        write(unit, elements_started=[late], elements_ended=[finished(early)])

    with database.read() as view:
        shown = view.history.element_instances(instance.key)
        assert [one.element_id for one in shown] == ["early", "late"]
        assert shown[1].ended_at is None
        assert view.history.element_instance(late.key) == shown[1]
        with pytest.raises(ElementInstanceNotFound):
            view.history.element_instance(1)
        page = view.history.search(instance.key, limit=1)
        following = view.history.search(instance.key, limit=1, cursor=page.next_cursor)
        assert (page.total, page.items, following.items) == (2, shown[:1], shown[1:])


def test_flows_taken_come_back_in_order(database):
    instance = start(database)
    with database.write() as unit:
        write(unit, flows_taken=[flow(instance, "b", 5), flow(instance, "a", 2)])

    with database.read() as view:
        assert [one.flow_id for one in view.history.flows_taken(instance.key)] == ["a", "b"]


def test_variables_come_back_by_scope_exact(database):
    instance = start(database)
    with database.write() as unit:
        write(
            unit,
            variables_set=[
                variable(instance, "price", Decimal("9007199254740993.01")),
                variable(instance, "nothing", None),
                variable(instance, "item", {"名称": ["a"]}, scope_key=77),
            ],
        )

    with database.read() as view:
        assert view.variables.load(instance.key) == {
            instance.key: {"price": Decimal("9007199254740993.01"), "nothing": None},
            77: {"item": {"名称": ["a"]}},
        }
        assert view.variables.of_scope(instance.key, ["nothing"]) == {"nothing": None}
        with pytest.raises(VariableNotFound, match="unknown"):
            view.variables.value(instance.key, "unknown")


def test_a_variable_that_is_set_again_keeps_its_key(database):
    instance = start(database)
    keys = []
    for value in (1, 2):
        with database.write() as unit:
            write(unit, variables_set=[variable(instance, "n", value)])
        with database.read() as view:
            [stored] = view.variables.of_instance(instance.key)
            keys.append(stored.key)

    assert keys[0] == keys[1]
    assert stored.value == 2


def test_a_large_value_is_read_only_when_asked_for(database):
    instance = start(database)
    with database.write() as unit:
        write(unit, variables_set=[variable(instance, "big", "x" * LARGE), variable(instance, "small", 1)])

    with database.read() as view:
        loaded = view.variables.load(instance.key)[instance.key]
        assert loaded["big"] is UNLOADED
        assert loaded["small"] == 1
        assert view.variables.value(instance.key, "big") == "x" * LARGE


def test_variables_of_a_finished_scope_are_history(database):
    instance = start(database)
    with database.write() as unit:
        write(unit, variables_set=[variable(instance, "a", 1, scope_key=77)])
    with database.write() as unit:
        write(
            unit,
            scopes_dropped=[77, 78],
            variables_ended=[
                variable(instance, "a", 2, scope_key=77),
                variable(instance, "b", 3, scope_key=78),
            ],
        )

    with database.read() as view:
        assert view.variables.load(instance.key) == {}
        assert {(v.scope_key, v.name): v.value for v in view.variables.of_instance(instance.key)} == {
            (77, "a"): 2,
            (78, "b"): 3,
        }


def test_a_completed_user_task_tells_by_whom_and_with_what_outcome(database):
    instance = start(database)
    [task] = add(database, instance, user_tasks_created=[user_task])["user_tasks_created"]

    with database.write() as unit:
        changes = Changes(user_tasks_completed=[task.key])
        unit.write_changes(changes, at=NOW + HOUR, by="ben", outcomes={task.key: "approve"})

    with database.read() as view:
        stored = view.user_tasks.get(task.key)
        assert stored.state is UserTaskState.COMPLETED
        assert (stored.completed_by, stored.completed_at) == ("ben", NOW + HOUR)
        assert (stored.outcome, stored.version) == ("approve", 2)
        assert view.user_tasks.open_of_instance(instance.key) == ()


def test_a_cancelled_user_task_was_completed_by_nobody(database):
    instance = start(database)
    [task] = add(database, instance, user_tasks_created=[user_task])["user_tasks_created"]

    with database.write() as unit:
        write(unit, user_tasks_cancelled=[task.key])

    with database.read() as view:
        stored = view.user_tasks.get(task.key)
        assert (stored.state, stored.completed_by) == (UserTaskState.CANCELED, None)
        assert stored.completed_at is None


def test_jobs_end_completed_or_cancelled(database):
    instance = start(database)
    one, other = add(database, instance, jobs_created=[job, job])["jobs_created"]

    with database.write() as unit:
        write(unit, jobs_completed=[one.key], jobs_cancelled=[other.key])

    with database.read() as view:
        assert view.jobs.get(one.key).state is JobState.COMPLETED
        assert view.jobs.get(other.key).state is JobState.CANCELED


def test_a_job_that_threw_an_error_stays_so_when_the_step_closes_it(database):
    instance = start(database)
    [one] = add(database, instance, jobs_created=[job])["jobs_created"]

    with database.write() as unit:
        unit.jobs.end(one.key, JobState.ERROR_THROWN, NOW, error_code="E")
        write(unit, jobs_cancelled=[one.key])

    with database.read() as view:
        assert view.jobs.get(one.key).state is JobState.ERROR_THROWN


def test_timers_and_subscriptions_open_and_close(database):
    instance = start(database)
    made = add(
        database,
        instance,
        timers_opened=[timer],
        message_subscriptions_opened=[message_subscription],
        signal_subscriptions_opened=[signal_subscription],
    )
    with database.read() as view:
        assert [one.key for one in view.timers.of_instance(instance.key)] == [made["timers_opened"][0].key]
        [message] = view.subscriptions.messages("paid", "o-1")
        [signal] = view.subscriptions.signals("stop")
        assert (message.process_id, message.root_process_instance_key) == ("order", instance.key)
        assert (signal.process_id, signal.process_instance_key) == ("order", instance.key)

    with database.write() as unit:
        write(
            unit,
            timers_closed=[one.key for one in made["timers_opened"]],
            message_subscriptions_closed=[message.key],
            signal_subscriptions_closed=[signal.key],
        )

    with database.read() as view:
        assert view.timers.of_instance(instance.key) == ()
        assert view.subscriptions.messages("paid", "o-1") == []
        assert view.subscriptions.signals("stop") == []


def test_an_incident_is_open_until_it_is_resolved(database):
    instance = start(database)
    [raised] = add(database, instance, incidents_raised=[incident])["incidents_raised"]
    with database.read() as view:
        [shown] = view.incidents.open_of_instance(instance.key)
        assert (shown.message, shown.hint, shown.state) == (
            "no condition holds",
            "add a default flow",
            IncidentState.ACTIVE,
        )

    with database.write() as unit:
        unit.write_changes(Changes(incidents_resolved=[raised.key]), at=NOW + HOUR, by="ben")

    with database.read() as view:
        assert view.incidents.open_of_instance(instance.key) == ()
        stored = view.incidents.get(raised.key)
        assert (stored.resolved_by, stored.resolved_at) == ("ben", NOW + HOUR)


def test_evaluated_decisions_are_kept_in_order(database):
    instance = start(database)

    def decided(decision_id):
        return DecisionEvaluated(
            decision_id=decision_id,
            decision_key=5,
            decision_version=1,
            process_instance_key=instance.key,
            element_id="decide",
            element_instance_key=6,
            evaluated_at=NOW,
            inputs={"amount": Decimal("10.50")},
            output=None,
            matched_rules=(2, 3),
            explanation=[],
        )

    with database.write() as unit:
        write(unit, decisions_evaluated=[decided("first"), decided("second")])

    with database.read() as view:
        logged = view.decisions.of_instance(instance.key)
        assert [one.decision_id for one in logged] == ["first", "second"]
        assert logged[0].inputs == {"amount": Decimal("10.50")}
        assert logged[0].matched_rules == (2, 3)


def test_a_called_instance_belongs_to_the_family_of_its_root(database):
    root = start(database)
    with database.write() as unit:
        definition = unit.definitions.process(root.definition_key)
        call = live_element(unit, root, element_id="call")
        child = live_instance(
            unit,
            definition,
            root_key=root.key,
            parent_key=root.key,
            parent_element_instance_key=call.key,
        )
        write(unit, elements_started=[call], instances_started=[child])

    with database.write() as unit:
        assert unit.instances.children_of(call.key) == [child.key]
        assert [one.key for one in unit.instances.family(root.key)] == [root.key, child.key]
        assert unit.instances.lock(child.key).root_key == root.key
        ended = InstanceEnded(key=child.key, state=InstanceState.TERMINATED, ended_at=NOW)
        write(unit, instances_ended=[ended])
        assert unit.instances.children_of(call.key) == []
