"""Reads the extensions of Camunda 8 (`zeebe:`) and Tenure's own properties onto an element."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.model import (
    AdHoc,
    Binding,
    CalledDecision,
    CalledElement,
    Element,
    FormReference,
    IoMapping,
    MultiInstance,
    Script,
    StandardLoop,
    TaskDefinition,
    UserTaskDefinition,
    Value,
)
from engine.bpmn.namespaces import ZEEBE, bpmn_child, extension, extensions
from engine.bpmn.problem_list import Place, shortened
from engine.bpmn.reading import Reading
from engine.bpmn.texts import text_list, whole_number
from engine.feel import Expression, compile_expression
from engine.xml_source import XmlElement, children, text_of

USER_TASK_JOB = "io.camunda.zeebe:userTask"
LABEL = "label:"
_EMBEDDED = "camunda-forms:bpmn:"
_LARGEST_CARDINALITY = 100_000


def read_properties(xml: XmlElement) -> Mapping[str, str]:
    return {
        p.get("name", ""): p.get("value", "")
        for holder in extensions(xml, ZEEBE, "properties")
        for p in children(holder, "property")
    }


def labels(properties: Mapping[str, str]) -> dict[str, str]:
    """The names by language of `label:zh`, `label:en`, ..."""
    return {name[len(LABEL) :]: text for name, text in properties.items() if name.startswith(LABEL) and text}


def read_io_mappings(xml: XmlElement, element: Element, reading: Reading) -> None:
    inputs: list[IoMapping] = []
    outputs: list[IoMapping] = []
    for holder in extensions(xml, ZEEBE, "ioMapping"):
        for kind, found in (("input", inputs), ("output", outputs)):
            for number, mapping in enumerate(children(holder, kind), start=1):
                part = f"ioMapping {kind} {number}"
                target = (mapping.get("target") or "").strip()
                if not target:
                    reading.problems.error(
                        "MAPPING_WITHOUT_TARGET",
                        "Attribute 'target' must be present and not empty",
                        element,
                        part=part,
                    )
                    continue
                source = reading.texts.value(mapping.get("source"), element, part)
                found.append(IoMapping(source=source, target=target))
    element.inputs, element.outputs = tuple(inputs), tuple(outputs)


def read_job(xml: XmlElement, element: Element, reading: Reading) -> None:
    element.headers = _headers(xml)
    definition = extension(xml, ZEEBE, "taskDefinition")
    if definition is None:
        return
    kind = reading.texts.value(definition.get("type"), element, "taskDefinition type")
    if not (definition.get("type") or "").strip():
        reading.problems.error(
            "JOB_TYPE_MISSING",
            "Attribute 'type' must be present and not empty",
            element,
            part="taskDefinition",
        )
    retries = reading.texts.value(definition.get("retries"), element, "taskDefinition retries")
    element.job = TaskDefinition(type=kind or "", retries=retries or "3", headers=element.headers)


def read_user_task(xml: XmlElement, element: Element, reading: Reading) -> None:
    """`zeebe:userTask` marks the task as the engine's own; without it, it is a job for a worker."""
    managed = extension(xml, ZEEBE, "userTask") is not None or reading.is_camunda_7
    assignment = extension(xml, ZEEBE, "assignmentDefinition")
    schedule = extension(xml, ZEEBE, "taskSchedule")
    priority = extension(xml, ZEEBE, "priorityDefinition")
    properties = element.properties
    element.user_task = UserTaskDefinition(
        is_job=not managed,
        assignee=_attribute(assignment, "assignee", element, reading),
        candidate_groups=_attribute(assignment, "candidateGroups", element, reading),
        candidate_users=_attribute(assignment, "candidateUsers", element, reading),
        due_date=_attribute(schedule, "dueDate", element, reading),
        follow_up_date=_attribute(schedule, "followUpDate", element, reading),
        priority=_attribute(priority, "priority", element, reading),
        form=read_form(xml, element, reading),
        excluded_elements=text_list(properties.get("tenure:excludeActorsOf")),
        excluded_users=_property("tenure:excludeUsers", element, reading),
        outcomes=text_list(properties.get("tenure:outcomes")),
        outcome_variable=properties.get("tenure:outcomeVariable", "").strip() or "outcome",
        inbox_columns=text_list(properties.get("tenure:inboxColumns")),
        actor_variable=properties.get("tenure:actorVariable", "").strip(),
    )
    if not managed and element.job is None:
        element.job = TaskDefinition(type=USER_TASK_JOB, retries="1", headers=element.headers)


def read_form(xml: XmlElement, at: Place, reading: Reading) -> FormReference | None:
    form = extension(xml, ZEEBE, "formDefinition")
    if form is None:
        return None
    form_id = (form.get("formId") or "").strip()
    key = (form.get("formKey") or form.get("externalReference") or "").strip()
    if bool(form_id) == bool(key):
        reading.problems.error(
            "FORM_REFERENCE",
            "Exactly one of the attributes 'formId, formKey' must be present and not empty",
            at,
            part="formDefinition",
        )
        return None
    binding, version_tag = _binding(form, at, reading)
    if form_id:
        return FormReference(form_id=form_id, binding=binding, version_tag=version_tag)
    if not key.startswith(_EMBEDDED):
        return FormReference(external_key=key)
    embedded = _embedded_form(xml, key.removeprefix(_EMBEDDED))
    if embedded is None:
        reading.problems.error(
            "FORM_UNKNOWN",
            f"the embedded form '{key}' does not stand in the diagram",
            at,
            part="formDefinition",
        )
        return None
    return FormReference(embedded=embedded)


def read_script(xml: XmlElement, element: Element, reading: Reading) -> None:
    script = extension(xml, ZEEBE, "script")
    if script is None:
        return
    expression = reading.texts.expression(script.get("expression"), element, "script")
    result = (script.get("resultVariable") or "").strip()
    if not (script.get("expression") or "").strip():
        reading.problems.error(
            "SCRIPT_INCOMPLETE",
            "Attribute 'expression' must be present and not empty",
            element,
            part="script",
        )
    if not result:
        reading.problems.error(
            "SCRIPT_INCOMPLETE",
            "Attribute 'resultVariable' must be present and not empty",
            element,
            part="script",
        )
    if expression is not None and result:
        element.script = Script(expression=expression, result_variable=result)


def read_called_decision(xml: XmlElement, element: Element, reading: Reading) -> None:
    called = extension(xml, ZEEBE, "calledDecision")
    if called is None:
        return
    for name in ("decisionId", "resultVariable"):
        if not (called.get(name) or "").strip():
            reading.problems.error(
                "DECISION_INCOMPLETE",
                f"Attribute '{name}' must be present and not empty",
                element,
                part="calledDecision",
            )
    decision = reading.texts.value(called.get("decisionId"), element, "calledDecision")
    binding, version_tag = _binding(called, element, reading)
    if decision is not None:
        element.called_decision = CalledDecision(
            decision_id=decision,
            result_variable=(called.get("resultVariable") or "").strip(),
            binding=binding,
            version_tag=version_tag,
        )


def read_called_element(xml: XmlElement, element: Element, reading: Reading) -> None:
    called = extension(xml, ZEEBE, "calledElement")
    if called is None:
        return
    text = called.get("processId") or called.get("processIdExpression")
    process = reading.texts.value(text, element, "calledElement")
    if not (text or "").strip():
        reading.problems.error(
            "PROCESS_ID_MISSING",
            "Attribute 'processId' must be present and not empty",
            element,
            part="calledElement",
        )
    binding, version_tag = _binding(called, element, reading)
    if process is not None:
        element.called_element = CalledElement(
            process_id=process,
            binding=binding,
            version_tag=version_tag,
            propagate_parent_variables=called.get("propagateAllParentVariables", "true") != "false",
            propagate_child_variables=called.get("propagateAllChildVariables", "true") != "false",
            business_key=reading.texts.value(called.get("businessId"), element, "calledElement"),
        )


def read_loop(xml: XmlElement, element: Element, reading: Reading) -> None:
    standard = bpmn_child(xml, "standardLoopCharacteristics")
    if standard is not None:
        element.standard_loop = _standard_loop(standard, element, reading)
    multiple = bpmn_child(xml, "multiInstanceLoopCharacteristics")
    if multiple is None:
        return
    behavior = multiple.get("behavior", "All")
    if behavior != "All":
        reading.problems.error(
            "MULTI_INSTANCE_BEHAVIOR",
            f"multi-instance behavior '{behavior}' is not run; only 'All' is",
            element,
            hint="model the event with an event after the activity",
        )
    loop = extension(multiple, ZEEBE, "loopCharacteristics")
    collection = _collection(loop, multiple, element, reading)
    output_collection = _text(loop, "outputCollection")
    output_element = reading.texts.expression(_text(loop, "outputElement"), element, "loopCharacteristics")
    if bool(output_collection) != bool(_text(loop, "outputElement")):
        reading.problems.error(
            "MULTI_INSTANCE_OUTPUT",
            "Attributes 'outputCollection' and 'outputElement' must both be present or both be absent",
            element,
            part="loopCharacteristics",
        )
    completion = bpmn_child(multiple, "completionCondition")
    if collection is None:
        return
    element.multi_instance = MultiInstance(
        sequential=multiple.get("isSequential") == "true",
        input_collection=collection,
        input_element=_text(loop, "inputElement"),
        output_collection=output_collection,
        output_element=output_element,
        completion_condition=reading.texts.expression(text_of(completion), element, "completionCondition"),
    )


def read_ad_hoc(xml: XmlElement, element: Element, reading: Reading) -> None:
    ad_hoc = extension(xml, ZEEBE, "adHoc")
    texts = reading.texts
    if bool(_text(ad_hoc, "outputCollection")) != bool(_text(ad_hoc, "outputElement")):
        reading.problems.error(
            "AD_HOC_OUTPUT",
            "Attributes 'outputCollection' and 'outputElement' must both be present or both be absent",
            element,
            part="adHoc",
        )
    element.ad_hoc = AdHoc(
        active_elements=texts.expression(_text(ad_hoc, "activeElementsCollection"), element, "adHoc"),
        completion_condition=texts.expression(
            text_of(bpmn_child(xml, "completionCondition")), element, "completionCondition"
        ),
        cancel_remaining=xml.get("cancelRemainingInstances", "true") != "false",
        output_collection=_text(ad_hoc, "outputCollection"),
        output_element=texts.expression(_text(ad_hoc, "outputElement"), element, "adHoc"),
    )


def _text(xml: XmlElement | None, name: str) -> str:
    return (xml.get(name) or "").strip() if xml is not None else ""


def _headers(xml: XmlElement) -> dict[str, str]:
    return {
        h.get("key", ""): h.get("value", "")
        for holder in extensions(xml, ZEEBE, "taskHeaders")
        for h in children(holder, "header")
    }


def _attribute(xml: XmlElement | None, name: str, element: Element, reading: Reading) -> Value | None:
    return reading.texts.value(xml.get(name), element, name) if xml is not None else None


def _property(name: str, element: Element, reading: Reading) -> Value | None:
    return reading.texts.value(element.properties.get(name), element, name)


def _binding(xml: XmlElement, at: Place, reading: Reading) -> tuple[Binding, str]:
    text, tag = xml.get("bindingType", "latest"), (xml.get("versionTag") or "").strip()
    try:
        binding = Binding(text)
    except ValueError:
        reading.problems.error(
            "BINDING_UNKNOWN",
            f"bindingType '{text}' is unknown; use latest, deployment or versionTag",
            at,
            part="bindingType",
        )
        return Binding.LATEST, ""
    if binding is Binding.VERSION_TAG and not tag:
        reading.problems.error(
            "VERSION_TAG_MISSING",
            "Attribute 'versionTag' must be present and not empty",
            at,
            part="bindingType",
        )
    return binding, tag


def _embedded_form(xml: XmlElement, identity: str) -> str | None:
    for ancestor in xml.iterancestors():
        for form in extensions(ancestor, ZEEBE, "userTaskForm"):
            if form.get("id") == identity:
                return text_of(form)
    return None


def _standard_loop(xml: XmlElement, element: Element, reading: Reading) -> StandardLoop:
    text = (xml.get("loopMaximum") or "").strip()
    maximum = whole_number(text)
    if text and maximum is None:
        reading.problems.error("LOOP_MAXIMUM", f"loopMaximum '{shortened(text)}' is no whole number", element)
    return StandardLoop(
        condition=reading.texts.feel(text_of(bpmn_child(xml, "loopCondition")), element, "loopCondition"),
        test_before=xml.get("testBefore") == "true",
        maximum=maximum,
    )


def _collection(
    loop: XmlElement | None, multiple: XmlElement, element: Element, reading: Reading
) -> Expression | None:
    if loop is not None:
        text = (loop.get("inputCollection") or "").strip()
        if not text:
            reading.problems.error(
                "MULTI_INSTANCE_INPUT",
                "Attribute 'inputCollection' must be present and not empty",
                element,
                part="loopCharacteristics",
            )
        return reading.texts.expression(text, element, "loopCharacteristics")
    cardinality = text_of(bpmn_child(multiple, "loopCardinality")).strip()
    if cardinality:
        return _counted(cardinality, element, reading)
    if not reading.is_camunda_7:
        reading.problems.error(
            "MULTI_INSTANCE_INPUT",
            "Must have exactly one 'zeebe:loopCharacteristics' extension element",
            element,
            hint="give the multi-instance activity an input collection",
        )
    return None


def _counted(cardinality: str, element: Element, reading: Reading) -> Expression | None:
    """BPMN's `loopCardinality`: as many instances as the number says."""
    if cardinality.isdigit():
        count = whole_number(cardinality)
        if count is None or count > _LARGEST_CARDINALITY:
            reading.problems.error(
                "MULTI_INSTANCE_INPUT", f"loopCardinality {shortened(cardinality)} is too large", element
            )
            return None
        return compile_expression(f"for i in 1..{count} return i" if count else "[]")
    number = reading.texts.expression(cardinality, element, "loopCardinality")
    if number is None:
        return None
    return reading.texts.feel(f"for i in 1..({number.text}\n) return i", element, "loopCardinality")
