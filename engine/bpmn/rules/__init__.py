"""What a diagram must keep to before it may be deployed, by family; often in Camunda's words."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.model import ProcessModel
from engine.bpmn.problem_list import ProblemList, XmlPlace
from engine.bpmn.reading import Reading
from engine.bpmn.rules.activities import check_activities
from engine.bpmn.rules.calls import check_calls
from engine.bpmn.rules.containers import check_containers
from engine.bpmn.rules.data import check_data
from engine.bpmn.rules.data_sets import check_data_sets
from engine.bpmn.rules.drawing import check_drawing
from engine.bpmn.rules.events import check_events
from engine.bpmn.rules.gateways import check_gateways
from engine.bpmn.rules.loops import check_loops
from engine.bpmn.rules.operations import check_operations
from engine.bpmn.rules.properties import check_properties
from engine.bpmn.rules.references import check_references
from engine.bpmn.rules.schema import check_schema
from engine.bpmn.rules.ways import check_ways


def check_process(model: ProcessModel, problems: ProblemList) -> None:
    """Every rule that needs one process alone."""
    check_containers(model, problems)
    check_events(model, problems)
    check_gateways(model, problems)
    check_ways(model, problems)
    check_activities(model, problems)
    check_loops(model, problems)
    check_properties(model, problems)


def check_file(reading: Reading, processes: Sequence[ProcessModel]) -> None:
    """Every rule that needs the whole file."""
    problems = reading.problems
    check_references(reading)
    check_drawing(reading)
    check_calls(reading, processes)
    check_data(reading)
    check_data_sets(reading)
    check_operations(reading)
    check_schema(reading)
    if not any(process.executable for process in processes):
        problems.error(
            "NO_EXECUTABLE_PROCESS",
            "Must contain at least one executable process",
            processes[0].root if processes else XmlPlace(reading.root),
            hint="tick 'Executable' in the properties of the process, or keep the diagram as a draft",
        )
