"""REST: activating elements in an ad-hoc subprocess."""

import base64

import pytest

from engine import SYSTEM
from tests.engine.diagrams import end, node, process, service_task, start
from webui import WebSettings, create_app

PASSWORD = "correct horse battery"


@pytest.fixture
def api(engine, account):
    account("otto", PASSWORD, groups=["admin"])
    account("emma", PASSWORD)
    return create_app(engine, WebSettings(secret_key=b"s" * 32)).test_client()


@pytest.fixture
def free(engine, deploy):
    """The key of a running ad-hoc subprocess with the elements `a` and `b`."""
    tasks = service_task("a", "a") + service_task("b", "b")
    deploy(process("adhoc", start(), node("adHocSubProcess", "free", tasks), end(), flows="start>free>end"))
    instance = engine.start_process_instance("adhoc", by=SYSTEM)
    elements = engine.element_instances(instance.key, by=SYSTEM)
    return next(element.key for element in elements if element.element_id == "free")


def activate(api, key, body, user="otto"):
    credentials = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
    return api.post(
        f"/v2/element-instances/ad-hoc-activities/{key}/activation",
        json=body,
        headers={"Authorization": f"Basic {credentials}"},
    )


def test_elements_are_activated_with_their_variables(api, free, engine):
    answer = activate(api, free, {"elements": [{"elementId": "a", "variables": {"x": 1.5}}]})

    assert (answer.status_code, answer.data) == (204, b"")
    (job,) = engine.activate_jobs("a", by=SYSTEM)
    assert str(job.variables["x"]) == "1.5"


def test_they_may_take_the_place_of_what_runs(api, free, engine):
    activate(api, free, {"elements": [{"elementId": "a"}]})

    activate(api, free, {"elements": [{"elementId": "b"}], "cancelRemainingInstances": True})

    assert engine.activate_jobs("a", by=SYSTEM) == []
    assert len(engine.activate_jobs("b", by=SYSTEM)) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "No elements provided"),
        ({"elements": []}, "No elements provided"),
        ({"elements": [{}]}, "No elementId provided"),
        ({"elements": ["a"]}, "No elementId provided"),
        ({"elements": [{"elementId": "a", "variables": 1}]}, "variables must be a JSON object"),
        ({"elements": [{"elementId": "a"}], "cancelRemainingInstances": 1}, "must be true or false"),
        ({"elements": [{"elementId": "x"}]}, "has no element x to activate"),
        ({"elements": [{"elementId": "a"}, {"elementId": "a"}]}, "an element is named twice: a"),
    ],
)
def test_a_wrong_request_is_refused(api, free, body, said):
    answer = activate(api, free, body)

    assert (answer.status_code, answer.json["title"]) == (400, "INVALID_ARGUMENT")
    assert said in answer.json["detail"]


def test_who_may_not_operate_and_what_is_no_ad_hoc_subprocess_is_refused(api, free):
    body = {"elements": [{"elementId": "a"}]}

    assert activate(api, free, body, user="emma").status_code == 403
    assert activate(api, 12345, body).status_code == 404
