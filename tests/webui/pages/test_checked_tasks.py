"""Tasks with listeners: a check that says no at once, and one that takes its time."""

import pytest

from engine import SYSTEM, HandlerRegistry, JobContext, JobFilter, TaskListenerResult, UserTaskFilter, handler
from tests.engine.diagrams import end, process, start, user_task
from tests.webui.pages.conftest import words


@handler("checkIt")
def check_it(job: JobContext, strict: bool = False) -> None:
    if strict:
        job.deny("The contract is missing.")


@pytest.fixture
def handlers():
    return HandlerRegistry([check_it])


@pytest.fixture
def lina(person, engine, deploy):
    """`lina(listener, variables)` starts a process with a task of hers and answers her client; `.key`."""

    def begin(listener, variables=None, **more):
        work = user_task("work", assignee="lina", listeners=[listener], **more)
        deploy(process("checked", start(), work, end(), flows="start>work>end"))
        client = person("lina")
        engine.start_process_instance("checked", variables=variables, by=SYSTEM)
        (task,) = engine.user_tasks(UserTaskFilter(), by=SYSTEM).items
        client.key = task.key
        client.get("/inbox")
        return client

    return begin


def test_a_check_that_says_no_leaves_the_page_open_with_its_reason(lina):
    client = lina("completing checkIt", {"strict": True})

    answer = client.post(f"/tasks/{client.key}", {})

    assert answer.status_code == 409
    assert "This was not accepted: The contract is missing." in words(answer)
    assert "data-send" in answer.text


def test_a_task_that_is_being_checked_says_so_and_offers_nothing(lina, engine):
    client = lina("completing later")

    client.post(f"/tasks/{client.key}", {})

    assert "It counts when it has been checked." in words(client.get("/inbox"))
    assert "Being checked" in words(client.get("/inbox"))
    page = client.get(f"/tasks/{client.key}")
    assert "What was sent is being checked before it counts." in words(page)
    assert "data-send" not in page.text


def test_who_comes_while_a_task_is_being_checked_is_told(lina):
    client = lina("completing later")
    client.post(f"/tasks/{client.key}", {})

    answer = client.post(f"/tasks/{client.key}/unclaim", {})

    assert answer.status_code == 409
    assert "The task is being checked" in words(answer)


def test_a_late_no_stands_in_the_history_of_the_task(lina, engine):
    client = lina("completing later")
    client.post(f"/tasks/{client.key}", {})
    (job,) = engine.jobs(JobFilter(type="later"), by=SYSTEM).items

    no = TaskListenerResult(denied=True, denied_reason="The contract is missing.")
    engine.complete_job(job.key, result=no, by=SYSTEM)

    history = words(client.get(f"/tasks/{client.key}?tab=history"))
    assert "A check said no" in history
    assert "The contract is missing." in history
