"""A deployment answers how many running instances of earlier versions could migrate."""

import pytest

from engine import SYSTEM, EarlierInstances

from .diagrams import end, node, process, start, user_task


@pytest.fixture
def versions(deploy):
    """`versions(*nodes, flows=...)` deploys a next version of `p` and answers what it means."""

    def deploy_next(*nodes, flows):
        result = deploy(process("p", *nodes, flows=flows))
        return result.earlier.get(result.processes[0].key)

    return deploy_next


def begin(engine, number, **how):
    return [engine.start_process_instance("p", by=SYSTEM, **how).key for _ in range(number)]


def complete(engine, *keys, element_id):
    for task in engine.user_tasks(by=SYSTEM, limit=200).items:
        if task.process_instance_key in keys and task.element_id == element_id:
            engine.complete_user_task(task.key, by=SYSTEM)


def test_the_first_version_concerns_nobody(engine, versions):
    assert versions(*ONE, flows="start>a>b>end") is None


ONE = (start(), user_task("a"), user_task("b"), end())


def test_instances_count_by_where_they_stand(engine, versions):
    versions(*ONE, flows="start>a>b>end")
    begin(engine, 3)
    complete(engine, *begin(engine, 2), element_id="a")
    ended = begin(engine, 1)
    complete(engine, *ended, element_id="a")
    complete(engine, *ended, element_id="b")

    without_b = versions(start(), user_task("a"), end(), flows="start>a>end")

    assert without_b == EarlierInstances(running=5, could_migrate=3)


def test_older_versions_count_as_well_and_an_unchanged_file_concerns_nobody(engine, versions):
    versions(*ONE, flows="start>a>b>end")
    begin(engine, 1)
    two = versions(start(), user_task("a"), end(), flows="start>a>end")
    again = versions(start(), user_task("a"), end(), flows="start>a>end")
    begin(engine, 1)
    three = versions(start(), user_task("c"), user_task("a"), end(), flows="start>c>a>end")

    assert (two, again) == (EarlierInstances(running=1, could_migrate=1), None)
    assert three == EarlierInstances(running=2, could_migrate=2)


def test_tokens_that_wait_at_a_join_count_with_their_flows(engine, versions):
    def forked(join):
        nodes = (start(), node("parallelGateway", "split"), node("parallelGateway", join))
        flows = f"start>split>a>{join}>end; split>b>{join}"
        return versions(*nodes, user_task("a"), user_task("b"), end(), flows=flows)

    forked("join")
    begin(engine, 2)
    complete(engine, *begin(engine, 3), element_id="a")

    assert forked("gate") == EarlierInstances(running=5, could_migrate=2)
    assert forked("join") == EarlierInstances(running=5, could_migrate=5)


def test_what_is_inside_of_something_counts_with_it(engine, versions):
    def nested(sub):
        inner = "".join((start("s"), user_task("a"), end("e")))
        lines = "".join(
            f'<bpmn:sequenceFlow id="f{n}" sourceRef="{s}" targetRef="{t}" />'
            for n, (s, t) in enumerate((("s", "a"), ("a", "e")))
        )
        many = (
            "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
            'inputCollection="=[1,2,3]" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
        )
        return versions(
            start(), node("subProcess", sub, inner + lines + many), end(), flows=f"start>{sub}>end"
        )

    nested("part")
    begin(engine, 2)

    assert nested("other") == EarlierInstances(running=2, could_migrate=0)
    assert nested("part") == EarlierInstances(running=2, could_migrate=2)


def test_what_runs_in_an_ad_hoc_subprocess_counts_with_it(engine, versions):
    def with_ad_hoc(task):
        choice = f'<zeebe:adHoc activeElementsCollection="=[&quot;{task}&quot;]" />'
        return versions(
            start(), node("adHocSubProcess", "some", user_task(task), choice), end(), flows="start>some>end"
        )

    with_ad_hoc("a")
    begin(engine, 2)

    assert with_ad_hoc("b") == EarlierInstances(running=2, could_migrate=0)
    two = versions(
        start(),
        node(
            "adHocSubProcess",
            "some",
            user_task("a") + user_task("b"),
            '<zeebe:adHoc activeElementsCollection="=[&quot;a&quot;]" />',
        ),
        end(),
        flows="start>some>end",
    )
    assert two == EarlierInstances(running=2, could_migrate=2)
