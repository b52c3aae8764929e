"""ProcessSpec: a compiled process as SpiffWorkflow's specification, one task spec per element."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from ..bpmn.model import Element, ElementType, EventType, ProcessModel
from .specs.ad_hoc import InnerInstanceSpec
from .specs.base import ElementSpec
from .specs.catalogue import body_class, spec_class


class ProcessSpec(BpmnProcessSpec):
    """Names of specs are `element:ID` and `body:ID`, so that no element can clash with SpiffWorkflow's own
    `Start`, `End` and `Root`. Built once per definition and shared by all its instances."""

    def __init__(self, model: ProcessModel) -> None:
        super().__init__(name=f"process:{model.process_id}", filename=model.file)
        self.model = model
        self._inner: dict[str, ElementSpec] = {}
        self._bodies: dict[str, ElementSpec] = {}
        self._inner_instances: dict[str, ElementSpec] = {}
        for element in model.elements.values():
            self._add(element)
        if model.root.id not in self._inner:
            self._add(model.root)
        self.has_inclusive_joins = any(_is_inclusive_join(e) for e in model.elements.values())
        self.has_conditions = any(e.event.type is EventType.CONDITIONAL for e in model.elements.values())

    def spec_of(self, element: Element) -> ElementSpec:
        """What a token that reaches the element runs through: the body, when the element repeats."""
        return self._bodies.get(element.id) or self._inner[element.id]

    def inner_spec_of(self, element: Element) -> ElementSpec:
        """The element itself, inside its body."""
        return self._inner[element.id]

    def inner_instance_spec_of(self, element: Element) -> ElementSpec:
        """The scope of one activation in an ad-hoc subprocess."""
        return self._inner_instances[element.id]

    def _add(self, element: Element) -> None:
        body = body_class(element)
        if body is not None:
            self._bodies[element.id] = body(self, element, f"body:{element.id}")
        if element.type is ElementType.AD_HOC_SUB_PROCESS:
            name = f"inner:{element.id}"
            self._inner_instances[element.id] = InnerInstanceSpec(self, element, name)
        self._inner[element.id] = spec_class(element)(self, element, f"element:{element.id}")


def process_spec(model: ProcessModel) -> ProcessSpec:
    """The specification of a compiled process; kept as long as the model is."""
    spec = _specs.get(model)
    if spec is None:
        spec = _specs[model] = ProcessSpec(model)
    return spec


_specs: WeakKeyDictionary[ProcessModel, ProcessSpec] = WeakKeyDictionary()


def _is_inclusive_join(element: Element) -> bool:
    return element.type is ElementType.INCLUSIVE_GATEWAY and len(element.incoming) > 1
