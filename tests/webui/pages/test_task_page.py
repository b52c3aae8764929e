"""The task page: forms without JavaScript, mistakes at the field, nothing typed is lost."""

import io
import re

import pytest

from engine import SYSTEM, UserTaskFilter
from tests.engine.diagrams import end, process, start, user_task
from tests.webui.pages.conftest import words


@pytest.fixture
def lina(person, service_request):
    """Has claimed the task whose key stands in `lina.key`."""
    key = service_request()
    lina = person("lina", groups=["cpo"])
    lina.key = key
    lina.get("/inbox")
    lina.post(f"/tasks/{key}/claim")
    return lina


def send(lina, **fields):
    given = {"f.approvedAmount": "45000", "f.urgent": "no", "outcome": "approve"}
    given.update(
        {
            ("f." + name if name not in ("outcome", "version", "save") else name): v
            for name, v in fields.items()
        }
    )
    return lina.post(
        f"/tasks/{lina.key}", {name: value for name, value in given.items() if value is not None}
    )


def value_of(page, name):
    found = re.search(rf'name="f\.{re.escape(name)}" value="([^"]*)"', page)
    return found[1] if found else None


def test_a_wrong_value_is_marked_at_its_field_and_everything_typed_stays(lina):
    answer = send(lina, approvedAmount="12 apples", comment="please wait")

    page = answer.text
    assert answer.status_code == 422
    assert "<title>Error: Approve request" in page
    assert 'href="#f-approvedAmount"' in page
    assert 'id="f-approvedAmount-error"' in page
    assert re.search(r'id="f-approvedAmount"[^>]*aria-invalid="true"', page)
    assert value_of(page, "approvedAmount") == "12 apples"
    assert "please wait" in page


def test_a_limit_that_the_process_knows_is_checked(lina):
    answer = send(lina, approvedAmount="50000.01")

    assert "Must be 50,000 or less." in words(answer)


def test_a_good_answer_completes_the_task_with_exact_numbers(lina, engine):
    answer = send(lina, approvedAmount="45,000.10")

    assert (answer.status_code, answer.location) == (303, "/inbox")
    task = engine.user_task(lina.key, by=SYSTEM)
    values = {v.name: v.value for v in engine.variables(task.process_instance_key, by=SYSTEM)}
    assert str(values["approvedAmount"]) == "45000.10"
    assert values["decision"] == "approve"
    assert "Completed: Approve request." in words(lina.get("/inbox"))


def test_what_the_form_does_not_ask_for_is_ignored(lina, engine):
    send(lina, serviceCategory="tampered", amountCny="1", orderNumber="forged")

    task = engine.user_task(lina.key, by=SYSTEM)
    values = {v.name: v.value for v in engine.variables(task.process_instance_key, by=SYSTEM)}
    assert values["serviceCategory"] == "it"
    assert values["amountCny"] == 50_000
    assert values["orderNumber"] == "PO-50000"


def test_an_option_that_is_not_offered_is_refused(lina):
    assert "Choose one of the offered values." in words(send(lina, urgent="maybe"))


def test_an_outcome_that_is_not_offered_is_refused(lina, engine):
    answer = send(lina, outcome="explode")

    assert answer.status_code == 422
    assert engine.user_task(lina.key, by=SYSTEM).completed_at is None


def test_rows_are_added_and_removed_by_ordinary_buttons(lina):
    added = lina.post(
        f"/tasks/{lina.key}", {"f.items.0.what": "Licences", "f.items.0.-": "", "add_row": "items"}
    )
    both = {"f.items.0.what": "Licences", "f.items.1.what": "Training", "f.approvedAmount": "7"}
    removed = lina.post(f"/tasks/{lina.key}", {**both, "remove_row": "items.0"})

    assert value_of(added.text, "items.0.what") == "Licences"
    assert value_of(added.text, "items.1.what") == ""
    assert value_of(removed.text, "items.0.what") == "Training"
    assert value_of(removed.text, "items.1.what") is None
    assert value_of(removed.text, "approvedAmount") == "7"


def test_an_empty_row_keeps_its_place(lina):
    answer = lina.post(
        f"/tasks/{lina.key}",
        {"f.items.0.-": "", "f.items.1.what": "Second", "f.items.1.-": "", "outcome": "approve"},
    )

    assert value_of(answer.text, "items.1.what") == "Second"


def test_a_field_appears_when_its_condition_holds(lina):
    plain = lina.get(f"/tasks/{lina.key}").text
    urgent = lina.post(f"/tasks/{lina.key}/fields", {"f.urgent": "yes"}).text

    assert "Why is it urgent?" not in plain
    assert "Why is it urgent?" in urgent
    assert "Draft saved" in urgent
    assert f'hx-post="/tasks/{lina.key}/fields"' in urgent


def test_a_draft_is_kept_for_the_person_until_the_task_is_done(lina):
    saved = send(lina, approvedAmount="not yet a number", save="yes", outcome=None)
    page = lina.get(f"/tasks/{lina.key}").text

    assert saved.status_code == 303
    assert value_of(page, "approvedAmount") == "not yet a number"
    assert "Draft saved" in page


def test_a_task_that_is_not_mine_can_be_read_and_not_filled_in(lina, person):
    tom = person("tom", groups=["cpo"], permissions=["see_all_tasks"])

    page = tom.get(f"/tasks/{lina.key}").text

    assert "Lina works on this task" in words(tom.last)
    assert 'name="outcome"' not in page
    assert value_of(page, "approvedAmount") is None


def test_somebody_who_was_quicker_is_named_and_the_typing_is_shown(lina, engine):
    engine.complete_user_task(lina.key, {"approvedAmount": 1, "urgent": "no"}, outcome="reject", by=SYSTEM)

    answer = send(lina, comment="my long reasoning")

    assert answer.status_code == 409
    assert "completed this task on" in words(answer)
    assert "my long reasoning" in words(answer)
    assert "Decision: Reject" in words(answer)


def test_a_stale_page_shows_both_values_and_keeps_the_typing(lina, engine):
    version = engine.user_task(lina.key, by=SYSTEM).version
    engine.update_user_task(lina.key, priority=90, by=SYSTEM)

    answer = send(lina, approvedAmount="123", version=str(version))

    assert answer.status_code == 409
    assert "What you sent" in words(answer)
    assert "What is stored now" in words(answer)
    assert "123" in words(answer)
    assert value_of(lina.get(f"/tasks/{lina.key}").text, "approvedAmount") == "123"
    assert engine.user_task(lina.key, by=SYSTEM).completed_at is None


def test_a_file_survives_a_mistake_elsewhere_and_is_stored_once_more_readable(lina, engine):
    files = {"f.attachments": (io.BytesIO("报价".encode()), "报价.txt")}

    answer = send(lina, approvedAmount="", **{"attachments": files["f.attachments"]})

    key = re.search(r'name="f\.attachments" value="(\d+)" checked', answer.text)[1]
    got = lina.get(f"/documents/{key}")
    assert answer.status_code == 422
    assert got.data.decode() == "报价"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["Content-Type"] == "application/octet-stream"

    done = send(lina, attachments=key)
    task = engine.user_task(lina.key, by=SYSTEM)
    values = {v.name: v.value for v in engine.variables(task.process_instance_key, by=SYSTEM)}
    assert done.status_code == 303
    assert values["attachments"][0]["documentId"] == key


def test_somebody_elses_document_cannot_be_slipped_into_a_form(lina, engine, account):
    other = account("other")
    secret = engine.store_document("secret.txt", b"secret", by=other, readers=["other"])

    send(lina, attachments=str(secret.key))

    task = engine.user_task(lina.key, by=SYSTEM)
    values = {v.name: v.value for v in engine.variables(task.process_instance_key, by=SYSTEM)}
    assert values["attachments"] == []
    assert lina.get(f"/documents/{secret.key}").status_code == 404


def test_comments_history_and_documents_stand_beside_the_form(lina):
    lina.post(f"/tasks/{lina.key}/comments", {"text": "See page 3.\n<b>bold?</b>"})

    comments = lina.get(f"/tasks/{lina.key}?tab=comments").text
    history = words(lina.get(f"/tasks/{lina.key}?tab=history"))

    assert "See page 3." in comments
    assert "&lt;b&gt;bold?&lt;/b&gt;" in comments
    assert "Claimed the task" in history
    assert "Started the process" in history
    assert lina.get(f"/tasks/{lina.key}?tab=documents").status_code == 200


def test_a_task_is_handed_to_a_colleague(lina, person, engine):
    person("tom", groups=["cpo"])
    assert "Tom" in words(lina.get(f"/tasks/{lina.key}"))

    lina.post(f"/tasks/{lina.key}/delegate", {"to": "tom", "comment": "you know it better"})

    assert engine.user_task(lina.key, by=SYSTEM).assignee == "tom"


def test_the_four_eyes_rule_is_explained_with_the_step_that_counts(person, deploy, engine):
    deploy(
        process(
            "two_people",
            start(),
            user_task("draft_contract", groups="buyers"),
            user_task("check_contract", groups="buyers", tenure__excludeActorsOf="draft_contract"),
            end(),
            flows="start>draft_contract>check_contract>end",
        )
    )
    anna = person("anna", groups=["buyers"], permissions=["see_all_tasks"])
    person("bert", groups=["buyers"])
    engine.start_process_instance("two_people", by=SYSTEM)
    (first,) = engine.user_tasks(by=SYSTEM).items
    anna.get("/inbox")
    anna.post(f"/tasks/{first.key}/claim")
    anna.post(f"/tasks/{first.key}")
    (second,) = engine.user_tasks(UserTaskFilter(element_id="check_contract"), by=SYSTEM).items

    page = anna.get(f"/tasks/{second.key}")
    refused = anna.post(f"/tasks/{second.key}/claim")

    assert "needs a second pair of eyes" in words(page)
    assert "data-claim" not in page.text
    assert refused.status_code == 403
    assert "Somebody else must do this" in words(refused)
    assert "draft_contract" in words(refused)
