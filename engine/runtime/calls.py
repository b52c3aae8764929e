"""Call activities: which process to call, and what the two exchange."""

from __future__ import annotations

from typing import Any

from ..bpmn.model import CalledElement, Element
from .expressions import optional_text, text
from .failures import Failure, IncidentType
from .instance import Instance
from .records import LiveElement
from .sources import DeployedProcess


def called_process(instance: Instance, call: LiveElement, called: CalledElement) -> DeployedProcess:
    """The process that the call activity starts; raises Failure CALLED_ELEMENT_ERROR."""
    definitions = instance.step.definitions
    process_id = text(called.process_id, instance.visible(call), instance.step.now())
    key = definitions.find_process(
        process_id,
        binding=called.binding,
        version_tag=called.version_tag,
        caller=instance.record.definition_key,
    )
    if key is None:
        tag = f" and version tag '{called.version_tag}'" if called.version_tag else ""
        raise Failure(
            IncidentType.CALLED_ELEMENT_ERROR,
            f"Expected process with BPMN process id '{process_id}'{tag} to be deployed, but not found.",
            "deploy the called process, then try again",
        )
    deployed = definitions.process(key)
    if deployed.model.root.none_start is None:
        raise Failure(
            IncidentType.CALLED_ELEMENT_ERROR,
            f"Expected process with BPMN process id '{process_id}' to have a none start event, "
            "but it has none.",
            "draw a start event without a trigger in the called process",
        )
    return deployed


def business_key(instance: Instance, call: LiveElement, called: CalledElement) -> str:
    """The child's business key: the evaluated one, else the caller's."""
    own = optional_text(called.business_key, instance.visible(call), instance.step.now())
    return own if own is not None else instance.record.business_key


def variables_for_child(instance: Instance, call: LiveElement, called: CalledElement) -> dict[str, Any]:
    """All that the call activity sees, or only its own locals."""
    if called.propagate_parent_variables:
        return dict(instance.visible(call))
    return instance.variables.local(call.key)


def variables_from_child(child: Instance, element: Element) -> dict[str, Any]:
    """What the called process gives back: everything of its own, when asked for or mapped.

    Not the copy of the output collection that a round has handed down: it would undo what other rounds have
    collected since.
    """
    called, loop = element.called_element, element.multi_instance
    if called is None or not (called.propagate_child_variables or element.outputs):
        return {}
    given = child.variables.local(child.record.key)
    if loop is not None:
        given.pop(loop.output_collection, None)
    return given
