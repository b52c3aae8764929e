"""Batch operations as Camunda's clients send them: by the Python client, and what is refused."""

import base64

import pytest

from engine import SYSTEM, InstanceState, ProcessInstanceFilter
from tests.engine.diagrams import end, process, service_task, start, user_task
from tests.serving import served
from webui import WebSettings, create_app

camunda = pytest.importorskip("camunda_orchestration_sdk")

TWO = process("two", start(), user_task("first"), user_task("second"), end(), flows="start>first>second>end")
WORK = process("work", start(), service_task("check", "check", retries="1"), end(), flows="start>check>end")
THREE = process("two", start(), user_task("first"), user_task("third"), end(), flows="start>first>third>end")
PASSWORD = "correct horse"
CREATING = ["cancellation", "incident-resolution", "modification", "suspension", "resumption", "migration"]


@pytest.fixture
def database_url(sqlite_url):
    """The API asks the facade only; the facade is tested on both databases elsewhere."""
    return sqlite_url


@pytest.fixture
def app(engine, account, deploy):
    account("olga", permissions=["operate"])
    account("anna", permissions=["start"])
    deploy(TWO, WORK)
    return create_app(engine, WebSettings(secret_key=b"s" * 32))


@pytest.fixture
def call(app, engine, monkeypatch):
    """`call("/batch-operations/search", {...})` posts as the operator; without a body it gets. Passwords are
    not looked at: that is slow on purpose, and tested elsewhere."""
    monkeypatch.setattr(engine, "authenticate", lambda user_id, password, ip: engine.user(user_id))
    client = app.test_client()

    def call(path, body=None, user="olga", method=None):
        credentials = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        return client.open(
            f"/v2{path}",
            method=method or ("GET" if body is None else "POST"),
            json=body,
            headers={"Authorization": f"Basic {credentials}"},
        )

    return call


def begin(engine, process_id="two", times=1, **more):
    return [engine.start_process_instance(process_id, by=SYSTEM, **more).key for _ in range(times)]


def stuck(engine, times=1):
    keys = begin(engine, "work", times)
    for job in engine.activate_jobs("check", max_jobs=100, by=SYSTEM):
        engine.fail_job(job.key, retries=0, message="the service is gone", by=SYSTEM)
    return keys


def states(engine, keys):
    return [engine.process_instance(key, by=SYSTEM).state for key in keys]


def test_camundas_client_creates_watches_and_searches_batches(app, engine):
    engine.set_password("olga", PASSWORD, by=SYSTEM)
    keys = begin(engine, times=3)
    troubled = stuck(engine)
    basic = {
        "CAMUNDA_AUTH_STRATEGY": "BASIC",
        "CAMUNDA_BASIC_AUTH_USERNAME": "olga",
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
        "CAMUNDA_SDK_LOG_LEVEL": "silent",
    }
    two = camunda.models.ProcessInstanceCancellationBatchOperationRequestFilter(process_definition_id="two")
    with (
        served(app) as address,
        camunda.CamundaClient(configuration={"CAMUNDA_REST_ADDRESS": f"{address}/v2", **basic}) as client,
    ):
        moved = client.modify_process_instances_batch_operation(
            data=camunda.models.ProcessInstanceModificationBatchOperationRequest(
                filter_=two,
                move_instructions=[
                    camunda.models.ProcessInstanceModificationMoveBatchOperationInstruction(
                        source_element_id="first", target_element_id="second"
                    )
                ],
            )
        )
        engine.run_until_idle()
        resolved = client.resolve_process_instance_incidents(process_instance_key=str(troubled[0]))
        cancelled = client.cancel_process_instances_batch_operation(
            data=camunda.models.ProcessInstanceCancellationBatchOperationRequest(filter_=two)
        )
        client.suspend_batch_operation(batch_operation_key=cancelled.batch_operation_key)
        engine.run_until_idle()
        waiting = client.get_batch_operation(
            batch_operation_key=cancelled.batch_operation_key, consistency=None
        )
        client.resume_batch_operation(batch_operation_key=cancelled.batch_operation_key)
        engine.run_until_idle()
        done = client.get_batch_operation(batch_operation_key=cancelled.batch_operation_key, consistency=None)
        found = client.search_batch_operations(
            data=camunda.models.BatchOperationSearchQuery(), consistency=None
        )
        items = client.search_batch_operation_items(
            data=camunda.models.BatchOperationItemSearchQuery(), consistency=None
        )

    assert moved.batch_operation_type == "MODIFY_PROCESS_INSTANCE"
    assert resolved.batch_operation_type == "RESOLVE_INCIDENT"
    assert (waiting.state, waiting.operations_completed_count) == ("SUSPENDED", 0)
    assert (done.state, done.operations_total_count, done.operations_completed_count) == ("COMPLETED", 3, 3)
    assert done.actor_id == "olga"
    assert len(found.items) == 3
    assert {int(i.process_instance_key) for i in items.items} == {*keys, *troubled}
    assert states(engine, keys) == [InstanceState.TERMINATED] * 3


def test_instances_are_suspended_and_resumed(call, engine):
    keys = begin(engine, times=2)

    call("/process-instances/suspension", {"filter": {"processDefinitionId": "two"}})
    engine.run_until_idle()
    between = states(engine, keys)
    answer = call("/process-instances/resumption", {"filter": {"state": "SUSPENDED"}})
    engine.run_until_idle()

    assert answer.json["batchOperationType"] == "RESUME_PROCESS_INSTANCE"
    assert between == [InstanceState.SUSPENDED] * 2
    assert states(engine, keys) == [InstanceState.ACTIVE] * 2


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (lambda keys: {"processInstanceKey": str(keys[0])}, [0]),
        (lambda keys: {"processInstanceKey": {"$in": [str(keys[0]), str(keys[1])]}}, [0, 1]),
        (lambda keys: {"processInstanceKey": {"$notIn": [str(keys[0])]}, "state": "ACTIVE"}, [1, 2]),
        (lambda keys: {"businessId": "b"}, [1]),
        (lambda keys: {"businessId": {"$eq": "b"}, "processDefinitionVersion": 1}, [1]),
        (lambda keys: {"elementId": "second"}, []),
        (lambda keys: {"hasIncident": False}, [0, 1, 2]),
        (lambda keys: {"parentProcessInstanceKey": {"$exists": False}}, [0, 1, 2]),
        (
            lambda keys: {"startDate": {"$gte": "2026-03-02T08:00:00Z", "$lt": "2026-03-02T08:00:01Z"}},
            [0, 1, 2],
        ),
        (lambda keys: {"startDate": {"$gt": "2026-03-02T08:00:00Z"}}, []),
        (lambda keys: {"state": {"$in": ["ACTIVE", "SUSPENDED"]}, "tenantId": "<default>"}, [0, 1, 2]),
    ],
)
def test_the_filter_chooses_what_it_says(call, engine, criteria, expected):
    keys = [*begin(engine, business_key="a"), *begin(engine, business_key="b"), *begin(engine)]

    created = call("/process-instances/cancellation", {"filter": criteria(keys)})
    items = call(
        "/batch-operation-items/search",
        {"filter": {"batchOperationKey": created.json["batchOperationKey"]}},
    )

    assert {int(item["itemKey"]) for item in items.json["items"]} == {keys[n] for n in expected}


def test_a_choice_that_fits_nothing_is_a_batch_without_items(call, engine):
    key = call("/process-instances/cancellation", {"filter": {"processDefinitionId": "two"}}).json[
        "batchOperationKey"
    ]
    engine.run_until_idle()

    batch = call(f"/batch-operations/{key}").json

    assert (batch["state"], batch["operationsTotalCount"]) == ("COMPLETED", 0)


REFUSED = [
    {},
    {"filter": None},
    {"filter": {}},
    {"filter": {"processDefinitionId": None}},
    {"filter": {"variables": [{"name": "a", "value": "1"}]}},
    {"filter": {"$or": [{"state": "ACTIVE"}]}},
    {"filter": {"processDefinitionId": {"$like": "*"}}},
    {"filter": {"processDefinitionId": 5}},
    {"filter": {"processInstanceKey": "abc"}},
    {"filter": {"processInstanceKey": {"$in": "1"}}},
    {"filter": {"state": "SLEEPING"}},
    {"filter": {"hasIncident": "yes"}},
    {"filter": {"processDefinitionVersion": True}},
    {"filter": {"startDate": "yesterday"}},
    {"filter": {"parentProcessInstanceKey": {"$exists": 1}}},
    {"filter": {"tenantId": "other"}},
    {"filter": {"tenantId": "<default>"}},
]


def test_a_filter_that_is_not_understood_or_means_everything_changes_nothing(call, engine):
    (key,) = begin(engine)

    for path in CREATING:
        for body in REFUSED:
            answer = call(f"/process-instances/{path}", {**PLANS, **body})
            assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), body

    assert engine.batch_operations(by=SYSTEM).total == 0
    assert states(engine, [key]) == [InstanceState.ACTIVE]


MOVES = [{"sourceElementId": "first", "targetElementId": "second"}]


PLANS = {
    "moveInstructions": MOVES,
    "migrationPlan": {"targetProcessDefinitionKey": "5", "mappingInstructions": MOVES},
}


def test_a_migration_needs_a_whole_plan_and_a_definition_that_is_there(call, engine):
    begin(engine)
    target = {"targetProcessDefinitionKey": "5"}
    for plan in (
        None,
        {},
        [],
        {"mappingInstructions": MOVES},
        target,
        {**target, "mappingInstructions": ["a"]},
    ):
        body = {"filter": {"processDefinitionId": "two"}, "migrationPlan": plan}
        assert call("/process-instances/migration", body).status_code == 400, plan

    body = {"filter": {"processDefinitionId": "two"}, "migrationPlan": PLANS["migrationPlan"]}
    assert call("/process-instances/migration", body).status_code == 404


def test_instances_migrate_by_a_plan(call, engine, deploy):
    (key,) = begin(engine)
    target = deploy(THREE).processes[0].key
    same = [{"sourceElementId": "first", "targetElementId": "first"}]
    plan = {"targetProcessDefinitionKey": str(target), "mappingInstructions": same}

    answer = call(
        "/process-instances/migration", {"filter": {"processInstanceKey": str(key)}, "migrationPlan": plan}
    )
    engine.run_until_idle()

    assert answer.json["batchOperationType"] == "MIGRATE_PROCESS_INSTANCE"
    assert engine.process_instance(key, by=SYSTEM).definition_key == target


def test_a_modification_needs_whole_moves(call, engine):
    begin(engine)
    for moves in (
        None,
        [],
        "first",
        ["first"],
        [{"sourceElementId": "first"}],
        MOVES * 2,
        [{**MOVES[0], "targetElementId": ""}],
    ):
        answer = call(
            "/process-instances/modification",
            {"filter": {"processDefinitionId": "two"}, "moveInstructions": moves},
        )

        assert answer.status_code == 400, moves


def test_failed_items_are_found_with_their_reason(call, engine):
    keys = begin(engine, times=2)
    batch = call("/process-instances/cancellation", {"filter": {"processDefinitionId": "two"}}).json
    engine.cancel_process_instance(keys[0], by=SYSTEM)
    engine.run_until_idle()

    found = call(
        "/batch-operation-items/search",
        {
            "filter": {"batchOperationKey": batch["batchOperationKey"], "state": "FAILED"},
            "sort": [{"field": "processedDate", "order": "DESC"}],
        },
    ).json

    (item,) = found["items"]
    assert item["itemKey"] == str(keys[0])
    assert "is terminated" in item["errorMessage"]
    assert found["page"]["totalItems"] == 1


def test_batches_come_in_pages(call, engine):
    begin(engine)
    for _ in range(3):
        call("/process-instances/cancellation", {"filter": {"processDefinitionId": "two"}})

    first = call("/batch-operations/search", {"page": {"limit": 2}}).json
    second = call(
        "/batch-operations/search", {"page": {"limit": 2, "after": first["page"]["endCursor"]}}
    ).json
    offset = call("/batch-operations/search", {"page": {"from": 2, "limit": 2}}).json

    assert [len(page["items"]) for page in (first, second, offset)] == [2, 1, 1]
    assert second["items"] == offset["items"]
    assert (first["page"]["totalItems"], second["page"]["endCursor"]) == (3, None)


NOT_UNDERSTOOD = [
    {"page": []},
    {"page": {"limit": -1}},
    {"page": {"limit": True}},
    {"page": {"before": "x"}},
    {"page": {"after": 5}},
    {"page": {"after": "no cursor"}},
    {"sort": [{"field": "colour"}]},
    {"sort": [{"field": "state", "order": "up"}]},
    {"sort": [{"field": "state"}, {"field": "batchOperationKey"}]},
    {"filter": []},
    {"filter": {"actorType": "USER"}},
    {"filter": {"state": "SLEEPING"}},
    {"filter": {"operationType": {"$like": "CANCEL*"}}},
]


def test_a_search_that_is_not_understood_is_refused(call):
    for path in ("/batch-operations/search", "/batch-operation-items/search"):
        for body in NOT_UNDERSTOOD:
            assert call(path, body).status_code == 400, body


def test_an_unknown_batch_is_not_found(call):
    for key in ("5", "653ed5e6-49ed-4675-85bf-2c54a94d8180", "9" * 30):
        assert call(f"/batch-operations/{key}").status_code == 404
        for change in ("suspension", "resumption", "cancellation"):
            assert call(f"/batch-operations/{key}/{change}", method="POST").status_code == 404


def test_a_batch_that_is_over_cannot_be_changed(call, engine):
    begin(engine)
    key = call("/process-instances/cancellation", {"filter": {"processDefinitionId": "two"}}).json[
        "batchOperationKey"
    ]

    assert call(f"/batch-operations/{key}/cancellation", method="POST").status_code == 204
    for change in ("suspension", "resumption", "cancellation"):
        answer = call(f"/batch-operations/{key}/{change}", method="POST")
        assert (answer.status_code, answer.json["title"]) == (409, "INVALID_STATE")


def test_the_incidents_of_an_unknown_instance_are_not_found(call):
    assert call("/process-instances/5/incident-resolution", method="POST").status_code == 404
    assert call("/process-instances/abc/incident-resolution", method="POST").status_code == 400


def live(engine, key):
    elements = engine.element_instances(key, by=SYSTEM)
    return {e.element_id: e.key for e in elements if not e.state.is_final and e.key != key}


def test_one_instance_is_cancelled(call, engine):
    (key,) = begin(engine)

    assert call(f"/process-instances/{key}/cancellation", method="POST").status_code == 204
    assert states(engine, [key]) == [InstanceState.TERMINATED]
    again = call(f"/process-instances/{key}/cancellation", {})
    assert (again.status_code, again.json["title"]) == (409, "INVALID_STATE")
    assert call("/process-instances/5/cancellation", {}).status_code == 404


def test_the_tokens_of_one_instance_are_moved_started_and_ended(call, engine):
    (key,) = begin(engine)
    path = f"/process-instances/{key}/modification"
    by_id = {"sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "first"}}
    values = {"variableInstructions": [{"variables": {"hint": 1}, "scopeId": "second"}]}

    moved = call(path, {"moveInstructions": [{**by_id, "targetElementId": "second", **values}]})
    after_move = set(live(engine, key))
    started = call(path, {"activateInstructions": [{"elementId": "first"}]})
    here = live(engine, key)
    ended = call(path, {"terminateInstructions": [{"elementInstanceKey": str(here["second"])}]})

    assert [answer.status_code for answer in (moved, started, ended)] == [204, 204, 204]
    assert after_move == {"second"}
    assert set(here) == {"first", "second"}
    assert set(live(engine, key)) == {"first"}


def test_a_change_of_tokens_that_is_not_understood_changes_nothing(call, engine):
    (key,) = begin(engine)
    source = {"sourceElementInstruction": {"sourceElementId": "first"}, "targetElementId": "second"}
    local = {"variables": {"a": 1}, "scopeId": "second"}
    for body in (
        {},
        {"activateInstructions": "first"},
        {"activateInstructions": [{}]},
        {"activateInstructions": [{"elementId": "nowhere"}]},
        {"activateInstructions": [{"elementId": "second", "ancestorElementInstanceKey": "5"}]},
        {
            "activateInstructions": [
                {"elementId": "second", "variableInstructions": [{"variables": {"a": 1}}]}
            ]
        },
        {"activateInstructions": [{"elementId": "second", "variableInstructions": [{"scopeId": "second"}]}]},
        {"activateInstructions": [{"elementId": "second", "variableInstructions": [local, local]}]},
        {"moveInstructions": [{"targetElementId": "second"}]},
        {"moveInstructions": [{**source, "targetElementId": ""}]},
        {"moveInstructions": [{**source, "ancestorScopeInstruction": {"ancestorScopeType": "direct"}}]},
        {"moveInstructions": [{**source, "sourceElementInstruction": {"sourceElementId": "second"}}]},
        {"terminateInstructions": [{"elementId": "second"}]},
    ):
        assert call(f"/process-instances/{key}/modification", body).status_code == 400, body

    assert set(live(engine, key)) == {"first"}


def test_repair_of_one_instance_needs_the_permission_to_operate(call, engine):
    (key,) = begin(engine)
    bodies = {
        "cancellation": {},
        "modification": {"activateInstructions": [{"elementId": "second"}]},
    }

    for path, body in bodies.items():
        assert call(f"/process-instances/{key}/{path}", body, user="anna").status_code in (403, 404)
    assert states(engine, [key]) == [InstanceState.ACTIVE]


def test_batches_need_the_permission_to_operate_and_credentials(call, app, engine):
    begin(engine)
    body = {"filter": {"processDefinitionId": "two"}, **PLANS}

    for path in CREATING:
        assert call(f"/process-instances/{path}", body, user="anna").status_code == 403
        assert app.test_client().post(f"/v2/process-instances/{path}", json=body).status_code == 401
    assert call("/batch-operations/search", {}, user="anna").status_code == 403
    assert call("/batch-operation-items/search", {}, user="anna").status_code == 403
    assert call("/batch-operations/5", user="anna").status_code == 403
    assert engine.process_instances(ProcessInstanceFilter(states=("ACTIVE",)), by=SYSTEM).total == 1
