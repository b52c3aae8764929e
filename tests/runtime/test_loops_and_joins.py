"""Standard loops, inclusive joins, conditional flows."""

from .diagrams import (
    end,
    inclusive,
    parallel,
    process,
    script,
    standard_loop,
    start,
    task,
    user_task,
    xor,
)


def test_a_standard_loop_runs_while_its_condition_holds(world):
    world.deploy(
        process(
            "loop",
            start(),
            script("add", "=n + 1", "n", inner=standard_loop("=n < 5")),
            end(),
            flows="start>add>end",
        )
    )

    instance = world.start("loop", {"n": 0})

    assert world.variables(instance) == {"n": 5}
    assert world.count(instance, "add:completed") == 5


def test_a_standard_loop_may_be_tested_before_and_has_a_maximum(world):
    world.deploy(
        process(
            "never",
            start(),
            script("add", "=n + 1", "n", inner=standard_loop("=n < 5", before=True)),
            end(),
            flows="start>add>end",
        ),
        process(
            "most",
            start(),
            script("add", "=n + 1", "n", inner=standard_loop(maximum=3)),
            end(),
            flows="start>add>end",
        ),
    )

    assert world.variables(world.start("never", {"n": 9})) == {"n": 9}
    assert world.variables(world.start("most", {"n": 0})) == {"n": 3}


def test_an_inclusive_join_waits_for_the_branches_that_were_taken(world):
    world.deploy(
        process(
            "some",
            start(),
            inclusive("split"),
            user_task("a"),
            user_task("b"),
            user_task("c"),
            inclusive("join"),
            end(),
            flows="start>split; split>a [=x > 1]; split>b [=x > 2]; split>c [=x > 3]; "
            "a>join; b>join; c>join; join>end",
        )
    )
    instance = world.start("some", {"x": 3})
    assert world.active(instance) == ["a", "b"]

    world.complete_user_task("b")
    assert world.count(instance, "join:activated") == 0
    world.complete_user_task("a")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "join:completed") == 1


def test_an_inclusive_join_waits_for_a_loop_that_can_still_reach_it(world):
    world.deploy(
        process(
            "looping",
            start(),
            inclusive("split"),
            task("quick"),
            xor("again"),
            user_task("slow"),
            xor("good", default="flow_5_0"),
            inclusive("join"),
            end(),
            flows="start>split; split>quick [=true]; split>again [=true]; quick>join; again>slow>good; "
            "good>again; good>join [=ok]; join>end",
        )
    )
    instance = world.start("looping", {"ok": False})

    for _ in range(3):
        world.complete_user_task("slow", {"ok": False})
        assert world.count(instance, "join:activated") == 0
    world.complete_user_task("slow", {"ok": True})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "join:completed") == 1


def test_conditional_flows_may_leave_an_activity(world):
    world.deploy(
        process(
            "flows",
            start(),
            task("work"),
            end("a"),
            end("b"),
            flows="start>work; work>a [=x > 1]; work>b [=x > 2]",
        )
    )

    one, both = world.start("flows", {"x": 2}), world.start("flows", {"x": 3})

    assert (world.count(one, "a:completed"), world.count(one, "b:completed")) == (1, 0)
    assert (world.count(both, "a:completed"), world.count(both, "b:completed")) == (1, 1)


def test_a_parallel_join_with_a_token_that_never_comes_keeps_the_process_open(world):
    world.deploy(
        process(
            "open",
            start(),
            xor("one", default="flow_0_1"),
            task("a"),
            task("b"),
            parallel("join"),
            end(),
            flows="start>one>a>join>end; b>join; one>b [=false]",
        )
    )

    instance = world.start("open")

    assert world.state(instance) == "ACTIVE"
    assert world.active(instance) == []


def test_an_inclusive_join_in_a_parallel_branch_of_a_loop_does_not_wait_for_the_other_branch(world):
    world.deploy(
        process(
            "mutual",
            start(),
            xor("again"),
            parallel("split"),
            task("other"),
            inclusive("some", default="flow_3_0"),
            task("a"),
            task("b"),
            inclusive("together"),
            parallel("join"),
            user_task("check"),
            xor("good", default="flow_4_0"),
            end(),
            flows="start>again>split>other>join>check>good; split>some; some>a [=false]; some>b>together; "
            "good>again; a>together>join; good>end [=ok]",
        )
    )
    instance = world.start("mutual")

    world.complete_user_task("check", {"ok": False})
    world.complete_user_task("check", {"ok": True})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "together:completed") == 2
