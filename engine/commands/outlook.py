"""What a new version means for the instances that run already."""

from __future__ import annotations

from dataclasses import replace

from ..model import DeploymentResult, EarlierInstances, ProcessDefinition
from ..runtime.migration import could_migrate
from ..storage import View
from .deployed import DefinitionCache


def with_outlook(view: View, cache: DefinitionCache, deployed: DeploymentResult) -> DeploymentResult:
    """The answer of a deployment, with the running instances of earlier versions of what is new in it."""
    new = [d for d in deployed.processes if deployed.is_new(d.key) and not d.draft and d.version > 1]
    earlier = {definition.key: _earlier(view, cache, definition) for definition in new}
    return replace(deployed, earlier={key: one for key, one in earlier.items() if one.running})


def _earlier(view: View, cache: DefinitionCache, definition: ProcessDefinition) -> EarlierInstances:
    target = cache.process(view, definition.key).model
    running = possible = 0
    for shape in view.shapes.of_other_versions(definition.process_id, definition.key):
        running += shape.instances
        source = cache.process(view, shape.definition_key).model
        active = [(one.element_id, one.element_type, one.flows) for one in shape.elements]
        if could_migrate(source, target, active):
            possible += shape.instances
    return EarlierInstances(running=running, could_migrate=possible)
