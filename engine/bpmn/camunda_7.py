"""Maps what Camunda 7 (`camunda:`) writes into a diagram where Camunda 8 has an equivalent.

The rest becomes a problem that names element and reason. Attributes that only tune Camunda 7's own
machinery (`asyncBefore`, `historyTimeToLive`, ...) are dropped: here every step is durable.
"""

from __future__ import annotations

import json
from dataclasses import replace

from engine.bpmn import juel
from engine.bpmn.model import (
    Binding,
    CalledDecision,
    CalledElement,
    Element,
    ElementType,
    FormReference,
    IoMapping,
    Listener,
    MultiInstance,
    Script,
    TaskDefinition,
    Value,
)
from engine.bpmn.namespaces import (
    CAMUNDA,
    CONDITION_LANGUAGES,
    bpmn_child,
    bpmn_children,
    camunda,
    extension,
    extensions,
)
from engine.bpmn.reading import Reading
from engine.bpmn.texts import whole_number
from engine.xml_source import XmlElement, child, children, local_name, text_of

_JOB_ATTRIBUTES = ("class", "delegateExpression", "expression")
_WITHOUT_EQUIVALENT = {
    "initiator": "the starter of an instance is recorded, but given to no variable",
    "calledElementVersion": "a numeric version has no equivalent; bind by deployment or versionTag",
    "decisionRefVersion": "a numeric version has no equivalent; bind by deployment or versionTag",
    "formRefVersion": "a numeric version has no equivalent; bind by deployment or versionTag",
    "caseRef": "CMMN cases are not run",
    "variableMappingClass": "Java mapping classes are not run; use input and output mappings",
    "variableMappingDelegateExpression": "Java mapping classes are not run; use input and output mappings",
    "formHandlerClass": "Java form handlers are not run",
}
_TASK_LISTENERS = {
    "create": "creating",
    "assignment": "assigning",
    "update": "updating",
    "complete": "completing",
}
_FORM_FIELDS = {
    "string": "textfield",
    "long": "number",
    "boolean": "checkbox",
    "date": "datetime",
    "enum": "select",
}


def read_camunda_7(xml: XmlElement, element: Element, reading: Reading) -> None:
    """Fill what the zeebe extensions left open."""
    _refuse_foreign(xml, element, reading)
    _read_job(xml, element, reading)
    _read_mappings(xml, element, reading)
    _read_listeners(xml, element, reading)
    _read_loop(xml, element, reading)
    match element.type:
        case ElementType.USER_TASK:
            _read_user_task(xml, element, reading)
        case ElementType.START_EVENT:
            element.start_form = element.start_form or _form(xml, element, reading)
        case ElementType.CALL_ACTIVITY:
            _read_call(xml, element, reading)
        case ElementType.BUSINESS_RULE_TASK:
            _read_decision(xml, element, reading)
        case ElementType.SCRIPT_TASK:
            _read_script(xml, element, reading)
        case _:
            pass


def camunda_properties(xml: XmlElement) -> dict[str, str]:
    return {
        p.get("name", ""): p.get("value", "")
        for holder in extensions(xml, CAMUNDA, "properties")
        for p in children(holder, "property")
    }


def _refuse_foreign(xml: XmlElement, element: Element, reading: Reading) -> None:
    for name, reason in _WITHOUT_EQUIVALENT.items():
        if camunda(xml, name):
            _no_equivalent(f"camunda:{name}", reason, element, reading)
    reasons = {
        "connector": "connectors are not run; use a job type",
        "field": "field injection has no equivalent; use input mappings",
        "errorEventDefinition": "map the error in the handler: it throws the error code itself",
    }
    for found in extensions(xml, CAMUNDA, *reasons):
        _no_equivalent(f"camunda:{local_name(found)}", reasons[local_name(found)], element, reading)


def _no_equivalent(what: str, reason: str, element: Element, reading: Reading) -> None:
    reading.problems.error(
        "CAMUNDA_7_NO_EQUIVALENT", f"{what} of Camunda 7 has no equivalent: {reason}", element
    )


def _read_job(xml: XmlElement, element: Element, reading: Reading) -> None:
    if element.job is not None or element.type is ElementType.USER_TASK:
        return
    source = bpmn_child(xml, "messageEventDefinition") if element.type.is_event else xml
    if source is None:
        return
    kind: Value | None = None
    if camunda(source, "type") == "external":
        kind = reading.texts.value(camunda(source, "topic"), element, "camunda:topic")
        if kind is None:
            reading.problems.error("JOB_TYPE_MISSING", "an external task needs camunda:topic", element)
    else:
        kind = _bean(source, element, reading)
    if kind is not None:
        retries = text_of(extension(xml, CAMUNDA, "failedJobRetryTimeCycle"))
        element.job = TaskDefinition(type=kind, retries=_retries(retries), headers=camunda_properties(xml))


def _bean(xml: XmlElement, element: Element, reading: Reading) -> str | None:
    for name in _JOB_ATTRIBUTES:
        text = camunda(xml, name)
        if not text:
            continue
        try:
            return juel.bean_name(text)
        except juel.NoEquivalent as error:
            _no_equivalent(f"camunda:{name}", str(error), element, reading)
            return None
    return None


def _retries(cycle: str) -> str:
    """`R3/PT5M` means three tries; lists of delays mean one try more than they have delays."""
    cycle = cycle.strip()
    if cycle[:1] == "R" and "/" in cycle and whole_number(cycle[1 : cycle.index("/")]) is not None:
        return cycle[1 : cycle.index("/")]
    return str(cycle.count(",") + 2) if cycle.startswith("P") else "3"


def _read_mappings(xml: XmlElement, element: Element, reading: Reading) -> None:
    inputs, outputs = list(element.inputs), list(element.outputs)
    for holder in extensions(xml, CAMUNDA, "inputOutput"):
        for parameter in children(holder, "inputParameter", "outputParameter"):
            kind = local_name(parameter)
            target = parameter.get("name", "")
            found = inputs if kind == "inputParameter" else outputs
            if children(parameter, "script"):
                _no_equivalent(f"a script in {kind} '{target}'", "write it in FEEL", element, reading)
                continue
            text = _literal(parameter) or text_of(parameter)
            found.append(IoMapping(source=reading.texts.value(text, element, kind), target=target))
    element.inputs, element.outputs = tuple(inputs), tuple(outputs)


def _literal(parameter: XmlElement) -> str:
    """A `camunda:list` or `camunda:map` of plain texts as FEEL."""
    listed = child(parameter, "list")
    if listed is not None:
        return "=[" + ", ".join(_quoted(text_of(value)) for value in children(listed, "value")) + "]"
    mapped = child(parameter, "map")
    if mapped is not None:
        entries = (f"{_quoted(e.get('key', ''))}: {_quoted(text_of(e))}" for e in children(mapped, "entry"))
        return "={" + ", ".join(entries) + "}"
    return ""


def _quoted(text: str) -> str:
    if juel.is_juel(text):
        try:
            return juel.to_feel(text.strip())
        except juel.NoEquivalent:
            pass
    escaped = text.strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read_listeners(xml: XmlElement, element: Element, reading: Reading) -> None:
    for listener in extensions(xml, CAMUNDA, "executionListener", "taskListener"):
        kind, event = local_name(listener), listener.get("event", "")
        if children(listener, "script"):
            _no_equivalent(f"a script in camunda:{kind}", "use a job type", element, reading)
            continue
        name = next((listener.get(a) for a in _JOB_ATTRIBUTES if listener.get(a)), None)
        try:
            job_type = juel.bean_name(name or "")
        except juel.NoEquivalent as error:
            _no_equivalent(f"camunda:{kind}", str(error), element, reading)
            continue
        if kind == "executionListener" and event in ("start", "end"):
            added = Listener(event=event, type=job_type)
            if event == "start":
                element.start_listeners += (added,)
            else:
                element.end_listeners += (added,)
        elif kind == "taskListener" and event in _TASK_LISTENERS:
            element.task_listeners += (Listener(event=_TASK_LISTENERS[event], type=job_type),)
        else:
            _no_equivalent(f"camunda:{kind} on '{event}'", "there is no such event", element, reading)


def _read_loop(xml: XmlElement, element: Element, reading: Reading) -> None:
    multiple = bpmn_child(xml, "multiInstanceLoopCharacteristics")
    if multiple is None or element.multi_instance is not None or not reading.is_camunda_7:
        return
    name = camunda(multiple, "collection")
    text = name if not name or juel.is_juel(name) else f"={name}"
    collection = reading.texts.expression(text, element, "camunda:collection")
    if collection is None:
        if not text:
            reading.problems.error(
                "MULTI_INSTANCE_INPUT",
                "a multi-instance activity needs a collection or a loopCardinality",
                element,
            )
        return
    completion = bpmn_child(multiple, "completionCondition")
    element.multi_instance = MultiInstance(
        sequential=multiple.get("isSequential") == "true",
        input_collection=collection,
        input_element=camunda(multiple, "elementVariable"),
        completion_condition=reading.texts.expression(text_of(completion), element, "completionCondition"),
    )


def _read_user_task(xml: XmlElement, element: Element, reading: Reading) -> None:
    task = element.user_task
    if task is None:
        return

    def text(name: str) -> Value | None:
        return reading.texts.value(camunda(xml, name), element, f"camunda:{name}")

    element.user_task = replace(
        task,
        assignee=task.assignee or text("assignee"),
        candidate_groups=task.candidate_groups or text("candidateGroups"),
        candidate_users=task.candidate_users or text("candidateUsers"),
        due_date=task.due_date or text("dueDate"),
        follow_up_date=task.follow_up_date or text("followUpDate"),
        priority=task.priority or text("priority"),
        form=task.form or _form(xml, element, reading),
    )


def _form(xml: XmlElement, element: Element, reading: Reading) -> FormReference | None:
    key, ref = camunda(xml, "formKey"), camunda(xml, "formRef")
    if ref:
        binding, tag = _binding(camunda(xml, "formRefBinding"), "", element, reading)
        return FormReference(form_id=ref, binding=binding, version_tag=tag)
    if key:
        return FormReference(external_key=key)
    data = extension(xml, CAMUNDA, "formData")
    return FormReference(embedded=_form_of_data(data, element.id)) if data is not None else None


def _form_of_data(data: XmlElement, identity: str) -> str:
    """The generated form of Camunda 7 as a form of Camunda 8."""
    components: list[dict[str, object]] = []
    for field in children(data, "formField"):
        kind = field.get("type", "string")
        component: dict[str, object] = {
            "type": _FORM_FIELDS.get(kind, "textfield"),
            "key": field.get("id", ""),
            "label": field.get("label") or field.get("id") or "",
            "id": f"Field_{len(components) + 1}",
        }
        if field.get("defaultValue") and not juel.is_juel(field.get("defaultValue", "")):
            component["defaultValue"] = field.get("defaultValue", "")
        if kind == "date":
            component |= {"subtype": "date", "dateLabel": component["label"]}
        if kind == "enum":
            component["values"] = [
                {"value": v.get("id", ""), "label": v.get("name") or v.get("id") or ""}
                for v in children(field, "value")
            ]
        components.append(component)
    form = {"type": "default", "id": f"form_{identity}", "schemaVersion": 19, "components": components}
    return json.dumps(form, ensure_ascii=False)


def _binding(text: str, tag: str, element: Element, reading: Reading) -> tuple[Binding, str]:
    if text == "version":
        _no_equivalent("a binding to a numeric version", "bind by deployment or versionTag", element, reading)
    elif text in ("deployment", "versionTag"):
        return Binding(text), tag
    return Binding.LATEST, ""


def _read_call(xml: XmlElement, element: Element, reading: Reading) -> None:
    called = (xml.get("calledElement") or "").strip()
    if element.called_element is not None or not called:
        return
    process = reading.texts.value(called, element, "calledElement")
    if process is None:
        return
    ins, outs = extensions(xml, CAMUNDA, "in"), extensions(xml, CAMUNDA, "out")
    binding, tag = _binding(
        camunda(xml, "calledElementBinding"), camunda(xml, "calledElementVersionTag"), element, reading
    )
    business_key = next((i.get("businessKey") for i in ins if i.get("businessKey")), None)
    element.called_element = CalledElement(
        process_id=process,
        binding=binding,
        version_tag=tag,
        propagate_parent_variables=any(i.get("variables") == "all" for i in ins),
        propagate_child_variables=any(o.get("variables") == "all" for o in outs),
        business_key=reading.texts.value(business_key, element, "businessKey"),
    )
    element.inputs += tuple(_mapped(ins, element, reading))
    element.outputs += tuple(_mapped(outs, element, reading))


def _mapped(found: list[XmlElement], element: Element, reading: Reading) -> list[IoMapping]:
    mappings: list[IoMapping] = []
    for mapping in found:
        target = mapping.get("target")
        if not target:
            continue
        source, text = mapping.get("source"), mapping.get("sourceExpression")
        value = reading.texts.value(text or (f"={source}" if source else None), element, local_name(mapping))
        mappings.append(IoMapping(source=value, target=target))
    return mappings


def _read_decision(xml: XmlElement, element: Element, reading: Reading) -> None:
    ref = camunda(xml, "decisionRef")
    if element.called_decision is not None or not ref:
        return
    decision = reading.texts.value(ref, element, "camunda:decisionRef")
    binding, tag = _binding(
        camunda(xml, "decisionRefBinding"), camunda(xml, "decisionRefVersionTag"), element, reading
    )
    if decision is not None:
        element.called_decision = CalledDecision(
            decision_id=decision,
            result_variable=camunda(xml, "resultVariable") or "decisionResult",
            binding=binding,
            version_tag=tag,
        )


def _read_script(xml: XmlElement, element: Element, reading: Reading) -> None:
    scripts = bpmn_children(xml, "script")
    if element.script is not None or element.job is not None or not scripts:
        return
    language = (xml.get("scriptFormat") or "").strip()
    if language.lower() not in CONDITION_LANGUAGES:
        reading.problems.error(
            "SCRIPT_LANGUAGE",
            f"scripts in '{language}' are not run",
            element,
            hint="write the script in FEEL or give the task a job type",
        )
        return
    expression = reading.texts.feel(text_of(scripts[0]), element, "script")
    if expression is not None:
        element.script = Script(
            expression=expression, result_variable=camunda(xml, "resultVariable") or "scriptResult"
        )
