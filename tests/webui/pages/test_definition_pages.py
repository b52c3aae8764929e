"""Definitions: what is deployed, and the upload with its list of problems."""

import io

import pytest

from engine import SYSTEM, ProcessDefinitionFilter
from tests.webui.pages.conftest import RESOURCES, words


@pytest.fixture
def modeller(person):
    modeller = person("mona", permissions=["deploy"])
    modeller.get("/definitions/upload")
    return modeller


def upload(modeller, *files, **buttons):
    given = [(io.BytesIO(content), name) for name, content in files]
    return modeller.post("/definitions/upload", {"files": given, **buttons})


def sample():
    return [(path.name, path.read_bytes()) for path in sorted(RESOURCES.iterdir())]


def test_files_that_belong_together_are_deployed(modeller, engine, account):
    account("carl", groups=["cpo", "contract_manager"])

    answer = upload(modeller, *sample())

    latest = engine.latest_process_definition("service_request")
    assert answer.location == f"/definitions/{latest.key}"
    page = words(modeller.get(answer.location))
    assert "Service request v1" in page
    assert "Task of a person" in page
    assert "request_approval" in words(modeller.get("/definitions"))


def test_remarks_of_a_deployment_are_shown(modeller, engine):
    answer = upload(modeller, *sample())

    assert answer.status_code == 200
    assert "Deployed, with remarks" in words(answer)
    assert "'cpo'" in words(answer)
    assert engine.process_definitions(by=SYSTEM).total == 1


def test_errors_are_listed_with_their_place_and_nothing_is_deployed(modeller, engine):
    broken = (RESOURCES / "service_request.bpmn").read_text(encoding="utf-8").replace('"approve"</', "</")

    answer = upload(modeller, ("service_request.bpmn", broken.encode()))

    page = words(answer)
    assert answer.status_code == 422
    assert "Not deployed: the files have errors" in page
    assert "service_request.bpmn, line" in page
    assert "to_register" in page
    assert engine.process_definitions(by=SYSTEM).total == 0


def test_an_unsafe_file_is_refused_with_the_reason(modeller):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'

    answer = upload(modeller, ("bomb.bpmn", bomb))

    assert answer.status_code == 422
    assert "bomb.bpmn" in words(answer)


def test_checking_deploys_nothing(modeller, engine):
    answer = upload(modeller, *sample(), check="yes")

    assert answer.status_code == 200
    assert "Not deployed" not in words(answer)
    assert engine.process_definitions(by=SYSTEM).total == 0


def test_a_drawing_is_kept_as_a_draft(modeller, engine):
    drawn = b"""<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
      id="d" targetNamespace="t"><bpmn:process id="drawn" isExecutable="false"><bpmn:task id="a"/>
      </bpmn:process></bpmn:definitions>"""

    answer = upload(modeller, ("drawn.bpmn", drawn), draft="yes")

    (kept,) = engine.process_definitions(ProcessDefinitionFilter(draft=True), by=SYSTEM).items
    assert answer.status_code in (200, 303)
    assert modeller.get(f"/definitions/{kept.key}").status_code == 200
    assert "draft" in words(modeller.get("/definitions"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "Choose at least one file."),
        ([("notes.txt", b"hello")], "notes.txt: only .bpmn, .dmn and .form files can be deployed."),
    ],
)
def test_a_wrong_choice_of_files_is_told_at_the_field(modeller, files, message):
    answer = upload(modeller, *files)

    assert answer.status_code == 422
    assert message in words(answer)
    assert 'aria-invalid="true"' in answer.text


def test_a_file_is_handed_out_byte_for_byte(modeller, engine):
    upload(modeller, *sample())
    key = engine.latest_process_definition("service_request").key

    answer = modeller.get(f"/definitions/{key}.bpmn")

    assert answer.data == (RESOURCES / "service_request.bpmn").read_bytes()
    assert answer.headers["Content-Type"] == "application/xml"


def test_deploying_needs_the_right_for_it(person):
    lina = person("lina")
    lina.get("/inbox")

    assert lina.get("/definitions/upload").status_code == 403
    assert upload(lina, *sample()).status_code == 403
