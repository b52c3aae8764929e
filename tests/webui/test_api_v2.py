"""The REST API's refusals: who may call it, what it cannot do yet, and how it says so."""

import io

import pytest

from webui import WebSettings, create_app

from .test_camunda_client import PROCESS

LOCAL = {"base_url": "http://127.0.0.1:8080"}


@pytest.fixture
def api(engine):
    return create_app(engine, WebSettings(secret_key=b"s" * 32, local_modeler=True)).test_client()


def deploy(api, source=PROCESS, name="hello.bpmn", **options):
    return api.post(
        "/v2/deployments",
        data={"resources": (io.BytesIO(source.encode()), name), "tenantId": "<default>"},
        content_type="multipart/form-data",
        **{**LOCAL, **options},
    )


def start(api, body, **options):
    return api.post("/v2/process-instances", json=body, **{**LOCAL, **options})


def test_topology_needs_no_credentials(engine):
    plain = create_app(engine, WebSettings(secret_key=b"s" * 32)).test_client()

    assert plain.get("/v2/topology").json["gatewayVersion"] == "8.9.0"


def test_the_answer_has_an_entry_for_each_artefact_with_the_file_name_verbatim(api):
    answer = deploy(api, name="мой файл 流程.bpmn").json

    (entry,) = answer["deployments"]
    assert entry["processDefinition"]["resourceName"] == "мой файл 流程.bpmn"
    assert set(entry) == {
        "processDefinition",
        "decisionDefinition",
        "decisionRequirements",
        "form",
        "resource",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8080"},
        {"Forwarded": "for=1.2.3.4"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Anything": "x"},
        {"Via": "1.1 proxy"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "tenure.example"},
        {"Host": "127.0.0.1.example.org:8080"},
        {"Authorization": "Bearer abc"},
    ],
)
def test_a_page_or_a_proxy_is_never_taken_for_the_local_modeler(api, headers):
    answer = deploy(api, headers=headers)

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_caller_from_another_machine_is_never_taken_for_the_local_modeler(api):
    assert deploy(api, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 401


def test_an_empty_authorization_header_is_nobody(api):
    assert deploy(api, headers={"Authorization": ""}).status_code == 200


def test_a_broken_diagram_is_refused_with_its_place(api):
    answer = deploy(api, PROCESS.replace('targetRef="end"', 'targetRef="nowhere"'))

    assert answer.status_code == 400
    assert answer.json["title"] == "INVALID_ARGUMENT"
    assert "hello.bpmn" in answer.json["detail"]
    assert "nowhere" in answer.json["detail"]


def test_a_deployment_without_files_is_refused(api):
    answer = api.post("/v2/deployments", data={}, content_type="multipart/form-data", **LOCAL)

    assert (answer.status_code, answer.json["status"]) == (400, 400)


@pytest.mark.parametrize("instructions", ["startInstructions", "runtimeInstructions"])
def test_a_start_with_instructions_starts_nothing(api, engine, admin, instructions):
    deploy(api)

    answer = start(api, {"processDefinitionId": "hello", instructions: [{"elementId": "greet"}]})

    assert answer.status_code == 400
    assert "not offered yet" in answer.json["detail"]
    assert engine.process_instances(by=admin).total == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"processDefinitionId": "hello", "processDefinitionKey": "1"},
        {"processDefinitionKey": 5},
        {"processDefinitionKey": "abc"},
        {"processDefinitionId": "hello", "variables": [1]},
        {"processDefinitionId": "hello", "tenantId": "other"},
        {"processDefinitionId": "hello", "awaitCompletion": True},
        {"processDefinitionId": 7},
    ],
)
def test_a_malformed_start_is_refused(api, body):
    deploy(api)

    assert start(api, body).status_code == 400


def test_an_unknown_process_is_not_found(api):
    answer = start(api, {"processDefinitionId": "nobody"})

    assert answer.status_code == 404
    assert answer.json["detail"].startswith("Command 'CREATE' rejected with code 'NOT_FOUND'")


def test_unknown_properties_are_ignored_and_numbers_stay_exact(api, engine, admin):
    deploy(api)
    raw = '{"processDefinitionId":"hello","variables":{"n":9007199254740993.01},"unknown":1}'

    answer = api.post("/v2/process-instances", data=raw, content_type="application/json", **LOCAL)

    key = int(answer.json["processInstanceKey"])
    (variable,) = engine.variables(key, by=admin)
    assert str(variable.value) == "9007199254740993.01"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "/v2/nothing", 404), ("get", "/v2/deployments", 405), ("delete", "/v2/topology", 405)],
)
def test_the_frameworks_refusals_have_the_same_shape(api, method, path, status):
    answer = getattr(api, method)(path, **LOCAL)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
