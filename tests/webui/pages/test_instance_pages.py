"""Instances: the list, the page, and the repair of what went wrong."""

import json
import re

import pytest

from engine import SYSTEM, IncidentFilter, InstanceState, UserTaskFilter
from tests.webui.pages.conftest import words


@pytest.fixture
def key(service_request, engine):
    """An instance that waits for the approval."""
    return engine.user_task(service_request(), by=SYSTEM).process_instance_key


@pytest.fixture
def operator(person):
    operator = person("olga", permissions=["operate"])
    operator.get("/inbox")
    return operator


def approve(engine, key):
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    engine.complete_user_task(task.key, {"approvedAmount": 1, "urgent": "no"}, outcome="approve", by=SYSTEM)


def marks_of(page):
    return json.loads(re.search(r'class="marks">(.*?)</script>', page.text, re.DOTALL)[1])


def variables_of(engine, key):
    return {v.name: v.value for v in engine.variables(key, by=SYSTEM)}


def test_the_list_filters_by_state_process_and_text(operator, key, service_request, engine):
    service_request("Canteen")
    engine.cancel_process_instance(key, by=SYSTEM)

    running = words(operator.get("/instances?process=service_request&q=Canteen"))
    cancelled = words(operator.get("/instances?state=cancelled"))

    assert "Canteen" in running
    assert "Helpdesk" not in running
    assert "Helpdesk" in cancelled
    assert "Nothing fits the filter" in words(operator.get("/instances?q=zzz"))
    assert "No instances here" in words(operator.get("/instances?state=incident"))


def test_diagram_and_table_tell_the_same(operator, key):
    page = operator.get(f"/instances/{key}")

    marks = marks_of(page)
    assert marks["active"] == {"approve_request": 1}
    assert marks["done"] == {"requested": 1}
    assert marks["flows"] == ["to_approve"]
    assert re.search(r'<tr class="waiting" data-element="approve_request"', page.text)
    assert re.search(r'<tr class="done" data-element="requested"', page.text)


def test_the_diagram_gets_the_names_of_the_language(person, key):
    page = person("wei", "zh", permissions=["operate"]).get(f"/instances/{key}")

    assert marks_of(page)["names"]["approve_request"] == "审批申请"


def test_a_participant_sees_the_way_and_not_the_variables(person, key):
    lina = person("lina", groups=["cpo"])

    page = lina.get(f"/instances/{key}?tab=variables")

    assert page.status_code == 200
    assert "Approve request" in words(page)
    assert "50,000" not in words(page)
    assert "50000" not in page.text
    assert "Cancel instance" not in page.text


def test_a_stranger_does_not_see_the_instance(person, key):
    stranger = person("stranger")

    assert stranger.get(f"/instances/{key}").status_code == 404
    assert "Helpdesk" not in words(stranger.get("/instances?state=all"))


def test_a_variable_that_is_not_json_changes_nothing_and_stays_typed(operator, key, engine):
    operator.get(f"/instances/{key}?tab=variables")

    answer = operator.post(
        f"/instances/{key}/variables", {"name": "title", "value": "no quotes", "reason": "a test"}
    )

    assert answer.status_code == 422
    assert "This is not JSON (line 1, column 1)" in words(answer)
    assert "no quotes" in answer.text
    assert variables_of(engine, key)["title"] == "Helpdesk"


def test_a_variable_is_changed_with_a_reason_that_stands_in_the_timeline(operator, key, engine):
    operator.post(
        f"/instances/{key}/variables", {"name": "amountCny", "value": "12.50", "reason": "typing error"}
    )

    assert str(variables_of(engine, key)["amountCny"]) == "12.50"
    assert "typing error" in words(operator.get(f"/instances/{key}?tab=timeline"))


def test_an_incident_is_mended_by_changing_the_input_and_retrying(operator, key, engine):
    engine.set_variables(key, {"amountCny": "fifty"}, by=SYSTEM)
    approve(engine, key)
    (incident,) = engine.incidents(IncidentFilter(process_instance_key=key), by=SYSTEM).items

    page = operator.get(f"/instances/{key}")
    assert "amountCny" in words(page)
    assert "read by this step" in words(page)
    assert marks_of(page)["incidents"] == {"register_order": 1}
    wrong = operator.post(
        f"/incidents/{incident.key}/retry",
        {
            "name": ["amountCny", "title"],
            "value": ["50 000", '"Helpdesk"'],
            "shown": ['"fifty"', '"Helpdesk"'],
        },
    )
    assert wrong.status_code == 422
    assert "50 000" in wrong.text

    right = operator.post(
        f"/incidents/{incident.key}/retry",
        {
            "name": ["amountCny", "title"],
            "value": ["50000", '"Helpdesk"'],
            "shown": ['"fifty"', '"Helpdesk"'],
            "reason": "it is a number",
            "instance": str(key),
        },
    )
    engine.run_until_idle()

    assert right.location == f"/instances/{key}"
    assert variables_of(engine, key)["orderNumber"] == "PO-50000"
    assert marks_of(operator.get(f"/instances/{key}"))["active"] == {"confirm_order": 1}
    again = operator.post(f"/incidents/{incident.key}/retry")
    assert again.status_code == 409
    assert "resolved this incident on" in words(again)


def test_a_page_learns_that_the_instance_has_moved_on(operator, key, engine):
    page = operator.get(f"/instances/{key}").text
    address = re.search(r'data-pulse="([^"]+)"', page)[1].replace("&amp;", "&")

    before = operator.get(address).status_code
    approve(engine, key)

    assert (before, operator.get(address).status_code) == (204, 200)


def test_an_instance_is_cancelled_with_a_reason(operator, key, engine):
    operator.post(f"/instances/{key}/cancel", {"reason": "asked twice"})

    page = words(operator.get(f"/instances/{key}"))
    assert engine.process_instance(key, by=SYSTEM).state is InstanceState.TERMINATED
    assert "Cancelled" in page
    assert "asked twice" in page
    assert operator.post(f"/instances/{key}/cancel", {"reason": "again"}).status_code == 409


def test_repair_needs_the_right_for_it(person, key, engine):
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")

    assert lina.post(f"/instances/{key}/variables", {"name": "x", "value": "1"}).status_code == 403
    assert lina.post(f"/instances/{key}/cancel").status_code == 403
    assert engine.process_instance(key, by=SYSTEM).state is InstanceState.ACTIVE
