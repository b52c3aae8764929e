"""Starting, watching, changing and cancelling process instances; called ones included."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import text

from engine import (
    SYSTEM,
    Conflict,
    ElementInstanceNotFound,
    FormInvalid,
    HandlerRegistry,
    InvalidInput,
    InvalidVariables,
    JobContext,
    PermissionDenied,
    ProcessDefinitionNotFound,
    ProcessInstanceFilter,
    ProcessInstanceNotActive,
    Resource,
    UserTaskFilter,
    handler,
)

from .diagrams import end, node, process, service_task, start, user_task


class Killed(BaseException):
    """What a process that dies in the middle looks like from inside."""


@pytest.fixture
def dying():
    return {"now": False}


@pytest.fixture
def handlers(dying):
    @handler("die")
    def die(job: JobContext) -> dict:
        job.records.execute(text("INSERT INTO setting (name, value) VALUES ('died', '1')"))
        if dying["now"]:
            raise Killed
        return {"survived": True}

    @handler("keep")
    def keep(job: JobContext) -> dict:
        document = job.documents.store("letter.txt", b"hello", media_type="text/plain")
        return {"documentKey": str(document.key)}

    return HandlerRegistry([die, keep])


SIMPLE = process("simple", start(), user_task("look"), end(), flows="start>look>end")


def values(engine, key):
    return {v.name: v.value for v in engine.variables(key, by=SYSTEM)}


def call(node_id, process_id):
    return node("callActivity", node_id, "", f'<zeebe:calledElement processId="{process_id}" />')


# --- starting ------------------------------------------------------------------------------------


def test_the_latest_version_starts_unless_another_is_named(engine, deploy):
    (first,) = deploy(SIMPLE).processes
    deploy(Resource(name="simple.bpmn", content=SIMPLE.content.replace(b'name="look"', b'name="see"')))

    latest = engine.start_process_instance("simple", by=SYSTEM)
    older = engine.start_process_instance("simple", version=1, by=SYSTEM)
    by_key = engine.start_process_instance(definition_key=first.key, by=SYSTEM)

    assert [i.process_version for i in (latest, older, by_key)] == [2, 1, 1]


def test_exact_numbers_stay_exact(engine, deploy):
    deploy(SIMPLE)
    big = Decimal("9007199254740993.01")

    key = engine.start_process_instance("simple", variables={"price": big, "ratio": 0.1}, by=SYSTEM).key

    assert values(engine, key) == {"price": big, "ratio": Decimal("0.1")}


def test_a_start_that_cannot_be_is_told(engine, deploy):
    deploy(SIMPLE)

    with pytest.raises(ProcessDefinitionNotFound, match="smple"):
        engine.start_process_instance("smple", by=SYSTEM)
    with pytest.raises(InvalidInput, match="say which process"):
        engine.start_process_instance(by=SYSTEM)
    with pytest.raises(InvalidVariables, match="bytes"):
        engine.start_process_instance("simple", variables={"blob": b"x"}, by=SYSTEM)
    with pytest.raises(InvalidInput, match="256"):
        engine.start_process_instance("simple", business_key="x" * 257, by=SYSTEM)


def test_only_candidate_starters_start(engine, deploy, account):
    deploy(
        process(
            "simple",
            start(),
            user_task("look"),
            end(),
            flows="start>look>end",
            properties={"tenure:candidateStarters": "buyers, cpo"},
        )
    )
    anna, bert = account("anna", groups=["buyers"]), account("bert", permissions=["start"])

    assert engine.start_process_instance("simple", by=anna).started_by == "anna"
    with pytest.raises(PermissionDenied, match="buyers"):
        engine.start_process_instance("simple", by=bert)


def test_without_candidate_starters_it_needs_the_permission(engine, deploy, account):
    deploy(SIMPLE)

    assert engine.start_process_instance("simple", by=account("bert", permissions=["start"]))
    with pytest.raises(PermissionDenied, match="start"):
        engine.start_process_instance("simple", by=account("carl"))


def test_a_start_form_is_checked(engine, deploy):
    form = {
        "type": "default",
        "schemaVersion": 16,
        "id": "begin",
        "components": [{"type": "number", "key": "amount", "id": "a", "validate": {"required": True}}],
    }
    begin = start(extensions='<zeebe:formDefinition formId="begin" />')
    deploy(
        process("simple", begin, user_task("look"), end(), flows="start>look>end"),
        Resource(name="begin.form", content=json.dumps(form).encode()),
    )
    (definition,) = engine.process_definitions(by=SYSTEM).items

    assert engine.start_form(definition.key).form_id == "begin"
    with pytest.raises(FormInvalid):
        engine.start_process_instance("simple", variables={}, form=True, by=SYSTEM)
    key = engine.start_process_instance("simple", variables={"amount": "7"}, form=True, by=SYSTEM).key
    assert values(engine, key) == {"amount": 7}


# --- watching ------------------------------------------------------------------------------------


def test_the_history_of_an_instance_is_in_order(engine, deploy):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", by=SYSTEM).key

    elements = engine.element_instances(key, by=SYSTEM)
    flows = engine.flows_taken(key, by=SYSTEM)

    assert [e.element_id for e in elements] == ["simple", "start", "look"]
    assert [f.flow_id for f in flows] == ["flow_0_0"]


def test_whoever_takes_part_sees_the_instance_but_not_its_variables(engine, deploy, account):
    deploy(process("simple", start(), user_task("look", groups="buyers"), end(), flows="start>look>end"))
    anna, bert = account("anna", permissions=["start"]), account("bert", groups=["buyers"])
    key = engine.start_process_instance("simple", variables={"price": 5}, by=anna).key

    assert engine.process_instance(key, by=anna).key == key
    assert engine.process_instance(key, by=bert).key == key
    assert [i.key for i in engine.process_instances(by=anna).items] == [key]
    with pytest.raises(PermissionDenied):
        engine.variables(key, by=anna)


# --- changing ------------------------------------------------------------------------------------


def test_variables_are_changed_with_before_and_after_in_the_trail(engine, deploy, account):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", variables={"a": 1, "b": 2}, by=SYSTEM).key
    operator = account("operator", permissions=["operate"])

    engine.set_variables(key, {"a": 5, "c": [1]}, reason="typo", by=operator)

    assert values(engine, key) == {"a": 5, "b": 2, "c": [1]}
    (line,) = [x for x in engine.timeline(key, by=operator) if x.action == "set-variables"]
    assert (line.details["before"], line.details["after"]) == ({"a": 1, "c": None}, {"a": 5, "c": [1]})
    assert line.details["reason"] == "typo"


def test_local_variables_belong_to_the_element(engine, deploy):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", variables={"a": 1}, by=SYSTEM).key
    (task,) = engine.user_tasks(by=SYSTEM).items

    engine.set_variables(task.element_instance_key, {"a": 2}, local=True, by=SYSTEM)

    assert engine.user_task_variables(task.key, by=SYSTEM) == {"a": 2}
    assert {(v.scope_key, v.value) for v in engine.variables(key, by=SYSTEM)} == {
        (key, 1),
        (task.element_instance_key, 2),
    }


def test_variables_of_what_is_over_stay(engine, deploy):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", by=SYSTEM).key
    (task,) = engine.user_tasks(by=SYSTEM).items
    engine.complete_user_task(task.key, by=SYSTEM)

    with pytest.raises(ProcessInstanceNotActive):
        engine.set_variables(key, {"a": 1}, by=SYSTEM)
    with pytest.raises(ElementInstanceNotFound):
        engine.set_variables(task.element_instance_key, {"a": 1}, by=SYSTEM)


def test_a_cancelled_instance_has_nothing_open(engine, deploy):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", by=SYSTEM).key

    engine.cancel_process_instance(key, reason="changed our mind", by=SYSTEM)

    assert engine.process_instance(key, by=SYSTEM).state == "TERMINATED"
    assert engine.user_tasks(UserTaskFilter(), by=SYSTEM).items == ()
    with pytest.raises(ProcessInstanceNotActive):
        engine.cancel_process_instance(key, by=SYSTEM)


def test_cancelling_needs_the_permission(engine, deploy, account):
    deploy(SIMPLE)
    anna = account("anna", permissions=["start"])
    key = engine.start_process_instance("simple", by=anna).key

    with pytest.raises(PermissionDenied, match="operate"):
        engine.cancel_process_instance(key, by=anna)


# --- called instances ----------------------------------------------------------------------------


@pytest.fixture
def called(engine, deploy):
    deploy(SIMPLE, process("caller", start(), call("sub", "simple"), end(), flows="start>sub>end"))
    key = engine.start_process_instance("caller", variables={"a": 1}, business_key="B", by=SYSTEM).key
    (child,) = engine.process_instances(ProcessInstanceFilter(parent_key=key), by=SYSTEM).items
    return key, child


def test_a_called_process_is_an_instance_of_its_own_and_returns(engine, called):
    key, child = called
    (task,) = engine.user_tasks(by=SYSTEM).items

    engine.complete_user_task(task.key, {"b": 2}, by=SYSTEM)

    assert (child.root_key, child.process_id) == (key, "simple")
    assert task.root_process_instance_key == key
    assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"
    assert values(engine, key) == {"a": 1, "b": 2}


def test_a_called_instance_ends_with_its_caller(engine, called):
    key, child = called

    with pytest.raises(Conflict, match=str(key)):
        engine.cancel_process_instance(child.key, by=SYSTEM)
    engine.cancel_process_instance(key, by=SYSTEM)

    assert engine.process_instance(child.key, by=SYSTEM).state == "TERMINATED"


def test_an_unknown_called_process_is_an_incident_that_goes_on_once_it_is_there(engine, deploy):
    deploy(process("caller", start(), call("sub", "simple"), end(), flows="start>sub>end"))
    engine.start_process_instance("caller", by=SYSTEM)
    (incident,) = engine.incidents(by=SYSTEM).items

    deploy(SIMPLE)
    engine.resolve_incident(incident.key, by=SYSTEM)

    assert incident.error_type == "CALLED_ELEMENT_ERROR"
    assert [t.element_id for t in engine.user_tasks(by=SYSTEM).items] == ["look"]


# --- crashes -------------------------------------------------------------------------------------


def crash_diagram():
    return process(
        "crash",
        start(),
        user_task("begin"),
        service_task("do_it", "die"),
        end(),
        flows="start>begin>do_it>end",
    )


def test_a_process_that_dies_inside_a_handler_leaves_everything_as_it_was(engine, deploy, dying):
    deploy(crash_diagram())
    key = engine.start_process_instance("crash", by=SYSTEM).key
    (task,) = engine.user_tasks(by=SYSTEM).items
    dying["now"] = True

    with pytest.raises(Killed):
        engine.complete_user_task(task.key, {"typed": "much"}, by=SYSTEM)

    assert engine.user_tasks(by=SYSTEM).items == (task,)
    assert values(engine, key) == {}
    dying["now"] = False
    engine.complete_user_task(task.key, {"typed": "much"}, by=SYSTEM)
    assert values(engine, key) == {"typed": "much", "survived": True}
    with engine.records() as session:
        assert session.execute(text("SELECT count(*) FROM setting WHERE name = 'died'")).scalar_one() == 1


def test_a_handler_keeps_a_document_in_the_step_that_starts_the_instance(engine, deploy):
    deploy(
        process("keeper", start(), service_task("do_it", "keep"), user_task("see"), flows="start>do_it>see")
    )

    key = engine.start_process_instance("keeper", by=SYSTEM).key

    document_key = int(values(engine, key)["documentKey"])
    assert engine.document(document_key, by=SYSTEM).process_instance_key == key
    assert engine.document_content(document_key, by=SYSTEM) == b"hello"


# --- documents -----------------------------------------------------------------------------------


def test_a_document_is_read_by_its_readers_only(engine, deploy, account):
    deploy(SIMPLE)
    key = engine.start_process_instance("simple", by=SYSTEM).key
    anna, bert, carl = account("anna", groups=["buyers"]), account("bert"), account("carl")

    stored = engine.store_document(
        "bid.pdf", b"%PDF", readers=["buyers"], process_instance_key=key, by=SYSTEM
    )

    assert engine.document_content(stored.key, by=anna) == b"%PDF"
    for stranger in (bert, carl):
        with pytest.raises(Exception, match="no document"):
            engine.document_content(stored.key, by=stranger)
