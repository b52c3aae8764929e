"""An approver's day: sign in, open a task, get a value wrong, correct it, decide, see where it went."""

import re

import pytest
from playwright.sync_api import expect

WORDS = {
    "en": {
        "inbox": "Inbox",
        "claim": "Claim",
        "amount": "Approved amount",
        "too_much": "Must be 50,000 or less.",
        "approve": "Approve",
        "done": "Completed: Approve request.",
        "step": "Confirm order",
    },
    "zh": {
        "inbox": "待办",
        "claim": "认领",
        "amount": "批准金额",
        "too_much": "不得大于 50,000。",
        "approve": "批准",
        "done": "已完成：审批申请。",
        "step": "确认订单",
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_approver_corrects_a_wrong_value_and_sees_the_token_move(visit, request_service, language):
    words = WORDS[language]
    request_service(f"Helpdesk {language}")
    visitor = visit(language)
    page = visitor.page
    visitor.sign_in("lina")
    expect(page.locator("h1")).to_contain_text(words["inbox"])
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[language]

    page.locator(".row", has_text=f"Helpdesk {language}").get_by_role("link").first.click()
    page.get_by_role("button", name=words["claim"]).click()
    page.get_by_label(words["amount"]).fill("60000")
    page.locator("input[name='f.urgent'][value=no]").check()
    page.get_by_role("button", name=words["approve"], exact=True).click()

    expect(page.locator("#mistakes")).to_be_focused()
    expect(page.locator("#f-approvedAmount-error")).to_contain_text(words["too_much"])
    expect(page.get_by_label(words["amount"])).to_have_value("60000")

    page.get_by_label(words["amount"]).fill("45,000.50")
    page.get_by_role("button", name=words["approve"], exact=True).click()

    expect(page.get_by_role("status")).to_contain_text(words["done"])
    page.get_by_role("status").get_by_role("link").click()
    diagram = visitor.diagram()
    expect(diagram.locator("g[data-element-id=confirm_order]")).to_have_class(re.compile("is-active"))
    expect(diagram.locator("g[data-element-id=approve_request]")).to_have_class(re.compile("is-done"))
    expect(page.locator("tr.waiting[data-element=confirm_order]")).to_contain_text(words["step"])


def test_the_whole_way_works_without_javascript(visit, request_service):
    request_service("No script")
    visitor = visit(javascript=False)
    page = visitor.page
    visitor.sign_in("lina")
    page.locator(".row", has_text="No script").get_by_role("link").first.click()
    page.get_by_role("button", name="Claim").click()

    page.get_by_label("What").fill("Licences")
    page.get_by_role("button", name="Add row").click()
    page.get_by_label("What").nth(1).fill("Training")
    page.locator("input[name='f.urgent'][value=yes]").check()
    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.locator("#f-approvedAmount-error")).to_contain_text("Fill this in.")
    expect(page.locator("#f-urgencyReason-error")).to_contain_text("Fill this in.")
    assert page.get_by_label("What").nth(1).input_value() == "Training"

    page.get_by_label("Approved amount").fill("100")
    page.get_by_label("Why is it urgent?").fill("The old contract ends on Friday.")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Completed")


def test_what_was_typed_is_kept_as_a_draft_and_conditions_apply_at_once(visit, request_service):
    request_service("Draft")
    visitor = visit()
    page = visitor.page
    visitor.sign_in("lina")
    page.locator(".row", has_text="Draft").get_by_role("link").first.click()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_label("Why is it urgent?")).to_have_count(0)

    page.get_by_label("Approved amount").fill("777")
    page.locator("input[name='f.urgent'][value=yes]").check()

    expect(page.get_by_label("Why is it urgent?")).to_be_visible()
    expect(page.locator(".saved")).to_contain_text("Draft saved")
    page.locator("input[name='f.urgent'][value=no]").check()
    expect(page.get_by_label("Why is it urgent?")).to_have_count(0)
    page.locator("input[name='f.urgent'][value=yes]").check()
    expect(page.get_by_label("Why is it urgent?")).to_be_visible()
    page.get_by_label("What").fill("typed and not left yet")
    page.get_by_role("button", name="Add row").click()
    expect(page.get_by_label("What")).to_have_count(2)
    expect(page.get_by_label("What").nth(1)).to_be_focused()
    page.wait_for_timeout(2_500)
    expect(page.get_by_label("What")).to_have_count(2)
    expect(page.get_by_label("What").first).to_have_value("typed and not left yet")
    page.reload()
    expect(page.get_by_label("Approved amount")).to_have_value("777")
    expect(page.locator("input[name='f.urgent'][value=yes]")).to_be_checked()


def test_the_inbox_is_worked_with_the_keyboard(visit, request_service):
    for number in range(3):
        request_service(f"Keys {number}")
    visitor = visit()
    page = visitor.page
    visitor.sign_in("lina")
    page.goto(f"{visitor.address}/inbox?q=Keys&view=groups")
    expect(page.locator("#preview")).to_contain_text("Keys")

    page.keyboard.press("j")
    expect(page.locator(".row.selected")).to_contain_text("Keys")
    page.keyboard.press("c")
    expect(page.locator(".row")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_contain_text("Approve request")
    expect(page.locator("html.js")).to_be_attached()
    page.keyboard.press("u")
    expect(page.locator("h1")).to_contain_text("Inbox")
    expect(page.locator("html.js")).to_be_attached()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_a_file_is_uploaded_with_the_form_and_offered_again(visit, request_service, tmp_path):
    request_service("Files")
    paper = tmp_path / "报价.txt"
    paper.write_text("12.50", encoding="utf-8")
    visitor = visit()
    page = visitor.page
    visitor.sign_in("lina")
    page.locator(".row", has_text="Files").get_by_role("link").first.click()
    page.get_by_role("button", name="Claim").click()

    page.set_input_files("input[type=file]", paper)
    expect(page.locator(".option.kept")).to_contain_text("报价.txt")
    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.locator("#mistakes")).to_be_visible()
    expect(page.locator(".option.kept")).to_have_count(1)
    with page.expect_download() as download:
        page.locator(".option.kept a").click()
    assert download.value.suggested_filename == "报价.txt"


def test_pages_fit_a_phone_without_sideways_scrolling(visit, request_service):
    key = request_service("Phone")
    visitor = visit(width=390)
    visitor.sign_in("admin")
    for path in ("/inbox", "/start", "/instances", f"/instances/{key}", "/definitions", "/users"):
        visitor.go(path)
        root = "document.documentElement"
        assert visitor.page.evaluate(f"() => {root}.scrollWidth - {root}.clientWidth") <= 0, path
