"""An administrator's repair: a broken input, the incident on the diagram, the mend and the retry."""

import re

import pytest
from playwright.sync_api import expect

from engine import SYSTEM, Actor, UserTaskFilter

WORDS = {
    "en": {
        "change": "Change",
        "reason": "Reason",
        "mend": "Change variables and retry",
        "send": "Change and retry",
        "gone": "Retried.",
    },
    "zh": {
        "change": "修改",
        "reason": "原因",
        "mend": "修改变量并重试",
        "send": "修改并重试",
        "gone": "已重试。",
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_broken_input_becomes_an_incident_that_is_mended_and_retried(
    visit, engine, request_service, language
):
    words = WORDS[language]
    key = request_service(f"Repair {language}")
    visitor = visit(language)
    page = visitor.page
    visitor.sign_in("admin")
    visitor.go(f"/instances/{key}?tab=variables")
    page.locator("#variables summary", has_text="amountCny").click()
    box = page.locator("#variables details[open]")
    box.locator("textarea").fill("fifty thousand")
    box.get_by_label(words["reason"]).fill("a test of the repair")
    box.get_by_role("button", name=words["change"]).click()
    expect(page.locator(".mistake")).to_contain_text("JSON")
    box = page.locator("#variables details[open]")
    expect(box.locator("textarea")).to_have_value("fifty thousand")
    box.locator("textarea").fill('"fifty thousand"')
    box.get_by_label(words["reason"]).fill("a test of the repair")
    box.get_by_role("button", name=words["change"]).click()

    approve(engine, key)
    visitor.go(f"/instances/{key}")
    expect(visitor.diagram().locator("g[data-element-id=register_order]")).to_have_class(
        re.compile("is-incident")
    )
    expect(page.locator(".incident-message")).to_contain_text("amountCny")
    expect(page.locator("tr.incident[data-element=register_order]")).to_be_visible()

    page.get_by_text(words["mend"]).click()
    page.locator("textarea[id^=i-][id$=-amountCny]").fill("52000.25")
    page.locator(".edit").get_by_label(words["reason"]).fill("the amount is a number again")
    page.get_by_role("button", name=words["send"]).click()

    expect(page.get_by_role("status")).to_contain_text(words["gone"])
    diagram = visitor.diagram()
    expect(diagram.locator("g[data-element-id=confirm_order]")).to_have_class(re.compile("is-active"))
    expect(page.locator(".timeline")).to_contain_text("the amount is a number again")


def test_the_mark_of_bpmn_io_stays_visible(visit, request_service):
    key = request_service("Mark")
    for width in (1280, 390):
        visitor = visit(width=width)
        visitor.sign_in("admin")
        visitor.go(f"/instances/{key}")
        mark = visitor.diagram().locator(".bjs-powered-by")
        expect(mark).to_be_visible()
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert visitor.page.evaluate(
            "([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('.bjs-powered-by'))", middle
        )


def test_step_and_element_find_each_other(visit, request_service):
    key = request_service("Pick")
    visitor = visit()
    visitor.sign_in("admin")
    visitor.go(f"/instances/{key}")
    diagram = visitor.diagram()

    visitor.page.locator("tr[data-element=approve_request]").click()
    expect(diagram.locator("g[data-element-id=approve_request]")).to_have_class(re.compile("is-picked"))
    diagram.locator("g[data-element-id=requested]").click()
    expect(visitor.page.locator("tr[data-element=requested]")).to_have_class(re.compile("picked"))


def test_a_process_is_started_from_its_form_in_the_browser(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in("admin")
    visitor.go("/start")
    page.get_by_role("link", name="Service request").click()
    page.get_by_label("Title").fill("Help")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#mistakes")).to_contain_text("Write at least 5 characters.")

    page.get_by_label("Title").fill("Help desk in Chengdu")
    page.get_by_label("Service category").select_option("it")
    page.get_by_label("Amount (CNY)").fill("1200")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_role("status")).to_contain_text("Started: Service request.")
    expect(visitor.diagram().locator("g[data-element-id=approve_request]")).to_have_class(
        re.compile("is-active")
    )


def test_supplier_selection_is_started_broken_mended_and_retried(visit, engine):
    visitor = visit()
    page = visitor.page
    visitor.sign_in("admin")
    visitor.go("/start/supplier_selection")
    page.get_by_label("Title").fill("Application maintenance")
    for name, value in (("serviceCategory", "it"), ("criticality", "important"), ("dataClass", "none")):
        page.locator(f"#f-{name}").select_option(value)
    page.locator("#f-budget").fill("1,300,000")
    page.locator("#f-currency").select_option("CNY")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/instances/*")
    key = int(page.url.rsplit("/", 1)[1])
    expect(visitor.diagram().locator("g[data-element-id=prepare_tender]")).to_have_class(
        re.compile("is-active")
    )

    engine.set_variables(key, {"tenderId": "mislaid"}, by=SYSTEM)
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    engine.complete_user_task(task.key, TENDER, by=SYSTEM)
    visitor.go(f"/instances/{key}")
    expect(page.locator(".incident-message")).to_contain_text("tenderId")
    expect(page.locator(".incident-message")).to_contain_text("mislaid")

    page.get_by_text("Change variables and retry").click()
    page.locator("textarea[id^=i-][id$=-tenderId]").fill("1")
    page.locator(".edit").get_by_label("Reason").fill("the number of the tender")
    page.get_by_role("button", name="Change and retry").click()

    review = visitor.diagram().locator("g[data-element-id=review_tender]")
    expect(review).to_have_class(re.compile("is-active"), timeout=10_000)
    expect(page.locator("tr.incident")).to_have_count(0)


TENDER = {
    "method": "open_tender",
    "deadline": "2026-04-15T12:00:00+08:00",
    "bidValidityDays": 90,
    "panelSize": 3,
    "budget": 1_300_000,
    "ceilingPrice": 1_250_000,
    "currency": "CNY",
    "priceFormula": "lowest_price",
    "criteria": [
        {"key": "technical", "name": "Technical", "weight": "0.7", "max": 100, "threshold": 60},
        {"key": "price", "name": "Price", "weight": "0.3", "max": 100},
    ],
}


def approve(engine, key):
    lina = Actor(user_id="lina")
    (task,) = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=lina).items
    engine.claim_user_task(task.key, by=lina)
    engine.complete_user_task(task.key, {"approvedAmount": 1, "urgent": "no"}, outcome="approve", by=lina)
