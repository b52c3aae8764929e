"""Ad-hoc subprocesses through the facade: handlers and outside workers that decide what is next."""

import pytest

from engine import (
    SYSTEM,
    AdHocResult,
    ElementActivation,
    ElementInstanceNotFound,
    HandlerRegistry,
    InstanceState,
    InvalidInput,
    JobContext,
    JobKind,
    PermissionDenied,
    handler,
)

from .diagrams import end, node, process, service_task, start


@pytest.fixture
def handlers():
    @handler("planner")
    def planner(job: JobContext, done: list[str]) -> dict | None:
        left = [step for step in ("a", "b") if step not in done]
        if left:
            job.activate(left[0], {"step": left[0]})
        else:
            job.finish_ad_hoc()
        return {"asked": len(done) + 1}

    @handler("doIt")
    def do_it(job: JobContext, step: str, done: list[str]) -> dict:
        return {"done": [*done, step]}

    return HandlerRegistry([planner, do_it])


def free(job="", *tasks):
    worker = f'<zeebe:taskDefinition type="{job}" />' if job else ""
    return node("adHocSubProcess", "free", "".join(tasks), worker)


def adhoc(*tasks, job=""):
    return process("adhoc", start(), free(job, *tasks), end(), flows="start>free>end")


def free_key(engine, instance):
    elements = engine.element_instances(instance.key, by=SYSTEM)
    return next(element.key for element in elements if element.element_id == "free")


def test_a_handler_decides_round_by_round_in_one_transaction(engine, deploy):
    deploy(adhoc(service_task("a", "doIt"), service_task("b", "doIt"), job="planner"))

    instance = engine.start_process_instance("adhoc", variables={"done": []}, by=SYSTEM)

    assert engine.process_instance(instance.key, by=SYSTEM).state is InstanceState.COMPLETED
    known = engine.variables(instance.key, by=SYSTEM)
    own = {v.name: v.value for v in known if v.scope_key == instance.key}
    assert own == {"done": ["a", "b"], "asked": 3}


def test_an_outside_worker_decides(engine, deploy):
    deploy(adhoc(service_task("a", "outside"), job="agent"))
    instance = engine.start_process_instance("adhoc", by=SYSTEM)

    (job,) = engine.activate_jobs("agent", worker="w", by=SYSTEM)
    assert (job.kind, job.variables["adHocSubProcessElements"][0]["elementId"]) == (
        JobKind.AD_HOC_SUB_PROCESS,
        "a",
    )
    wrong = AdHocResult(activate=[ElementActivation(element_id="x")])
    with pytest.raises(InvalidInput, match="has no element x"):
        engine.complete_job(job.key, worker="w", result=wrong, by=SYSTEM)
    chosen = AdHocResult(activate=[ElementActivation(element_id="a", variables={"n": 1})])
    engine.complete_job(job.key, worker="w", result=chosen, by=SYSTEM)
    (inner,) = engine.activate_jobs("outside", by=SYSTEM)
    assert inner.variables["n"] == 1
    engine.complete_job(inner.key, by=SYSTEM)
    (again,) = engine.activate_jobs("agent", by=SYSTEM)
    engine.complete_job(again.key, result=AdHocResult(completion_condition_fulfilled=True), by=SYSTEM)

    assert engine.process_instance(instance.key, by=SYSTEM).state is InstanceState.COMPLETED


def test_an_operator_activates_elements_and_the_timeline_says_so(engine, deploy, account):
    deploy(adhoc(service_task("a", "outside")))
    instance = engine.start_process_instance("adhoc", by=SYSTEM)
    key = free_key(engine, instance)
    wanted = [ElementActivation(element_id="a")]

    with pytest.raises(PermissionDenied):
        engine.activate_ad_hoc_elements(key, wanted, by=account("emma"))
    engine.activate_ad_hoc_elements(key, wanted, by=SYSTEM)

    assert len(engine.activate_jobs("outside", by=SYSTEM)) == 1
    assert [line.action for line in engine.timeline(instance.key, by=SYSTEM)][-1] == "activate-elements"
    inner = [e.element_type for e in engine.element_instances(instance.key, by=SYSTEM)]
    assert "AD_HOC_SUB_PROCESS_INNER_INSTANCE" in inner


def test_elements_are_named_once_and_of_a_running_ad_hoc_subprocess(engine, deploy):
    deploy(adhoc(service_task("a", "outside")))
    instance = engine.start_process_instance("adhoc", by=SYSTEM)
    key = free_key(engine, instance)
    one = ElementActivation(element_id="a")

    with pytest.raises(InvalidInput, match="named twice: a"):
        engine.activate_ad_hoc_elements(key, [one, one], by=SYSTEM)
    with pytest.raises(InvalidInput, match="name an element"):
        engine.activate_ad_hoc_elements(key, [], by=SYSTEM)
    with pytest.raises(ElementInstanceNotFound):
        engine.activate_ad_hoc_elements(4711, [one], by=SYSTEM)


def test_what_runs_in_an_inner_instance_migrates_with_it(engine, deploy):
    deploy(adhoc(service_task("a", "outside")))
    instance = engine.start_process_instance("adhoc", by=SYSTEM)
    engine.activate_ad_hoc_elements(
        free_key(engine, instance), [ElementActivation(element_id="a")], by=SYSTEM
    )
    deploy(adhoc(service_task("a", "outside"), service_task("b", "outside")))
    latest = max(engine.process_definitions(by=SYSTEM).items, key=lambda found: found.version)

    engine.migrate_process_instance(instance.key, latest.key, by=SYSTEM)
    (job,) = engine.activate_jobs("outside", by=SYSTEM)
    engine.complete_job(job.key, by=SYSTEM)

    assert engine.process_instance(instance.key, by=SYSTEM).state is InstanceState.COMPLETED
