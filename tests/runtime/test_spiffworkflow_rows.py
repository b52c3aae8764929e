"""What SpiffWorkflow does wrong as it comes, row by row: none of it may come back."""

import random
from datetime import timedelta

import pytest

from .diagrams import (
    boundary,
    catch,
    catch_all_error,
    end,
    error,
    error_event,
    event_start,
    event_sub_process,
    link_event,
    message,
    message_event,
    parallel,
    process,
    script,
    service_task,
    start,
    sub_process,
    task,
    throw,
    user_task,
    xor,
)
from .world import World


def joined_loop(rounds):
    return process(
        "loop",
        start(),
        xor("again"),
        parallel("split"),
        service_task("A", "a"),
        service_task("B", "b"),
        parallel("join"),
        script("count", "=n + 1", "n"),
        xor("enough", default="flow_2_0"),
        end(),
        flows="start>again>split>A>join>count>enough; split>B>join; enough>again; "
        f"enough>end [=n >= {rounds}]",
    )


def test_a_join_in_a_loop_waits_for_both_branches_in_any_order_over_a_hundred_rounds(world):
    order = random.Random(4)
    world.deploy(joined_loop(100))
    instance = world.start("loop", {"n": 0})

    for done in range(100):
        first, second = order.sample(["a", "b"], 2)
        assert world.count(instance, "join:completed") == done
        world.complete_job(first)
        assert world.count(instance, "join:completed") == done
        world.complete_job(second)

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["n"] == 100
    assert world.count(instance, "join:completed") == 100


def test_a_parallel_approval_that_loops_back_three_times_needs_both_approvals_each_time(world):
    world.deploy(
        process(
            "approval",
            start(),
            user_task("draft"),
            parallel("split"),
            user_task("legal"),
            user_task("finance"),
            parallel("join"),
            xor("agreed", default="flow_2_0"),
            end("approved"),
            flows="start>draft>split>legal>join>agreed; split>finance>join; agreed>draft; "
            "agreed>approved [=legal and finance]",
        )
    )
    instance = world.start("approval")

    for order in (("legal", "finance"), ("finance", "legal"), ("finance", "legal")):
        world.complete_user_task("draft")
        for approver in order:
            world.complete_user_task(approver, {approver: False})
    world.complete_user_task("draft")
    world.complete_user_task("finance", {"finance": True})
    assert world.state(instance) == "ACTIVE"
    world.complete_user_task("legal", {"legal": True})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "join:completed") == 4
    assert world.count(instance, "legal:completed") == 4


def test_an_error_in_one_subprocess_leaves_its_sibling_alone(world):
    def branch(name):
        return sub_process(
            name,
            start(f"{name}_start"),
            service_task(f"{name}_work", name),
            end(f"{name}_end"),
            flows=f"{name}_start>{name}_work>{name}_end",
        )

    world.deploy(
        process(
            "siblings",
            start(),
            parallel("split"),
            branch("left"),
            branch("right"),
            boundary("left_failed", "left", error_event("boom")),
            boundary("right_failed", "right", error_event("boom").replace("boom_event", "boom_event_2")),
            end("left_done"),
            end("right_done"),
            end("left_caught"),
            end("right_caught"),
            flows="start>split>left>left_done; split>right>right_done; "
            "left_failed>left_caught; right_failed>right_caught",
            roots=error("boom", "BOOM"),
        )
    )
    instance = world.start("siblings")

    world.throw_error("left", "BOOM")

    assert world.active(instance) == ["right", "right_work"]
    world.complete_job("right")
    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "left_caught:completed") == 1
    assert world.count(instance, "right_caught:activated") == 0


@pytest.mark.parametrize(("code", "caught"), [("A", "exact"), ("OTHER", "any")])
def test_an_exact_error_boundary_wins_over_a_catch_all_and_only_one_fires(world, code, caught):
    world.deploy(
        process(
            "catching",
            start(),
            service_task("work", "work"),
            boundary("any", "work", catch_all_error()),
            boundary("exact", "work", error_event("a")),
            end("end"),
            end("end_any"),
            end("end_exact"),
            flows="start>work>end; any>end_any; exact>end_exact",
            roots=error("a", "A"),
        )
    )
    instance = world.start("catching")

    world.throw_error("work", code)

    fired = [event for event in world.events(instance) if event in ("any:completed", "exact:completed")]
    assert fired == [f"{caught}:completed"]
    assert world.state(instance) == "COMPLETED"


def test_a_non_interrupting_message_boundary_fires_as_often_as_a_message_comes(world):
    world.deploy(
        process(
            "reminders",
            start(),
            user_task("work"),
            boundary("reminded", "work", message_event("remind"), interrupting=False),
            end(),
            end("sent"),
            flows="start>work>end; reminded>sent",
            roots=message("remind", "remind"),
        )
    )
    instance = world.start("reminders", {"orderId": "7"})

    for _ in range(5):
        world.publish("remind", "7", ttl=timedelta())

    assert world.count(instance, "sent:completed") == 5
    assert world.active(instance) == ["work"]
    world.complete_user_task("work")
    assert world.state(instance) == "COMPLETED"
    assert not world.subscriptions


def test_a_message_event_subprocess_at_the_top_interrupts(world):
    world.deploy(
        process(
            "withdrawn",
            start(),
            user_task("work"),
            end(),
            event_sub_process(
                "cancelled",
                event_start("withdraw", message_event("withdraw_message")),
                task("tidy"),
                end("tidied"),
                flows="withdraw>tidy>tidied",
            ),
            flows="start>work>end",
            roots=message("withdraw_message", "withdraw"),
        )
    )
    instance = world.start("withdrawn", {"orderId": "7"})

    world.publish("withdraw", "7", {"reason": "late"})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "work:terminated") == 1
    assert world.count(instance, "tidy:completed") == 1
    assert world.variables(instance)["reason"] == "late"
    assert not world.user_tasks


def test_elements_may_have_the_names_of_spiffworkflows_own_specs(world):
    world.deploy(
        process(
            "Root",
            start("Start"),
            task("End"),
            task("Root.EndJoin"),
            end("Finish"),
            flows="Start>End>Root.EndJoin>Finish",
        )
    )

    instance = world.start("Root")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "End:completed") == 1
    assert world.count(instance, "Root.EndJoin:completed") == 1


def test_a_link_takes_the_token_along(world):
    world.deploy(
        process(
            "linked",
            start(),
            throw("away", link_event("L")),
            catch("here", link_event("L").replace("link_L", "link_L2")),
            task("after"),
            end(),
            flows="start>away; here>after>end",
        )
    )

    instance = world.start("linked")

    assert world.count(instance, "after:completed") == 1
    assert world.state(instance) == "COMPLETED"


def test_two_thousand_elements_in_a_row_run(world):
    names = [f"t{n}" for n in range(2000)]
    world.deploy(
        process(
            "row", start(), *(task(name) for name in names), end(), flows=">".join(["start", *names, "end"])
        )
    )

    instance = world.start("row")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "t1999:completed") == 1


def test_a_hundred_subprocesses_inside_each_other_run_and_can_be_cancelled(world):
    inner = user_task("deepest") + "".join(
        f'<bpmn:sequenceFlow id="d{i}" sourceRef="{a}" targetRef="{b}"/>'
        for i, (a, b) in enumerate([("s100", "deepest"), ("deepest", "e100")])
    )
    inner = start("s100") + inner + end("e100")
    for level in range(99, -1, -1):
        name = f"sub{level}"
        inner = (
            start(f"s{level}")
            + sub_process(name, inner)
            + end(f"e{level}")
            + f'<bpmn:sequenceFlow id="a{level}" sourceRef="s{level}" targetRef="{name}"/>'
            + f'<bpmn:sequenceFlow id="b{level}" sourceRef="{name}" targetRef="e{level}"/>'
        )
    world.deploy(process("deep", inner))
    finished, cancelled = world.start("deep"), world.start("deep")

    world.complete_user_task("deepest")
    world.cancel(cancelled)

    assert world.state(finished) == "COMPLETED"
    assert world.state(cancelled) == "TERMINATED"
    assert world.count(cancelled, "sub0:terminated") == 1


@pytest.mark.parametrize(("reload", "rounds"), [(False, 10_000), (True, 500)], ids=["in-memory", "reloaded"])
def test_a_loop_with_a_user_task_and_a_parallel_block_keeps_its_live_state_small(reload, rounds):
    world = World(reload=reload)
    world.deploy(
        process(
            "rounds",
            start(),
            xor("again"),
            user_task("work"),
            parallel("split"),
            task("a"),
            task("b"),
            parallel("join"),
            xor("enough", default="flow_2_0"),
            end(),
            flows="start>again>work>split>a>join>enough; split>b>join; enough>again; enough>end [=stop]",
        )
    )
    instance = world.start("rounds", {"stop": False})
    sizes = []

    for _ in range(rounds):
        world.complete_user_task("work", {"stop": False})
        sizes.append(sum(map(len, world.store.elements[instance].values())))
    world.complete_user_task("work", {"stop": True})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "join:completed") == rounds + 1
    assert sizes[-1] <= sizes[10] + 20


def test_conditions_are_never_python(world):
    with pytest.raises(AssertionError):
        world.deploy(
            process(
                "python",
                start(),
                xor("xor", default="flow_1_0"),
                end("a"),
                end("b"),
                flows="start>xor>a [=__import__('os').getpid() > 0]; xor>b",
            )
        )
