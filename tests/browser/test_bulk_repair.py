"""An administrator repairs many instances: ticked in the list, previewed, confirmed, watched to the end."""

import pytest
from playwright.sync_api import expect

from engine import SYSTEM, BatchOperationType, BatchRepair, InstanceState, ProcessInstanceFilter

WORDS = {
    "en": {"preview": "Preview", "reason": "Reason", "selected": "2 selected", "go": "Cancel instances (2)"},
    "zh": {"preview": "预览", "reason": "原因", "selected": "已选 2 个", "go": "取消实例 (2)"},
}


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 390)])
def test_chosen_instances_are_cancelled_with_the_keyboard(visit, engine, request_service, language, width):
    words = WORDS[language]
    keys = [request_service(f"Bulk {language} {n}") for n in range(3)]
    visitor = visit(language, width=width)
    page = visitor.page
    visitor.sign_in("admin")
    visitor.go(f"/instances?process=service_request&q=Bulk {language}")
    for key in keys[:2]:
        page.locator(f"input[name=key][value='{key}']").press("Space")
    expect(page.locator("#bulk select[name=scope] option").first).to_have_text(words["selected"])
    page.locator("#bulk select[name=kind]").select_option("CANCEL_PROCESS_INSTANCE")
    page.locator("#bulk").get_by_role("button", name=words["preview"]).press("Enter")

    page.get_by_label(words["reason"]).fill("asked twice")
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits)
    page.get_by_role("button", name=words["go"]).press("Enter")

    expect(page.locator("#progress")).to_have_attribute("data-state", "COMPLETED")
    expect(page.locator("#progress .counts dd").first).to_have_text("2")
    assert page.evaluate(fits)
    states = [engine.process_instance(key, by=SYSTEM).state for key in keys]
    assert states == [InstanceState.TERMINATED] * 2 + [InstanceState.ACTIVE]


def test_the_progress_is_looked_at_again_without_taking_the_focus_away(visit, engine, request_service):
    key = request_service("Patience")
    batch = engine.create_batch_operation(
        BatchRepair(type=BatchOperationType.SUSPEND_PROCESS_INSTANCE),
        ProcessInstanceFilter(keys=(key,)),
        by=SYSTEM,
    )
    engine.suspend_batch_operation(batch.key, by=SYSTEM)
    visitor = visit()
    visitor.sign_in("admin")
    visitor.go(f"/batches/{batch.key}")
    visitor.page.get_by_role("button", name="Stop").focus()

    with visitor.page.expect_response("**/progress", timeout=8_000) as polled:
        visitor.page.evaluate(
            """(address) => htmx.ajax("GET", address, {target: "#progress", swap: "outerMorph"})""",
            f"/batches/{batch.key}/progress",
        )

    assert polled.value.ok
    expect(visitor.page.get_by_role("button", name="Stop")).to_be_focused()
