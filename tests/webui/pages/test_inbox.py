"""The inbox: what it shows, claims, filters and pages."""

import re
from datetime import timedelta

from tests.webui.pages.conftest import words


def test_tasks_stand_in_groups_by_due_date_with_their_business_facts(person, service_request, clock):
    service_request("Early", 3_800_000)
    clock.advance(timedelta(days=3))
    service_request("Late", 20)
    lina = person("lina", groups=["cpo"])

    page = words(lina.get("/inbox"))

    assert page.index("Overdue") < page.index("Early") < page.index("This week") < page.index("Late")
    assert "3,800,000" in page
    assert "Whole-life value (CNY)" in page


def test_a_task_is_claimed_and_given_back(person, service_request):
    key = service_request()
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")

    claimed = lina.post(f"/tasks/{key}/claim", {"back": "/inbox?view=todo"})
    mine = words(lina.get("/inbox?view=mine"))
    lina.post(f"/tasks/{key}/unclaim")

    assert claimed.location == "/inbox?view=todo"
    assert "Helpdesk" in mine
    assert "Helpdesk" not in words(lina.get("/inbox?view=mine"))


def test_a_claim_leads_nowhere_else(person, service_request):
    key = service_request()
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")

    assert lina.post(f"/tasks/{key}/claim", {"back": "https://example.org"}).location == f"/tasks/{key}"


def test_the_second_to_claim_is_told_who_was_quicker(person, service_request):
    key = service_request()
    lina, tom = person("lina", groups=["cpo"]), person("tom", groups=["cpo"])
    tom.get("/inbox")
    lina.get("/inbox")
    lina.post(f"/tasks/{key}/claim")

    answer = tom.post(f"/tasks/{key}/claim")

    assert answer.status_code == 409
    assert "Lina has taken this task" in words(answer)


def test_filters_stand_in_the_address_and_can_be_cleared(person, service_request):
    service_request("Helpdesk")
    service_request("Canteen")
    lina = person("lina", groups=["cpo"])

    found = words(lina.get("/inbox?q=Canteen&process=service_request&order=name"))
    nothing = words(lina.get("/inbox?q=zzz"))

    assert "Canteen" in found
    assert "Helpdesk" not in found
    assert "Nothing fits the filter" in nothing
    assert "Clear filters" in nothing


def test_a_long_list_goes_on_without_gaps_or_repeats(person, service_request):
    for number in range(53):
        service_request(f"Case {number:02}")
    lina = person("lina", groups=["cpo"])

    first = lina.get("/inbox").text
    following = re.search(r'href="([^"]+cursor=[^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = lina.get(following).text

    shown = [set(re.findall(r"Case \d\d", page)) for page in (first, second)]
    assert [len(page) for page in shown] == [50, 3]
    assert not shown[0] & shown[1]


def test_done_work_stands_in_its_own_view(person, service_request, engine):
    key = service_request()
    lina = person("lina", groups=["cpo"])
    lina.get("/inbox")
    lina.post(f"/tasks/{key}/claim")
    lina.post(f"/tasks/{key}", {"f.approvedAmount": "1", "f.urgent": "no", "outcome": "reject"})

    done = words(lina.get("/inbox?view=done"))

    assert "Helpdesk" in done
    assert "Reject" in done
    assert "All clear" in words(lina.get("/inbox"))


def test_others_tasks_are_not_seen(person, service_request):
    key = service_request()
    stranger = person("stranger")

    assert "Helpdesk" not in words(stranger.get("/inbox"))
    assert stranger.get(f"/tasks/{key}").status_code == 404
    assert stranger.get(f"/tasks/{key}/preview").status_code == 404


def test_a_page_learns_that_the_list_has_changed(person, service_request):
    service_request("One")
    lina = person("lina", groups=["cpo"])
    address = re.search(r'data-pulse="([^"]+)"', lina.get("/inbox").text)[1].replace("&amp;", "&")

    before = lina.get(address)
    service_request("Two")
    after = lina.get(address)

    assert before.status_code == 204
    assert "The list has changed" in after.text
