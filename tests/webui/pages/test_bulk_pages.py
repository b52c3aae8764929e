"""Repair of many instances on the pages: chosen in the list, previewed, confirmed, watched."""

import re
from datetime import timedelta

import pytest

from engine import (
    SYSTEM,
    Actor,
    BatchOperationState,
    BatchOperationType,
    BatchRepair,
    InstanceState,
    ProcessInstanceFilter,
    UserTaskFilter,
)
from tests.webui.pages.conftest import words

BULK = "/instances/bulk"
CANCEL = "kind=CANCEL_PROCESS_INSTANCE"


@pytest.fixture
def operator(person):
    operator = person("olga", permissions=["operate"])
    operator.get("/inbox")
    return operator


@pytest.fixture
def keys(service_request, engine):
    """Three instances that wait for the approval."""
    tasks = [service_request(name) for name in ("Helpdesk", "Canteen", "Cleaning")]
    return [engine.user_task(task, by=SYSTEM).process_instance_key for task in tasks]


def states(engine, keys):
    return [engine.process_instance(key, by=SYSTEM).state for key in keys]


def hidden(page):
    """The fields of the confirming form, as a browser would send them."""
    form = re.search(r'<form method="post" action="/instances/bulk".*?</form>', page.text, re.DOTALL)[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    fields = {}
    for name, value in found:
        fields.setdefault(name, []).append(value.replace("&#34;", '"'))
    fields.pop("csrf_token")
    return fields


def chosen(*keys):
    return "&".join(f"key={key}" for key in keys)


def test_the_list_offers_selection_and_repair_to_operators_only(operator, person, keys):
    ours = operator.get("/instances").text
    theirs = person("lina", groups=["cpo"]).get("/instances").text

    assert f'name="key" value="{keys[0]}"' in ours
    assert 'aria-label="Select Helpdesk"' in ours
    assert "all 3 of this filter" in ours
    assert 'id="bulk"' not in theirs
    assert 'name="key"' not in theirs
    assert 'id="bulk"' not in operator.get("/instances?state=completed").text


def test_the_list_is_narrowed_to_a_step(operator, keys, engine):
    engine.modify_process_instance(keys[0], start=["confirm_order"], by=SYSTEM)

    page = words(operator.get("/instances?process=service_request&element=confirm_order"))

    assert "Helpdesk" in page
    assert "Canteen" not in page


def test_chosen_instances_are_previewed_confirmed_and_repaired(operator, keys, engine):
    page = operator.get(f"{BULK}?{CANCEL}&{chosen(*keys[:2])}")
    assert "2 instances" in words(page)
    assert "Approve request ends." in words(page)
    assert states(engine, keys) == [InstanceState.ACTIVE] * 3

    answer = operator.post(BULK, {**hidden(page), "reason": "asked twice"})
    progress = words(operator.get(answer.location))
    engine.run_until_idle()
    done = words(operator.get(answer.location))

    assert answer.status_code == 303
    assert "0 of 2" in progress
    assert "2 of 2" in done
    assert "asked twice" in done
    assert states(engine, keys) == [InstanceState.TERMINATED] * 2 + [InstanceState.ACTIVE]
    timeline = words(operator.get(f"/instances/{keys[0]}?tab=timeline"))
    assert "asked twice" in timeline


def test_all_of_a_filter_are_repaired_and_none_that_started_later(
    operator, keys, engine, service_request, clock
):
    page = operator.get(f"{BULK}?{CANCEL}&scope=filter&process=service_request&state=active")
    clock.advance(timedelta(minutes=1))
    later = engine.user_task(service_request("Later"), by=SYSTEM).process_instance_key

    operator.post(BULK, {**hidden(page), "reason": "all wrong"})
    engine.run_until_idle()

    assert states(engine, [*keys, later]) == [InstanceState.TERMINATED] * 3 + [InstanceState.ACTIVE]


def test_every_instance_is_meant_only_when_that_is_ticked(operator, keys, engine):
    page = operator.get(f"{BULK}?{CANCEL}&scope=filter&state=active")
    assert "I mean every instance, all 3." in words(page)

    refused = operator.post(BULK, {**hidden(page), "reason": "all"})
    operator.post(BULK, {**hidden(refused), "reason": "all", "everything": "yes"})
    engine.run_until_idle()

    assert refused.status_code == 422
    assert "Tick this if all of them are meant." in words(refused)
    assert states(engine, keys) == [InstanceState.TERMINATED] * 3


def test_without_a_reason_nothing_is_done_and_what_was_chosen_stays(operator, keys, engine):
    page = operator.get(f"{BULK}?{CANCEL}&{chosen(keys[0])}")

    refused = operator.post(BULK, {**hidden(page), "reason": " "})

    assert refused.status_code == 422
    assert hidden(refused)["key"] == [str(keys[0])]
    assert engine.batch_operations(by=SYSTEM).total == 0


def test_more_than_was_confirmed_is_shown_again(operator, keys, engine):
    page = operator.get(f"{BULK}?{CANCEL}&scope=filter&process=service_request")

    refused = operator.post(BULK, {**hidden(page), "expected": "2", "reason": "all wrong"})

    assert refused.status_code == 409
    assert "There are 3 now, not 2." in words(refused)
    assert states(engine, keys) == [InstanceState.ACTIVE] * 3


def test_what_is_left_out_is_told_with_an_example(operator, keys, engine):
    engine.cancel_process_instance(keys[0], by=SYSTEM)

    page = words(operator.get(f"{BULK}?kind=SUSPEND_PROCESS_INSTANCE&{chosen(*keys, 1)}"))

    assert "1 have ended" in page
    assert "1 do not exist" in page
    assert "2 instances" in page


@pytest.mark.parametrize(
    "query",
    [
        CANCEL,
        f"{CANCEL}&key=abc",
        f"{CANCEL}&key=5",
        f"{CANCEL}&scope=filter&q=zzz",
        "kind=RESUME_PROCESS_INSTANCE&scope=filter&process=service_request",
        f"{CANCEL}&failed_of=5",
    ],
)
def test_a_choice_that_fits_nothing_cannot_be_confirmed(operator, keys, engine, query):
    page = operator.get(f"{BULK}?{query}")
    refused = operator.post(f"{BULK}?{query}", {"reason": "none", "expected": "3"})

    assert page.status_code == 200
    assert 'action="/instances/bulk"' not in re.sub(r'<form method="get".*?>', "", page.text)
    assert refused.status_code in (404, 422)
    assert engine.batch_operations(by=SYSTEM).total == 0


def test_variables_are_typed_checked_and_set(operator, keys, engine):
    kind = "kind=UPDATE_VARIABLE&scope=filter&process=service_request"
    empty = operator.get(f"{BULK}?{kind}")
    missing = operator.get(f"{BULK}?{kind}&preview=yes")
    no_json = operator.get(f"{BULK}?{kind}&variables=abc&preview=yes")
    no_object = operator.get(f"{BULK}?{kind}&variables=5&preview=yes")
    page = operator.get(f'{BULK}?{kind}&variables={{"amountCny": 12.50}}&preview=yes')
    operator.post(BULK, {**hidden(page), "reason": "typing error"})
    engine.run_until_idle()

    assert "This is needed." not in words(empty)
    assert "This is needed." in words(missing)
    assert "This is not JSON" in words(no_json)
    assert "Write an object" in words(no_object)
    values = {v.name: str(v.value) for v in engine.variables(keys[2], by=SYSTEM)}
    assert values["amountCny"] == "12.50"


def test_tokens_are_moved_between_the_steps_of_the_process(operator, keys, engine):
    kind = f"kind=MODIFY_PROCESS_INSTANCE&{chosen(*keys)}"
    form = operator.get(f"{BULK}?{kind}").text
    same = operator.get(f"{BULK}?{kind}&source=approve_request&target=approve_request&preview=yes")
    page = operator.get(f"{BULK}?{kind}&source=approve_request&target=confirm_order&preview=yes")
    operator.post(BULK, {**hidden(page), "reason": "approved on paper"})
    engine.run_until_idle()

    assert '<option value="confirm_order">' in form
    assert "The token is there already." in words(same)
    tasks = engine.user_tasks(UserTaskFilter(process_instance_key=keys[0]), by=SYSTEM).items
    assert [task.element_id for task in tasks] == ["confirm_order"]


def test_incidents_are_retried_with_other_variables_and_failed_ones_once_more(operator, keys, engine):
    for key in keys:
        engine.set_variables(key, {"amountCny": "fifty"}, by=SYSTEM)
        (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
        engine.complete_user_task(
            task.key, {"approvedAmount": 1, "urgent": "no"}, outcome="approve", by=SYSTEM
        )
    page = operator.get(
        f'{BULK}?kind=RESOLVE_INCIDENT&scope=filter&state=incident&variables={{"amountCny": 5}}'
    )
    assert "3 incidents in 3 instances" in words(page)
    assert "gets one more attempt" in words(page)

    answer = operator.post(BULK, {**hidden(page), "reason": "a number"})
    engine.cancel_process_instance(keys[0], by=SYSTEM)
    engine.run_until_idle()

    done = operator.get(answer.location)
    assert "is terminated" in words(done)
    again = re.search(r'href="(/instances/bulk\?[^"]+)">Try the failed', done.text)[1].replace("&amp;", "&")
    assert "None of the chosen instances can be repaired this way." in words(operator.get(again))
    assert [v.value for v in engine.variables(keys[1], by=SYSTEM) if v.name == "orderNumber"] == ["PO-5"]


def test_instances_are_migrated_to_a_version_of_the_process(operator, keys, engine, service_request):
    definition = engine.latest_process_definition("service_request")
    page = operator.get(f"{BULK}?kind=MIGRATE_PROCESS_INSTANCE&{chosen(*keys)}").text
    there = operator.get(
        f"{BULK}?kind=MIGRATE_PROCESS_INSTANCE&{chosen(*keys)}&definition={definition.key}&preview=yes"
    )

    assert f'<option value="{definition.key}">' in page
    assert "None of the chosen instances" in words(there)


def test_a_batch_is_paused_taken_up_and_stopped(operator, keys, engine):
    batch = engine.create_batch_operation(
        BatchRepair(type=BatchOperationType.CANCEL_PROCESS_INSTANCE),
        ProcessInstanceFilter(process_id="service_request"),
        by=Actor(user_id="olga"),
    )
    running = operator.get(f"/batches/{batch.key}").text

    operator.post(f"/batches/{batch.key}/suspend")
    paused = operator.get(f"/batches/{batch.key}").text
    operator.post(f"/batches/{batch.key}/resume")
    resumed = engine.batch_operation(batch.key, by=SYSTEM).state
    operator.post(f"/batches/{batch.key}/cancel")
    again = operator.post(f"/batches/{batch.key}/cancel")

    assert f'hx-get="/batches/{batch.key}/progress"' in running
    assert "hx-get" not in paused.split('id="progress"')[1][:200]
    assert resumed is BatchOperationState.ACTIVE
    assert again.status_code == 409
    assert "Stopped" in words(operator.get(f"/batches/{batch.key}"))
    assert "Cancel instances" in words(operator.get("/batches"))


def test_the_part_that_is_polled_stops_asking_when_the_batch_is_over(operator, keys, engine):
    batch = engine.create_batch_operation(
        BatchRepair(type=BatchOperationType.CANCEL_PROCESS_INSTANCE),
        ProcessInstanceFilter(process_id="service_request"),
        by=SYSTEM,
    )
    before = operator.get(f"/batches/{batch.key}/progress").text
    engine.run_until_idle()
    after = operator.get(f"/batches/{batch.key}/progress").text

    assert "<html" not in before
    assert 'hx-trigger="every 1s"' in before
    assert "hx-trigger" not in after
    assert 'data-state="COMPLETED"' in after


def test_an_unknown_batch_is_not_found(operator, keys):
    assert operator.get("/batches/5").status_code == 404
    assert operator.post("/batches/5/suspend").status_code == 404
    assert "No batch operations yet" in words(operator.get("/batches"))


def test_bulk_pages_need_the_right_to_operate(person, keys, engine):
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")

    assert lina.get(f"{BULK}?{CANCEL}&{chosen(*keys)}").status_code == 403
    assert lina.post(BULK, {"kind": "CANCEL_PROCESS_INSTANCE", "key": str(keys[0])}).status_code == 403
    assert lina.get("/batches").status_code == 403
    assert lina.get("/batches/5").status_code == 403
    assert lina.get("/batches/5/progress").status_code == 403
    assert lina.post("/batches/5/cancel").status_code == 403
    assert states(engine, keys) == [InstanceState.ACTIVE] * 3
