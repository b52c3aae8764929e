"""Wrong files become problems with their place, soon and in little memory, whatever is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import HandlerRegistry, ProcessEngine, Resource
from engine.clock import FixedClock
from engine.storage import Database
from tests.bpmn.diagrams import diagram, errors, flows, line, read, warnings
from tests.bpmn.mutations import at_most, diagrams, mutation, mutations, outcome

START = "<bpmn:startEvent id='s'/>"
PATHS = diagrams()
LONGEST = 15.0
"""Seconds that no file may take, on a machine that does other things too; most take milliseconds."""


def extended(extension: str) -> bytes:
    """A user task `a` with this extension."""
    inside = f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>"
    return line(f"<bpmn:userTask id='a'>{inside}</bpmn:userTask>")


# --- mutations ------------------------------------------------------------------------------------------


def test_every_mutation_of_a_real_diagram_becomes_a_model_or_problems() -> None:
    for made in mutations(2, 250, PATHS):
        outcome(made.source, made.name, seconds=LONGEST)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(number=st.integers(0, 10**9))
def test_a_mutation_taken_from_anywhere_becomes_a_model_or_problems(number: int) -> None:
    made = mutation(3, number, PATHS)

    outcome(made.source, made.name, seconds=LONGEST)


def test_a_mutation_is_made_again_from_its_number() -> None:
    assert [made.source for made in mutations(4, 20, PATHS)] == [
        mutation(4, number, PATHS).source for number in range(20)
    ]


def test_the_engine_reports_what_the_reader_reports(sqlite_url: str, clock: FixedClock) -> None:
    database = Database(sqlite_url, durable=False)
    engine = ProcessEngine(database, clock=clock, handlers=HandlerRegistry())

    for made in mutations(5, 25, PATHS):
        file, _ = outcome(made.source, made.name, seconds=LONGEST)
        with at_most(LONGEST):
            found = engine.check([Resource(name=made.name, content=made.source)])
        assert {problem.code for problem in file.errors} <= {problem.code for problem in found}, made.number

    database.close()


# --- numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["²", "٣", "9" * 5_000, "-1", "1e3"])
def test_a_number_that_is_none_is_a_problem(number: str) -> None:
    loop = f"<bpmn:standardLoopCharacteristics loopMaximum='{number}'/>"
    priority = extended(f"<zeebe:userTask/><zeebe:priorityDefinition priority='{number}'/>")

    assert errors(priority) == [("a", "PRIORITY_INVALID")]
    assert errors(line(f"<bpmn:task id='a'>{loop}</bpmn:task>")) == [("a", "LOOP_MAXIMUM")]


@pytest.mark.parametrize("number", ["²", "9" * 5_000, "= 1 // one", "=" + "[" * 60 + "]" * 60])
def test_a_cardinality_that_cannot_be_counted_is_a_problem_or_runs(number: str) -> None:
    loop = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{}</bpmn:loopCardinality>"
    task = f"<bpmn:task id='a'>{loop.format(number)}</bpmn:multiInstanceLoopCharacteristics></bpmn:task>"

    file, _ = outcome(line(task), "a.bpmn", seconds=LONGEST)

    assert {problem.element_id for problem in file.errors} <= {"a"}


@pytest.mark.parametrize("number", ["²", "9" * 5_000])
def test_a_multiplicity_that_is_no_number_is_a_warning(number: str) -> None:
    many = f"<bpmn:participantMultiplicity id='m' minimum='{number}' maximum='{number}'/>"
    drawn = (
        f"<bpmn:collaboration id='c'><bpmn:participant id='q'>{many}</bpmn:participant></bpmn:collaboration>"
    )

    file, _ = outcome(diagram(START, drawn), "a.bpmn", seconds=LONGEST)

    assert file.errors == ()


# --- places and messages --------------------------------------------------------------------------------


def test_a_file_without_a_process_names_the_line_of_its_root() -> None:
    source = diagram("").replace(b"bpmn:process", b"bpmn:category")

    assert [(problem.code, problem.line) for problem in read(source).errors] == [("NO_EXECUTABLE_PROCESS", 2)]


@pytest.mark.parametrize("text", ["=(" + "x" * 100_000, "${" + "!" * 100_000 + "}", "x" * 100_000])
def test_an_endless_expression_is_quoted_in_short(text: str) -> None:
    source = extended(f"<zeebe:ioMapping><zeebe:input source='{text}' target='b'/></zeebe:ioMapping>")

    outcome(source, "a.bpmn", seconds=LONGEST)

    assert all(len(str(problem)) < 2_000 for problem in read(source).problems)


# --- bounded time and memory ----------------------------------------------------------------------------


def test_many_wrong_elements_cost_no_more_each_than_few() -> None:
    nameless = diagram(START + "<bpmn:serviceTask/>" * 4_000)
    excluded = diagram(
        "".join(
            f"<bpmn:userTask id='task{n}'><bpmn:extensionElements><zeebe:userTask/><zeebe:properties>"
            f"<zeebe:property name='tenure:excludeActorsOf' value='tusk{n}'/></zeebe:properties>"
            "</bpmn:extensionElements></bpmn:userTask>"
            for n in range(1_500)
        )
    )

    for source in (nameless, excluded):
        outcome(source, "a.bpmn", seconds=8)


def test_more_elements_than_allowed_are_refused_once() -> None:
    ids = ["s", *(f"t{n}" for n in range(6_000))]
    body = START + "".join(f"<bpmn:task id='{identity}'/>" for identity in ids[1:]) + flows(*pairwise(ids))

    found = read(diagram(body)).problems

    assert [(problem.code, problem.element_id, problem.line) for problem in found] == [
        ("TOO_MANY_ELEMENTS", "t3998-t3999", 3)
    ]


def test_a_thousand_nested_subprocesses_are_refused_with_their_line() -> None:
    nested = "\n<bpmn:subProcess id='x'>" * 1_000 + "</bpmn:subProcess>" * 1_000

    problem = read(diagram(nested)).errors[0]

    assert (problem.code, problem.line) == ("XML_TOO_DEEP", 202)


def test_subprocesses_deeper_than_the_engine_goes_name_the_element() -> None:
    nested = "".join(f"<bpmn:subProcess id='x{n}'>" for n in range(150)) + "</bpmn:subProcess>" * 150

    assert ("x100", "NESTING_TOO_DEEP") in errors(diagram(nested))


def test_processes_that_call_each_other_without_an_end_are_read() -> None:
    called = "<bpmn:extensionElements><zeebe:calledElement processId='p'/></bpmn:extensionElements>"

    file, _ = outcome(
        line(f"<bpmn:callActivity id='a'>{called}</bpmn:callActivity>"), "a.bpmn", seconds=LONGEST
    )

    assert file.processes


def test_extensions_of_other_vendors_are_read_past() -> None:
    foreign = "<v:thing xmlns:v='urn:v' v:id='s'><v:thing/></v:thing>"

    assert "a" not in {owner for owner, _ in warnings(extended("<zeebe:userTask/>" + foreign))}


GIANTS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from engine.bpmn import read_bpmn
from tests.bpmn.diagrams import diagram, line
inside = "<zeebe:script expression='={}' resultVariable='r'/>"
inside = "<bpmn:extensionElements>" + inside + "</bpmn:extensionElements>"
task = "<bpmn:scriptTask id='a'>" + inside + "</bpmn:scriptTask>"
bomb = b"".join(b"<!ENTITY e%d '%s'>" % (n + 1, b"&e%d;" % n * 9) for n in range(20))
for source in (
    diagram("<bpmn:documentation>" + "x" * 50_000_000 + "</bpmn:documentation>"),
    diagram("<bpmn:documentation>" + "x" * 9_000_000 + "</bpmn:documentation>"),
    line(task.format("(" * 9_000_000)),
    line(task.format("a." * 4_000_000)),
    line(task.format("1+" * 4_000_000)),
    b"<a>" * 3_000_000,
    b"<a " + b" ".join(b"a%d='1'" % n for n in range(600_000)) + b"/>",
    b"<!DOCTYPE a [<!ENTITY e0 'lol'>" + bomb + b"]><a>&e20;</a>",
    diagram("<bpmn:task/>" * 400_000),
):
    file = read_bpmn(source, "a.bpmn")
    print(file.problems[0].code, file.problems[0].line)
"""


def test_giants_are_refused_in_a_gigabyte_and_half_a_minute() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIANTS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stderr == ""
    assert [answer.split()[0] for answer in done.stdout.splitlines()] == [
        "FILE_TOO_LARGE",
        "START_EVENT_MISSING",
        "FEEL_SYNTAX",
        "FEEL_SYNTAX",
        "FEEL_SYNTAX",
        "XML_TOO_DEEP",
        "XML_TOO_MANY_ELEMENTS",
        "XML_DOCTYPE",
        "TOO_MANY_ELEMENTS",
    ]
