"""Versions are found by every binding, and files by their content."""

import pytest

from engine.errors import DecisionNotFound, FormNotFound, ProcessDefinitionNotFound
from engine.filters import ProcessDefinitionFilter, ProcessInstanceFilter
from engine.model import DecisionDefinition, DecisionRequirements, Form
from engine.storage import DECISION, FORM, PROCESS
from tests.storage.sample import NOW, define, end, live_instance, start, user_task, write


def test_a_definition_comes_back_as_it_was(database):
    with database.write() as unit:
        definition = define(unit, candidate_starters=("buyers",), start_form_id="f")

    with database.read() as view:
        assert view.definitions.process(definition.key) == definition
        assert view.definitions.source(definition.key) == b"<xml/>"
        assert view.definitions.problems(definition.key) == []
        assert view.definitions.checksum_known("order.bpmn", definition.checksum)
        assert not view.definitions.checksum_known("other.bpmn", definition.checksum)


def test_a_definition_that_is_not_there_is_named(database):
    with database.read() as view:
        for ask, error in (
            (view.definitions.process, ProcessDefinitionNotFound),
            (view.definitions.decision, DecisionNotFound),
            (view.definitions.form, FormNotFound),
            (view.definitions.source, ProcessDefinitionNotFound),
        ):
            with pytest.raises(error, match="42"):
                ask(42)


def test_each_binding_finds_its_version(database):
    with database.write() as unit:
        first = define(unit, version=1, version_tag="stable")
        second = define(unit, version=2)
        draft = define(unit, version=3, draft=True)
        define(unit, "other", version_tag="stable")

    with database.read() as view:
        definitions = view.definitions
        assert definitions.latest_process("order") == second
        assert definitions.latest_process("order", draft=None) == draft
        assert definitions.latest_process("order", draft=True) == draft
        assert definitions.process_by_version("order", 1) == first
        assert definitions.process_by_tag("order", "stable") == first
        assert definitions.process_in_deployment("order", first.deployment_key) == first
        assert definitions.process_in_deployment("other", first.deployment_key) is None
        assert definitions.latest_process("unknown") is None


def test_a_deployment_knows_also_what_had_not_changed(database):
    with database.write() as unit:
        first = define(unit)
        later = unit.keys.next()
        unit.definitions.add_deployment(later, at=NOW, by="anna")
        unit.definitions.add_item(
            later, kind=PROCESS, resource_id="order", definition_key=first.key, is_new=False
        )

    with database.read() as view:
        assert view.definitions.process_in_deployment("order", later) == first
        assert view.definitions.processes_of(later) == (first,)


def test_processes_are_listed_by_filter(database):
    with database.write() as unit:
        first, second = define(unit, version=1), define(unit, version=2)
        draft, other = define(unit, version=3, draft=True), define(unit, "invoice", names={"zh": "发票"})

    with database.read() as view:

        def found(**narrowing):
            return view.definitions.search_processes(ProcessDefinitionFilter(**narrowing)).items

        assert found() == (other, first, second)
        assert found(latest=True) == (other, second)
        assert found(latest=True, draft=None) == (other, draft)
        assert found(draft=True) == (draft,)
        assert found(process_id="order", version=1) == (first,)
        assert found(text="发票") == (other,)
        assert found(keys=(first.key,)) == (first,)


def test_decisions_and_forms_come_back_with_their_versions(database):
    with database.write() as unit:
        deployment = unit.keys.next()
        unit.definitions.add_deployment(deployment, at=NOW, by="anna")
        file = unit.definitions.add_resource(deployment, name="a.dmn", checksum="c", content=b"dmn")
        at = {"deployment_key": deployment, "deployed_at": NOW, "resource_name": "a", "checksum": "c"}
        graph = DecisionRequirements(key=1, requirements_id="graph", version=1, name="Graph", **at)
        unit.definitions.add_requirements(graph, resource_key=file)
        decisions = [
            DecisionDefinition(
                key=1 + version,
                decision_id="level",
                version=version,
                name="Level",
                names={"zh": "级别"},
                version_tag="v1" if version == 1 else "",
                requirements_key=1,
                requirements_id="graph",
                deployment_key=deployment,
            )
            for version in (1, 2)
        ]
        for one in decisions:
            unit.definitions.add_decision(one)
        schema = {"components": [{"type": "textfield"}]}
        forms = [
            Form(
                key=10 + version,
                form_id="ask",
                version=version,
                version_tag="v1" if version == 1 else "",
                schema=schema,
                **at,
            )
            for version in (1, 2)
        ]
        for one in forms:
            unit.definitions.add_form(one, resource_key=file)
        for kind, resource_id, key in ((DECISION, "level", 2), (FORM, "ask", 11)):
            unit.definitions.add_item(
                deployment, kind=kind, resource_id=resource_id, definition_key=key, is_new=True
            )

    with database.read() as view:
        definitions = view.definitions
        assert definitions.requirements(1) == definitions.latest_requirements("graph") == graph
        assert definitions.latest_decision("level") == definitions.decision(3) == decisions[1]
        assert definitions.decision_by_tag("level", "v1") == decisions[0]
        assert definitions.decision_in_deployment("level", deployment) == decisions[0]
        assert definitions.decisions() == (decisions[1],)
        assert definitions.decisions_of(1) == tuple(decisions)
        assert definitions.latest_form("ask") == definitions.form(12) == forms[1]
        assert definitions.form_by_tag("ask", "v1") == forms[0]
        assert definitions.form_in_deployment("ask", deployment) == forms[0]
        assert definitions.forms() == (forms[1],)
        assert definitions.source(1) == definitions.source(11) == b"dmn"


def test_instances_are_listed_by_filter(database):
    first, second = start(database), start(database)
    end(database, first)
    with database.write() as unit:
        definition = unit.definitions.process(first.definition_key)
        third = live_instance(unit, definition, business_key="PO-7", started_by="ben", incidents=1)
        write(unit, instances_started=[third])
        write(unit, user_tasks_created=[user_task(unit, third, assignee="carl")])

    with database.read() as view:

        def found(**narrowing):
            return [one.key for one in view.instances.search(ProcessInstanceFilter(**narrowing)).items]

        assert found() == [third.key, second.key, first.key]
        assert found(states=("ACTIVE", "SUSPENDED")) == [third.key, second.key]
        assert found(states=("COMPLETED",)) == [first.key]
        assert found(has_incident=True) == [third.key]
        assert found(has_incident=False) == [second.key, first.key]
        assert found(business_key="PO-7") == found(text="po-7") == [third.key]
        assert found(text=str(second.key)) == [second.key]
        assert found(involving="ben") == found(involving="carl") == [third.key]
        assert found(started_before=NOW) == []
        assert found(keys=(first.key,)) == [first.key]
