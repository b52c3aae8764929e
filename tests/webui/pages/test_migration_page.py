"""The migration page: choose a version, map what is active, look, apply."""

import html
import io
import re

import pytest

from engine import SYSTEM, UserTaskFilter
from tests.engine.diagrams import boundary, end, process, service_task, start, timer_event, user_task
from tests.webui.pages.conftest import words

LATE = timer_event("Duration", "PT1H")


@pytest.fixture
def operator(person):
    operator = person("olga", permissions=["operate"])
    operator.get("/inbox")
    return operator


@pytest.fixture
def key(deploy, engine):
    """An instance of version 1 that waits at `a` with a timer."""
    nodes = (start(), user_task("a"), boundary("late", "a", LATE), end())
    deploy(process("p", *nodes, flows="start>a>end; late>end"))
    return engine.start_process_instance("p", by=SYSTEM).key


@pytest.fixture
def two(key, deploy):
    """Version 2: `a` is called `b`, and its timer `overdue`."""
    nodes = (start(), user_task("b"), boundary("overdue", "b", LATE), user_task("c"), end())
    return deploy(process("p", *nodes, flows="start>b>c>end; overdue>end")).processes[0]


def chosen(page, field):
    """The chosen option of a select, and all its values."""
    select = re.search(rf'<select id="{field}".*?</select>', page.text, re.DOTALL)[0]
    values = re.findall(r'<option value="([^"]*)"', select)
    picked = re.search(r'<option value="([^"]*)" selected', select)
    return (picked[1] if picked else ""), values


def form(page, **mapping):
    text = html.unescape(page.text)
    return {
        "target": re.search(r'name="target" value="(\d+)"', text)[1],
        "seen": re.search(r'name="seen" value="(\d+)"', text)[1],
        **{f"map:{source}": target for source, target in mapping.items()},
    }


def test_the_instance_page_leads_to_it(operator, key):
    assert f"/instances/{key}/migration" in operator.get(f"/instances/{key}").text


def test_it_offers_the_newest_other_version_with_everything_under_its_own_id(operator, key, deploy):
    nodes = (start(), user_task("a"), boundary("late", "a", LATE), user_task("c"), end())
    deploy(process("p", *nodes, flows="start>a>c>end; late>end"))

    page = operator.get(f"/instances/{key}/migration")

    assert chosen(page, "map:a") == ("a", ["", "a", "c"])
    assert chosen(page, "map:late") == ("late", ["", "late"])
    assert "What it comes to" in words(page)
    assert "This cannot be done yet" not in words(page)


def test_what_is_not_mapped_is_told_and_nothing_is_changed(operator, key, two, engine):
    page = operator.get(f"/instances/{key}/migration")
    assert "This cannot be done yet" in words(page)
    assert "Not mapped · a" in words(page)

    answer = operator.post(f"/instances/{key}/migration", form(page, a="") | {"do": "apply"})

    assert answer.status_code == 409
    assert "Not mapped · a" in words(answer)
    assert engine.process_instance(key, by=SYSTEM).process_version == 1


def test_a_check_shows_what_goes_on_waiting_and_keeps_the_choices(operator, key, two, engine):
    page = operator.get(f"/instances/{key}/migration")

    kept = operator.post(f"/instances/{key}/migration", form(page, a="b", late="overdue") | {"do": "check"})
    assert "Checked: it can be done" in words(kept)
    assert "Go on waiting as before overdue" in words(kept)
    anew = operator.post(f"/instances/{key}/migration", form(page, a="b", late="") | {"do": "check"})

    assert chosen(anew, "map:a")[0] == "b"
    assert "No longer waited for late" in words(anew)
    assert "Waited for from now on overdue" in words(anew)
    assert engine.process_instance(key, by=SYSTEM).process_version == 1


def test_applying_it_leads_back_to_the_instance_which_tells_of_it(operator, key, two, engine):
    page = operator.get(f"/instances/{key}/migration")

    filled = form(page, a="b", late="overdue") | {"do": "apply", "reason": "version 1 was wrong"}
    answer = operator.post(f"/instances/{key}/migration", filled, follow=True)

    assert "The instance goes on under version 2." in words(answer)
    assert "Moved to another version" in words(answer)
    assert "version 1 was wrong" in words(answer)
    assert engine.process_instance(key, by=SYSTEM).definition_key == two.key
    [task] = engine.user_tasks(UserTaskFilter(process_instance_key=key), by=SYSTEM).items
    assert task.element_id == "b"


def test_a_page_older_than_the_instance_changes_nothing(operator, key, two, engine):
    page = operator.get(f"/instances/{key}/migration")
    engine.set_variables(key, {"x": 1}, by=SYSTEM)

    answer = operator.post(f"/instances/{key}/migration", form(page, a="b") | {"do": "apply"})

    assert answer.status_code == 409
    assert "This page is older than the data" in words(answer)
    assert engine.process_instance(key, by=SYSTEM).process_version == 1


def test_another_process_can_be_chosen(operator, key, deploy, engine):
    other = deploy(process("q", start(), user_task("x"), end(), flows="start>x>end")).processes[0]

    page = operator.get(f"/instances/{key}/migration?target={other.key}")
    operator.post(f"/instances/{key}/migration", form(page, a="x") | {"do": "apply"})

    assert engine.process_instance(key, by=SYSTEM).process_id == "q"


def test_without_another_version_there_is_nothing_to_choose(operator, key):
    assert "There is no other version." in words(operator.get(f"/instances/{key}/migration"))


def test_only_operators_see_it(person, key, two):
    lina = person("lina", groups=["cpo"])

    assert lina.get(f"/instances/{key}/migration").status_code == 403
    assert lina.post(f"/instances/{key}/migration", {"target": two.key}).status_code == 403


def test_steps_from_before_keep_their_names(operator, deploy, engine):
    nodes = (start(), service_task("s", "work").replace('name="s"', 'name="Old step"'), user_task("a"), end())
    deploy(process("p", *nodes, flows="start>s>a>end"))
    key = engine.start_process_instance("p", by=SYSTEM).key
    [job] = engine.jobs(by=SYSTEM).items
    engine.complete_job(job.key, by=SYSTEM)
    two = deploy(process("p", start(), user_task("a"), end(), flows="start>a>end")).processes[0]

    engine.migrate_process_instance(key, two.key, by=SYSTEM)

    assert "Old step" in words(operator.get(f"/instances/{key}"))


def test_it_speaks_chinese(person, key, two):
    page = words(person("wei", "zh", permissions=["operate"]).get(f"/instances/{key}/migration"))

    assert "元素对应关系" in page
    assert "没有对应的元素" in page


def test_an_upload_tells_how_many_running_instances_could_migrate(person, key):
    analyst = person("anna", permissions=["deploy"])
    analyst.get("/definitions/upload")
    later = process("p", start(), user_task("a"), user_task("c"), end(), flows="start>a>c>end")

    answer = analyst.post(
        "/definitions/upload", {"files": (io.BytesIO(later.content), later.name)}, follow=True
    )

    assert "of 1 instances that run under other versions, 1 could migrate as they are" in words(answer)
