"""Compensation and transactions."""

from .diagrams import (
    association,
    boundary,
    cancel_event,
    compensation_event,
    end,
    error,
    error_event,
    handler,
    process,
    service_task,
    start,
    sub_process,
    task,
    terminate_event,
    throw,
    transaction,
    user_task,
)


def undoable(name):
    """An activity with its compensation handler `undo_<name>`."""
    return (
        service_task(name, name)
        + boundary(f"b_{name}", name, compensation_event().replace('id="', f'id="{name}_'))
        + handler(f"undo_{name}", f"undo_{name}")
        + association(f"b_{name}", f"undo_{name}")
    )


def test_what_has_completed_is_undone_and_the_throwing_event_waits_for_it(world):
    world.deploy(
        process(
            "undo",
            start(),
            undoable("book"),
            undoable("pay"),
            user_task("decide"),
            throw("undo_all", compensation_event()),
            end(),
            flows="start>book>decide>undo_all>end",
        )
    )
    instance = world.start("undo")
    world.complete_job("book")
    world.complete_user_task("decide")

    assert world.active(instance) == ["undo_all", "undo_book"]
    world.complete_job("undo_book")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "undo_pay:activated") == 0


def test_one_activity_can_be_undone_by_its_id_and_only_once(world):
    world.deploy(
        process(
            "one",
            start(),
            undoable("a"),
            undoable("b"),
            throw("first_a", compensation_event("a")),
            throw("then_rest", compensation_event().replace('id="compensate_', 'id="rest_')),
            end(),
            flows="start>a>b>first_a>then_rest>end",
        )
    )
    instance = world.start("one")
    world.complete_job("a")
    world.complete_job("b")

    world.complete_job("undo_a")
    world.complete_job("undo_b")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "undo_a:completed") == 1


def test_a_completed_subprocess_takes_along_what_it_could_undo(world):
    world.deploy(
        process(
            "nested",
            start(),
            sub_process("sub", start("s"), undoable("a"), end("e"), flows="s>a>e"),
            end("undo", compensation_event()),
            flows="start>sub>undo",
        )
    )
    instance = world.start("nested")
    world.complete_job("a")

    world.complete_job("undo_a")

    assert world.state(instance) == "COMPLETED"


def test_a_terminated_subprocess_has_nothing_to_undo(world):
    world.deploy(
        process(
            "lost",
            start(),
            sub_process("sub", start("s"), undoable("a"), end("fail", error_event("boom")), flows="s>a>fail"),
            boundary("caught", "sub", error_event("boom").replace("_event", "_2")),
            end(),
            end("undo", compensation_event()),
            flows="start>sub>end; caught>undo",
            roots=error("boom", "BOOM"),
        )
    )
    instance = world.start("lost")

    world.complete_job("a")

    assert world.state(instance) == "COMPLETED"
    assert not world.jobs


def test_handlers_go_with_their_throwing_event_when_it_is_cancelled(world):
    world.deploy(
        process("cancelled", start(), undoable("a"), end("undo", compensation_event()), flows="start>a>undo")
    )
    instance = world.start("cancelled")
    world.complete_job("a")
    assert [job.type for job in world.jobs.values()] == ["undo_a"]

    world.cancel(instance)

    assert not world.jobs


def test_cancelling_a_transaction_undoes_it_and_leaves_through_its_cancel_event(world):
    world.deploy(
        process(
            "refusal",
            start(),
            transaction(
                "pay", start("s"), undoable("a"), task("b"), end("no", cancel_event()), flows="s>a>b>no"
            ),
            boundary("refused", "pay", cancel_event("refused_event")),
            end(),
            end("told"),
            flows="start>pay>end; refused>told",
        )
    )
    instance = world.start("refusal")
    world.complete_job("a")
    assert world.count(instance, "told:activated") == 0

    world.complete_job("undo_a")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "told:completed") == 1
    assert world.count(instance, "pay:terminated") == 1


def test_a_terminate_end_in_a_transaction_completes_it(world):
    world.deploy(
        process(
            "done",
            start(),
            transaction("pay", start("s"), end("stop", terminate_event()), flows="s>stop"),
            end(),
            flows="start>pay>end",
        )
    )

    assert world.state(world.start("done")) == "COMPLETED"
