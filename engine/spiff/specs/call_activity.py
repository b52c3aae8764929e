"""Call activities: another process runs as an instance of its own, in the same step where it can."""

from __future__ import annotations

from ...runtime import calls
from ...runtime.failures import Failure, IncidentType
from ..token import Token
from .base import ElementSpec

_DEPTH = "depth"


class CallActivitySpec(ElementSpec):
    def execute(self, token: Token) -> bool:
        called = self.element.called_element
        if called is None:
            return True
        workflow, record = token.workflow, token.record
        instance, family = workflow.instance, workflow.family
        depth = instance.root.data.get(_DEPTH, 0) + 1
        if depth > family.max_depth:
            raise Failure(
                IncidentType.CALLED_ELEMENT_ERROR,
                f"The call is {depth} processes deep; at most {family.max_depth} may call each other.",
                "check whether the processes call each other in a circle",
            )
        deployed = calls.called_process(instance, record, called)
        business_key = calls.business_key(instance, record, called)
        record.data["child"] = family.start(
            deployed,
            calls.variables_for_child(instance, record, called),
            business_key=business_key,
            note={_DEPTH: depth},
            caller=(instance, record),
        )
        instance.change(record)
        return False
