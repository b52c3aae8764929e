"""What a call activity may call within its own file."""

from __future__ import annotations

import pytest

from tests.bpmn.diagrams import errors, line

CALL = (
    "<bpmn:callActivity id='a'><bpmn:extensionElements><zeebe:calledElement processId='{called}'/>"
    "</bpmn:extensionElements></bpmn:callActivity>"
)


@pytest.mark.parametrize("kind", ["globalTask", "globalUserTask", "globalScriptTask"])
def test_a_call_of_a_global_task_is_refused_at_the_call(kind: str) -> None:
    source = line(CALL.format(called="g"), roots=f"<bpmn:{kind} id='g'/>")

    assert ("a", "GLOBAL_TASK_CALLED") in errors(source)


def test_a_global_task_that_nobody_calls_is_kept() -> None:
    source = line(CALL.format(called="other"), roots="<bpmn:globalTask id='g'/>")

    assert errors(source) == []
