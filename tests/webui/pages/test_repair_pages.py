"""Repair of one instance on the pages: looked at first, confirmed with a reason, told in the timeline."""

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


def token(engine, key):
    (found,) = [e for e in engine.element_instances(key, by=SYSTEM) if not e.state.is_final and e.key != key]
    return found


def state(engine, key):
    return engine.process_instance(key, by=SYSTEM).state


def test_an_instance_is_suspended_and_resumed_after_a_look_and_with_a_reason(operator, key, engine):
    look = operator.get(f"/instances/{key}/suspend")
    refused = operator.post(f"/instances/{key}/suspend")
    before = state(engine, key)
    operator.post(f"/instances/{key}/suspend", {"reason": "an audit"})
    suspended = operator.get(f"/instances/{key}")
    again = operator.get(f"/instances/{key}/suspend")
    operator.post(f"/instances/{key}/resume", {"reason": "the audit is over"})

    assert "Open work touched: tasks 1, services 0, timers 0" in words(look)
    assert (refused.status_code, before) == (422, InstanceState.ACTIVE)
    assert f"/instances/{key}/resume" in suspended.text
    assert f"/instances/{key}/tokens" not in suspended.text
    assert "is suspended, not active" in words(again)
    assert state(engine, key) is InstanceState.ACTIVE
    timeline = words(operator.get(f"/instances/{key}?tab=timeline"))
    assert "Suspended the instance" in timeline
    assert "the audit is over" in timeline


def test_a_look_at_cancelling_tells_what_would_end(operator, key, engine):
    look = words(operator.get(f"/instances/{key}/cancel"))
    refused = operator.post(f"/instances/{key}/cancel", {"reason": " "})

    assert "Approve request ends." in look
    assert "This cannot be undone." in look
    assert refused.status_code == 422
    assert state(engine, key) is InstanceState.ACTIVE


def test_a_token_is_moved_after_a_preview(operator, key, engine):
    here = token(engine, key)
    wish = {f"token-{here.key}": "confirm_order", "variables": '{"orderNumber": "PO-1"}'}

    form = operator.get(f"/instances/{key}/tokens")
    preview = operator.post(f"/instances/{key}/tokens", wish)
    stays = token(engine, key).element_id
    no_reason = operator.post(f"/instances/{key}/tokens", {**wish, "apply": "yes"})
    operator.post(f"/instances/{key}/tokens", {**wish, "apply": "yes", "reason": "approved on paper"})

    assert f'name="token-{here.key}"' in form.text
    assert "Approve request ends." in words(preview)
    assert "Confirm order begins." in words(preview)
    assert '"active": {"confirm_order": 1}' in preview.text
    assert stays == "approve_request"
    assert no_reason.status_code == 422
    assert token(engine, key).element_id == "confirm_order"
    assert "approved on paper" in words(operator.get(f"/instances/{key}?tab=timeline"))


def test_a_token_is_started_and_another_ended(operator, key, engine):
    here = token(engine, key)

    operator.get(f"/instances/{key}/tokens")
    operator.post(
        f"/instances/{key}/tokens",
        {f"token-{here.key}": "end", "start": "confirm_order", "apply": "yes", "reason": "a test"},
    )

    assert token(engine, key).element_id == "confirm_order"


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({}, "Choose what to do with at least one token."),
        ({"start": "nowhere"}, "no element 'nowhere'"),
        ({"start": "confirm_order", "variables": "abc"}, "This is not JSON"),
        ({"start": "confirm_order", "variables": "[1]"}, "Write an object"),
    ],
)
def test_a_change_of_tokens_that_makes_no_sense_is_refused(operator, key, engine, wish, told):
    operator.get(f"/instances/{key}/tokens")

    answer = operator.post(f"/instances/{key}/tokens", {**wish, "apply": "yes", "reason": "a test"})

    assert answer.status_code == 422
    assert told in words(answer)
    assert token(engine, key).element_id == "approve_request"


def test_variables_need_a_step_that_begins(operator, key, engine):
    here = token(engine, key)
    operator.get(f"/instances/{key}/tokens")

    answer = operator.post(f"/instances/{key}/tokens", {f"token-{here.key}": "end", "variables": '{"a": 1}'})

    assert answer.status_code == 422
    assert "Variables are for a step that begins" in words(answer)


def test_a_stuck_step_is_skipped_with_what_it_should_have_said(operator, key, engine):
    engine.set_variables(key, {"amountCny": "fifty"}, by=SYSTEM)
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    engine.complete_user_task(task.key, {"approvedAmount": 1, "urgent": "no"}, outcome="approve", by=SYSTEM)
    stuck = token(engine, key)
    address = f"/instances/{key}/skip/{stuck.key}"
    assert f'href="{address}"' in operator.get(f"/instances/{key}").text

    operator.get(address)
    wrong = operator.post(address, {"variables": "PO-7"})
    preview = operator.post(address, {"variables": '{"orderNumber": "PO-7"}'})
    operator.post(address, {"variables": '{"orderNumber": "PO-7"}', "apply": "yes", "reason": "by telephone"})

    assert wrong.status_code == 422
    assert "Confirm order begins." in words(preview)
    assert token(engine, key).element_id == "confirm_order"
    assert {v.name: v.value for v in engine.variables(key, by=SYSTEM)}["orderNumber"] == "PO-7"
    assert operator.get(address).status_code == 404


def test_a_retry_and_a_variable_can_be_looked_at_before(operator, key, engine):
    engine.set_variables(key, {"amountCny": "fifty"}, by=SYSTEM)
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    engine.complete_user_task(task.key, {"approvedAmount": 1, "urgent": "no"}, outcome="approve", by=SYSTEM)
    (incident,) = engine.incidents(IncidentFilter(process_instance_key=key), by=SYSTEM).items
    operator.get(f"/instances/{key}")

    retry = operator.post(
        f"/incidents/{incident.key}/retry",
        {"name": "amountCny", "value": "7", "shown": '"fifty"', "instance": str(key), "preview": "yes"},
    )
    variable = operator.post(
        f"/instances/{key}/variables", {"name": "title", "value": '"New"', "preview": "yes"}
    )

    assert "gets one more attempt" in words(retry)
    assert re.search(r"amountCny\s*fifty → 7", words(retry))
    assert ">7</textarea>" in retry.text.replace("\n", "")
    assert "Helpdesk → New" in words(variable)
    values = {v.name: v.value for v in engine.variables(key, by=SYSTEM)}
    assert (values["amountCny"], values["title"]) == ("fifty", "Helpdesk")
    assert engine.incidents(IncidentFilter(process_instance_key=key), by=SYSTEM).total == 1


def test_repair_pages_need_the_right_to_operate(person, key, engine):
    here = token(engine, key)
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")

    for path in ("suspend", "resume", "cancel", "tokens", f"skip/{here.key}"):
        assert lina.get(f"/instances/{key}/{path}").status_code == 403
        assert lina.post(f"/instances/{key}/{path}", {"reason": "a test"}).status_code == 403
    assert state(engine, key) is InstanceState.ACTIVE
    assert "Move tokens" not in words(lina.get(f"/instances/{key}"))
