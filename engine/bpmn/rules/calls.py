"""What call activities call within their own file."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.model import ProcessModel
from engine.bpmn.namespaces import bpmn_children
from engine.bpmn.reading import Reading
from engine.xml_source import local_name

_GLOBAL_TASKS = (
    "globalTask",
    "globalUserTask",
    "globalManualTask",
    "globalScriptTask",
    "globalBusinessRuleTask",
)


def check_calls(reading: Reading, processes: Sequence[ProcessModel]) -> None:
    """A call activity calls a process: global tasks are not run."""
    kinds = {task.get("id"): local_name(task) for task in bpmn_children(reading.root, *_GLOBAL_TASKS)}
    if not kinds:
        return
    for process in processes:
        reading.problems.lenient = not process.executable
        for element in process.elements.values():
            called = element.called_element.process_id if element.called_element else None
            if called in kinds:
                reading.problems.error(
                    "GLOBAL_TASK_CALLED",
                    f"the call activity calls '{called}', a {kinds[called]}; global tasks are not run",
                    element,
                    hint="call a process, or draw the task where it is needed",
                )
    reading.problems.lenient = False
