"""Small diagrams as text: `process("p", start(), user_task("approve"), end(), flows="start>approve>end")`."""

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from engine import Resource

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  id="definitions" targetNamespace="http://example.org/tests">
"""


def process(process_id, *nodes, flows="", roots="", properties=None, version_tag="", name="", file=""):
    """A file with one process. `flows` is `a>b>c; b>d [=x > 1]`; `roots` are messages, signals, errors."""
    extensions = properties_of(properties or {})
    if version_tag:
        extensions += f'<zeebe:versionTag value="{version_tag}" />'
    text = (
        HEAD
        + roots
        + f'<bpmn:process id="{process_id}" name={quoteattr(name or process_id)} isExecutable="true">'
        + extended(extensions)
        + "".join(nodes)
        + "".join(flow_lines(flows))
        + "</bpmn:process></bpmn:definitions>"
    )
    return Resource(name=file or f"{process_id}.bpmn", content=text.encode())


def flow_lines(flows):
    for number, part in enumerate(filter(None, (p.strip() for p in flows.split(";")))):
        path, _, condition = part.partition("[")
        nodes = [node.strip() for node in path.split(">")]
        condition = condition.rstrip("] ")
        for step, (source, target) in enumerate(pairwise(nodes)):
            inner = ""
            if condition:
                inner = (
                    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                    f"{escape(condition)}</bpmn:conditionExpression>"
                )
            yield (
                f'<bpmn:sequenceFlow id="flow_{number}_{step}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</bpmn:sequenceFlow>"
            )


def extended(inner):
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""


def properties_of(properties):
    inner = "".join(
        f"<zeebe:property name={quoteattr(k)} value={quoteattr(v)} />" for k, v in properties.items()
    )
    return f"<zeebe:properties>{inner}</zeebe:properties>" if inner else ""


def node(tag, node_id, inner="", extensions="", **attributes):
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{tag} id="{node_id}" name="{node_id}"{written}>{extended(extensions)}{inner}</bpmn:{tag}>'


def start(node_id="start", event="", extensions=""):
    return node("startEvent", node_id, event, extensions)


def end(node_id="end", event=""):
    return node("endEvent", node_id, event)


def user_task(node_id, *, groups="", users="", assignee="", form="", inner="", listeners=(), **properties):
    """Properties with `__` for `:`, as in `tenure__outcomes="approve,reject"`.

    A listener is `assigning TYPE`.
    """
    extensions = "<zeebe:userTask />"
    given = {"assignee": assignee, "candidateGroups": groups, "candidateUsers": users}
    written = "".join(f" {name}={quoteattr(value)}" for name, value in given.items() if value)
    if written:
        extensions += f"<zeebe:assignmentDefinition{written} />"
    if form:
        extensions += f'<zeebe:formDefinition formId="{form}" />'
    extensions += task_listeners(*listeners)
    extensions += properties_of({name.replace("__", ":"): value for name, value in properties.items()})
    return node("userTask", node_id, inner, extensions)


def task_listeners(*listeners):
    """`assigning TYPE`, in order."""
    written = "".join(
        f"<zeebe:taskListener eventType={quoteattr(event)} type={quoteattr(kind)} />"
        for event, kind in (listener.split(" ", 1) for listener in listeners)
    )
    return f"<zeebe:taskListeners>{written}</zeebe:taskListeners>" if written else ""


def execution_listeners(*listeners):
    """`start TYPE` and `end TYPE`, in order."""
    written = "".join(
        f"<zeebe:executionListener eventType={quoteattr(event)} type={quoteattr(kind)} />"
        for event, kind in (listener.split(" ", 1) for listener in listeners)
    )
    return f"<zeebe:executionListeners>{written}</zeebe:executionListeners>" if written else ""


def service_task(node_id, job_type, *, retries="3", headers=None, extra="", inner=""):
    extensions = f'<zeebe:taskDefinition type={quoteattr(job_type)} retries="{retries}" />'
    if headers:
        lines = "".join(
            f"<zeebe:header key={quoteattr(k)} value={quoteattr(v)} />" for k, v in headers.items()
        )
        extensions += f"<zeebe:taskHeaders>{lines}</zeebe:taskHeaders>"
    return node("serviceTask", node_id, inner, extensions + extra)


def boundary(node_id, on, event, *, interrupting=True):
    cancel = "true" if interrupting else "false"
    return node("boundaryEvent", node_id, event, attachedToRef=on, cancelActivity=cancel)


def receive(node_id, message_ref):
    return node("receiveTask", node_id, messageRef=message_ref)


def message(message_id, name, correlation_key="=orderId"):
    subscription = f"<zeebe:subscription correlationKey={quoteattr(correlation_key)} />"
    return f'<bpmn:message id="{message_id}" name={quoteattr(name)}>{extended(subscription)}</bpmn:message>'


def message_event(message_ref):
    return f'<bpmn:messageEventDefinition id="{message_ref}_event" messageRef="{message_ref}" />'


def error(error_id, code):
    return f'<bpmn:error id="{error_id}" name="{error_id}" errorCode="{code}" />'


def error_event(error_ref):
    return f'<bpmn:errorEventDefinition id="{error_ref}_event" errorRef="{error_ref}" />'


def signal(signal_id, name):
    return f'<bpmn:signal id="{signal_id}" name={quoteattr(name)} />'


def signal_event(signal_ref):
    return f'<bpmn:signalEventDefinition id="{signal_ref}_event" signalRef="{signal_ref}" />'


def timer_event(kind, text):
    """`kind`: Date, Duration or Cycle."""
    expression = f'<bpmn:time{kind} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:time{kind}>'
    return f'<bpmn:timerEventDefinition id="timer_{abs(hash(text))}">{expression}</bpmn:timerEventDefinition>'


def multi_instance(collection, element, *, sequential=False):
    attributes = f"inputCollection={quoteattr(collection)} inputElement={quoteattr(element)}"
    loop = f"<zeebe:loopCharacteristics {attributes} />"
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"{extended(loop)}</bpmn:multiInstanceLoopCharacteristics>"
    )
