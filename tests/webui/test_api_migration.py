"""`POST /v2/process-instances/{key}/migration`, as Camunda's clients send it."""

import pytest

from engine import SYSTEM, Resource
from tests.engine.diagrams import end, process, start, user_task
from tests.serving import served
from webui import WebSettings, create_app

PASSWORD = "correct horse"


@pytest.fixture
def operator(account):
    account("otto", PASSWORD, permissions=["operate"])
    return ("otto", PASSWORD)


@pytest.fixture
def app(engine):
    return create_app(engine, WebSettings(secret_key=b"s" * 32))


@pytest.fixture
def instance(deploy, engine):
    deploy(process("p", start(), user_task("a"), end(), flows="start>a>end"))
    return engine.start_process_instance("p", by=SYSTEM)


@pytest.fixture
def two(instance, deploy):
    """Version 2, in which task `a` is called `b`."""
    return deploy(process("p", start(), user_task("b"), end(), flows="start>b>end")).processes[0]


def migrate(app, key, target, pairs, operator, **more):
    body = {
        "targetProcessDefinitionKey": str(target),
        "mappingInstructions": [{"sourceElementId": s, "targetElementId": t} for s, t in pairs],
        **more,
    }
    return app.test_client().post(f"/v2/process-instances/{key}/migration", json=body, auth=operator)


def test_a_running_instance_is_migrated(app, engine, instance, two, operator):
    answer = migrate(app, instance.key, two.key, [("a", "b")], operator, operationReference=7)

    assert (answer.status_code, answer.data) == (204, b"")
    assert engine.process_instance(instance.key, by=SYSTEM).definition_key == two.key
    line = engine.timeline(instance.key, by=SYSTEM)[-1]
    assert (line.action, line.actor, line.channel) == ("migrate-process-instance", "otto", "api")


def test_camundas_own_client_migrates(app, engine, instance, two, operator):
    camunda = pytest.importorskip("camunda_orchestration_sdk")
    user, password = operator

    with served(app) as address:
        configuration = {
            "CAMUNDA_REST_ADDRESS": f"{address}/v2",
            "CAMUNDA_SDK_LOG_LEVEL": "silent",
            "CAMUNDA_AUTH_STRATEGY": "BASIC",
            "CAMUNDA_BASIC_AUTH_USERNAME": user,
            "CAMUNDA_BASIC_AUTH_PASSWORD": password,
        }
        with camunda.CamundaClient(configuration=configuration) as client:
            client.migrate_process_instance(
                process_instance_key=str(instance.key),
                data=camunda.ProcessInstanceMigrationInstruction(
                    target_process_definition_key=str(two.key),
                    mapping_instructions=[
                        camunda.MigrateProcessInstanceMappingInstruction(
                            source_element_id="a", target_element_id="b"
                        )
                    ],
                ),
            )

    assert engine.process_instance(instance.key, by=SYSTEM).process_version == 2


def test_every_active_element_must_be_mapped(app, engine, instance, operator, deploy):
    same = deploy(process("p", start(), user_task("a"), end(), flows="start>a>end", name="x")).processes[0]

    answer = migrate(app, instance.key, same.key, [], operator)

    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.json["title"] == "INVALID_STATE"
    assert answer.json["detail"].startswith("Command 'MIGRATE' rejected with code 'INVALID_STATE'")
    assert "ELEMENT_NOT_MAPPED" in answer.json["detail"]
    assert engine.process_instance(instance.key, by=SYSTEM) == instance


def test_a_mapping_of_what_is_not_there_or_of_one_twice_is_invalid(app, instance, two, operator):
    for pairs in ([("a", "z")], [("z", "b"), ("a", "b")], [("a", "b"), ("a", "b")]):
        answer = migrate(app, instance.key, two.key, pairs, operator)

        assert (answer.status_code, answer.json["title"]) == (400, "INVALID_ARGUMENT")


def test_a_malformed_request_is_refused(app, instance, operator):
    for body in (
        {},
        {"targetProcessDefinitionKey": "1"},
        {"mappingInstructions": []},
        {"targetProcessDefinitionKey": 5, "mappingInstructions": []},
        {"targetProcessDefinitionKey": "9" * 24, "mappingInstructions": []},
        {"targetProcessDefinitionKey": "1", "mappingInstructions": {"a": "b"}},
        {"targetProcessDefinitionKey": "1", "mappingInstructions": ["a"]},
        {"targetProcessDefinitionKey": "1", "mappingInstructions": [{"sourceElementId": "a"}]},
    ):
        path = f"/v2/process-instances/{instance.key}/migration"

        assert app.test_client().post(path, json=body, auth=operator).status_code == 400


def test_what_does_not_run_or_was_not_deployed_is_not_found(app, engine, instance, two, operator):
    assert migrate(app, 4711, two.key, [("a", "b")], operator).status_code == 404
    assert migrate(app, instance.key, 4711, [("a", "b")], operator).status_code == 404
    assert migrate(app, "x", two.key, [("a", "b")], operator).status_code == 400
    engine.cancel_process_instance(instance.key, by=SYSTEM)
    assert migrate(app, instance.key, two.key, [("a", "b")], operator).status_code == 404


def test_a_suspended_instance_is_there_but_stands_still(app, engine, instance, two, operator):
    engine.suspend_process_instance(instance.key, by=SYSTEM)

    assert migrate(app, instance.key, two.key, [("a", "b")], operator).status_code == 409


def test_it_needs_an_account_with_the_permission(app, engine, instance, two, account):
    account("anna", PASSWORD)

    assert migrate(app, instance.key, two.key, [("a", "b")], None).status_code == 401
    assert migrate(app, instance.key, two.key, [("a", "b")], ("anna", PASSWORD)).status_code == 403


def test_a_file_of_its_own_is_no_obstacle(app, engine, instance, operator):
    other = process("q", start(), user_task("x"), end(), flows="start>x>end")
    [target] = engine.deploy([Resource(name="q.bpmn", content=other.content)], by=SYSTEM).processes

    assert migrate(app, instance.key, target.key, [("a", "x")], operator).status_code == 204
