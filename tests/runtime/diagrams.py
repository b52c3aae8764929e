"""More pieces for small diagrams, in the manner of tests/engine/diagrams.py."""

from xml.sax.saxutils import escape, quoteattr

from tests.engine.diagrams import (
    boundary,
    end,
    error,
    error_event,
    execution_listeners,
    extended,
    flow_lines,
    message,
    message_event,
    node,
    receive,
    service_task,
    signal,
    signal_event,
    start,
    task_listeners,
    timer_event,
    user_task,
)
from tests.engine.diagrams import process as process_file


def process(process_id, *nodes, flows="", roots=""):
    """The file as bytes."""
    return process_file(process_id, *nodes, flows=flows, roots=roots).content


def task(node_id, inner=""):
    return node("task", node_id, inner)


def xor(node_id="xor", default=""):
    return node("exclusiveGateway", node_id, **({"default": default} if default else {}))


def parallel(node_id):
    return node("parallelGateway", node_id)


def inclusive(node_id, default=""):
    return node("inclusiveGateway", node_id, **({"default": default} if default else {}))


def event_gateway(node_id):
    return node("eventBasedGateway", node_id)


def catch(node_id, event):
    return node("intermediateCatchEvent", node_id, event)


def throw(node_id, event, extensions=""):
    return node("intermediateThrowEvent", node_id, event, extensions)


def sub_process(node_id, *nodes, flows="", extensions="", inner=""):
    prefix = f"{node_id}_"
    text = "".join(nodes) + "".join(flow_lines(flows)).replace('id="flow_', f'id="{prefix}flow_') + inner
    return node("subProcess", node_id, text, extensions)


def ad_hoc(node_id, *nodes, flows="", collection="", until="", keep=False, output="", job="", extensions=""):
    """`output` is `name = =expression`; `keep` leaves what runs when the condition holds; `job`: its type."""
    attributes = f" activeElementsCollection={quoteattr(collection)}" if collection else ""
    if output:
        name, expression = output.split(" = ", 1)
        attributes += f" outputCollection={quoteattr(name)} outputElement={quoteattr(expression)}"
    own = f"<zeebe:adHoc{attributes} />" if attributes else ""
    own += f'<zeebe:taskDefinition type="{job}" />' if job else ""
    text = "".join(nodes) + "".join(flow_lines(flows)).replace('id="flow_', f'id="{node_id}_flow_')
    text += _expression("completionCondition", until) if until else ""
    kept = {"cancelRemainingInstances": "false"} if keep else {}
    return node("adHocSubProcess", node_id, text, own + extensions, **kept)


def event_sub_process(node_id, *nodes, flows=""):
    return sub_process(node_id, *nodes, flows=flows).replace(
        "<bpmn:subProcess", '<bpmn:subProcess triggeredByEvent="true"', 1
    )


def event_start(node_id, event, *, interrupting=True):
    return node("startEvent", node_id, event, isInterrupting="true" if interrupting else "false")


def call_activity(node_id, process_id, *, all_variables=True, extensions="", inner=""):
    flag = str(all_variables).lower()
    called = (
        f'<zeebe:calledElement processId="{process_id}" propagateAllChildVariables="{flag}" '
        f'propagateAllParentVariables="{flag}" />'
    )
    return node("callActivity", node_id, inner, called + extensions)


def script(node_id, expression, result, extensions="", inner=""):
    written = f"<zeebe:script expression={quoteattr(expression)} resultVariable={quoteattr(result)} />"
    return node("scriptTask", node_id, inner, written + extensions)


def mapping(*lines):
    """`in x = =source`, `out y = =source`, `in n`."""
    written = ""
    for line in lines:
        kind, target, *source = line.split(" ", 3)
        text = f"source={quoteattr(source[1])} " if len(source) > 1 else ""
        written += f"<zeebe:{kind}put {text}target={quoteattr(target)} />"
    return f"<zeebe:ioMapping>{written}</zeebe:ioMapping>"


def loop(collection, element="", *, sequential=False, output="", output_element="", until=""):
    attributes = f"inputCollection={quoteattr(collection)}"
    if element:
        attributes += f" inputElement={quoteattr(element)}"
    if output:
        attributes += f" outputCollection={quoteattr(output)} outputElement={quoteattr(output_element)}"
    condition = _expression("completionCondition", until)
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"{extended(f'<zeebe:loopCharacteristics {attributes} />')}{condition if until else ''}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def standard_loop(condition="", *, before=False, maximum=0):
    attributes = f' testBefore="{str(before).lower()}"' + (f' loopMaximum="{maximum}"' if maximum else "")
    inner = _expression("loopCondition", condition) if condition else ""
    return f"<bpmn:standardLoopCharacteristics{attributes}>{inner}</bpmn:standardLoopCharacteristics>"


def terminate_event():
    return '<bpmn:terminateEventDefinition id="terminate" />'


def escalation(escalation_id, code):
    return f'<bpmn:escalation id="{escalation_id}" name="{escalation_id}" escalationCode="{code}" />'


def escalation_event(ref=""):
    return f'<bpmn:escalationEventDefinition id="{ref}_escalation"{_ref("escalationRef", ref)} />'


def catch_all_error():
    return '<bpmn:errorEventDefinition id="any_error" />'


def condition_event(text):
    return (
        '<bpmn:conditionalEventDefinition id="condition_event">'
        f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:condition>'
        "</bpmn:conditionalEventDefinition>"
    )


def link_event(name):
    return f'<bpmn:linkEventDefinition id="link_{name}" name="{name}" />'


def compensation_event(activity=""):
    return f'<bpmn:compensateEventDefinition id="compensate_{activity}"{_ref("activityRef", activity)} />'


def handler(job_type, node_id):
    return service_task(node_id, job_type).replace(
        "<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"', 1
    )


def association(source, target):
    attributes = f'associationDirection="One" sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:association id="{source}_{target}" {attributes} />'


def transaction(node_id, *nodes, flows=""):
    return sub_process(node_id, *nodes, flows=flows).replace("bpmn:subProcess", "bpmn:transaction")


def cancel_event(event_id="cancel"):
    return f'<bpmn:cancelEventDefinition id="{event_id}" />'


def chain(*nodes):
    return ">".join(nodes)


def _expression(tag, text):
    return f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{tag}>'


def _ref(name, value):
    return f' {name}="{value}"' if value else ""


__all__ = [name for name in dir() if not name.startswith("_")] + [
    "boundary",
    "end",
    "error",
    "error_event",
    "execution_listeners",
    "message",
    "message_event",
    "receive",
    "signal",
    "signal_event",
    "start",
    "task_listeners",
    "timer_event",
    "user_task",
]
