"""Camunda's own Python client, unmodified, against a served Tenure: deploy and start as the Modeler does."""

from contextlib import contextmanager

import pytest

from tests.serving import served
from webui import WebSettings, create_app

camunda = pytest.importorskip("camunda_orchestration_sdk")

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="hello" name="Hello" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="greet" />
    <bpmn:userTask id="greet" name="Greet">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="cpo" />
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="greet" targetRef="end" />
    <bpmn:endEvent id="end"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


@contextmanager
def tenure(engine, **settings):
    """Tenure on a free port of this machine; answers the address."""
    with served(create_app(engine, WebSettings(secret_key=b"s" * 32, **settings))) as address:
        yield address


def client(address, **configuration):
    return camunda.CamundaClient(
        configuration={
            "CAMUNDA_REST_ADDRESS": f"{address}/v2",
            "CAMUNDA_SDK_LOG_LEVEL": "silent",
            "CAMUNDA_AUTH_STRATEGY": "NONE",
            **configuration,
        }
    )


@pytest.fixture
def diagram(tmp_path):
    path = tmp_path / "hello.bpmn"
    path.write_text(PROCESS)
    return path


def by_id(process_id, **fields):
    return camunda.ProcessCreationById(process_definition_id=process_id, **fields)


def test_the_client_deploys_and_starts_without_credentials_on_this_machine(engine, diagram):
    with tenure(engine, local_modeler=True) as address, client(address) as modeler:
        topology = modeler.get_topology()
        deployed = modeler.deploy_resources_from_files([diagram])
        again = modeler.deploy_resources_from_files([diagram])
        started = modeler.create_process_instance(data=by_id("hello"))

    assert topology.gateway_version == "8.9.0"
    assert deployed.processes[0].resource_name == "hello.bpmn"
    assert again.processes[0].process_definition_key == deployed.processes[0].process_definition_key
    assert started.process_definition_version == 1
    assert started.process_instance_key.isdecimal()


def test_a_deployment_is_audited_as_the_local_modeler(engine, diagram, admin):
    with tenure(engine, local_modeler=True) as address, client(address) as modeler:
        modeler.deploy_resources_from_files([diagram])

    definition = engine.latest_process_definition("hello")
    assert definition.deployed_by == "local-modeler"


def test_without_the_setting_credentials_are_needed(engine, diagram, account):
    account("analyst", "correct horse", permissions=["deploy", "start"])
    basic = {"CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": "analyst"}

    with tenure(engine) as address:
        with client(address) as anonymous, pytest.raises(Exception, match=r"401|UNAUTHORIZED"):
            anonymous.deploy_resources_from_files([diagram])
        with (
            client(address, **basic, CAMUNDA_BASIC_AUTH_PASSWORD="wrong") as wrong,
            pytest.raises(Exception, match=r"401|UNAUTHORIZED"),
        ):
            wrong.deploy_resources_from_files([diagram])
        with client(address, **basic, CAMUNDA_BASIC_AUTH_PASSWORD="correct horse") as analyst:
            deployed = analyst.deploy_resources_from_files([diagram])

    assert (
        engine.process_definition(int(deployed.processes[0].process_definition_key)).deployed_by == "analyst"
    )
