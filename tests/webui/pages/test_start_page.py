"""Starting a process from its form."""

from engine import SYSTEM
from tests.webui.pages.conftest import RESOURCES, words


def test_cards_show_what_a_person_may_start(person, service_request):
    service_request()

    may = person("lina", permissions=["start"])
    may_not = person("tom")

    assert "Asks for an additional service" in words(may.get("/start"))
    assert "服务申请" in words(person("wei", "zh", permissions=["start"]).get("/start"))
    assert "There is nothing you may start" in words(may_not.get("/start"))
    assert "Nothing fits the filter" in words(may.get("/start?q=zzz"))


def test_a_wrong_start_form_starts_nothing_and_keeps_what_was_typed(person, deploy, engine):
    deploy(*sorted(RESOURCES.iterdir()))
    lina = person("lina", permissions=["start"])
    lina.get("/start/service_request")

    answer = lina.post(
        "/start/service_request", {"f.title": "Help", "f.amountCny": "0", "business_key": "CASE-1"}
    )

    assert answer.status_code == 422
    assert "Title: Write at least 5 characters." in words(answer)
    assert "Service category: Fill this in." in words(answer)
    assert 'value="CASE-1"' in answer.text
    assert engine.process_instances(by=SYSTEM).total == 0


def test_a_started_process_shows_itself(person, deploy, engine):
    deploy(*sorted(RESOURCES.iterdir()))
    lina = person("lina", permissions=["start"])
    lina.get("/start/service_request")

    answer = lina.post(
        "/start/service_request",
        {
            "f.title": "Helpdesk",
            "f.serviceCategory": "it",
            "f.amountCny": "1200.50",
            "business_key": "CASE-1",
        },
    )

    (started,) = engine.process_instances(by=SYSTEM).items
    assert (answer.status_code, answer.location) == (303, f"/instances/{started.key}")
    assert started.business_key == "CASE-1"
    assert started.started_by == "lina"
    assert "Started: Service request." in words(lina.get(answer.location))


def test_who_may_not_start_is_told_who_can(person, deploy, engine):
    deploy(*sorted(RESOURCES.iterdir()))
    engine.create_group("buyers", "Buyers", permissions=["start"], by=SYSTEM)
    person("bert", groups=["buyers"])
    lina = person("lina")

    answer = lina.get("/start/service_request")

    assert answer.status_code == 403
    assert "start processes" in words(answer)
    assert "Buyers (Bert)" in words(answer)


def test_an_unknown_process_is_not_found(person):
    assert person("lina").get("/start/no_such_process").status_code == 404
