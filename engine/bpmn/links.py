"""Links the elements of a process: sequence flows, boundary events, compensation handlers, lanes."""

from __future__ import annotations

from dataclasses import replace

from engine.bpmn import juel
from engine.bpmn.elements import attached_to
from engine.bpmn.model import Element, ElementType, EventType, SequenceFlow
from engine.bpmn.namespaces import CONDITION_LANGUAGES, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.process_draft import ProcessDraft
from engine.bpmn.reading import Reading
from engine.feel import Expression
from engine.xml_source import XmlElement, text_of

_LANGUAGES = tuple(language.lower() for language in CONDITION_LANGUAGES)


def link_process(draft: ProcessDraft, reading: Reading) -> None:
    _link_flows(draft, reading)
    _link_boundaries(draft, reading)
    _link_defaults(draft, reading)
    _link_handlers(draft, reading)
    _read_lanes(draft, reading)


# --- flows ---------------------------------------------------------------------------------------


def _link_flows(draft: ProcessDraft, reading: Reading) -> None:
    leaving = _listed(draft, "outgoing")
    arriving = _listed(draft, "incoming")
    for node, scope in draft.flow_nodes:
        _link_flow(node, scope, leaving, arriving, draft, reading)
    _complain_of_unknown(draft, reading, leaving, "outgoing")
    _complain_of_unknown(draft, reading, arriving, "incoming")


def _listed(draft: ProcessDraft, name: str) -> dict[str, list[str]]:
    """Which elements list a flow as `incoming` or `outgoing`."""
    found: dict[str, list[str]] = {}
    for identity, node in draft.nodes.items():
        for child in bpmn_children(node, name):
            found.setdefault(reference(text_of(child)), []).append(identity)
    return found


def _link_flow(
    node: XmlElement,
    scope: Element,
    leaving: dict[str, list[str]],
    arriving: dict[str, list[str]],
    draft: ProcessDraft,
    reading: Reading,
) -> None:
    problems = reading.problems
    identity = (node.get("id") or "").strip()
    place = XmlPlace(node, scope)
    if not identity:
        identity = f"flow#{len(draft.flows)}"
        problems.warning("ID_MISSING", "a sequence flow has no id", place)
    if identity in draft.flows:
        identity = f"{identity}#{len(draft.flows)}"
    source = _end(node, "sourceRef", "outgoing", leaving.get(identity, []), draft, reading)
    target = _end(node, "targetRef", "incoming", arriving.get(identity, []), draft, reading)
    if source is None or target is None:
        return
    if source.parent is not target.parent:
        problems.error(
            "FLOW_CROSSES_SCOPES",
            f"leads from '{source.id}' to '{target.id}', across the border of a subprocess",
            place,
            hint="end inside the subprocess and go on from its border, or use an event",
        )
        return
    flow = SequenceFlow(
        id=identity,
        name=" ".join((node.get("name") or "").split()),
        source=source,
        target=target,
        line=place.line,
    )
    flow.condition = _condition(node, flow, reading)
    draft.flows[identity] = flow
    source.outgoing.append(flow)
    target.incoming.append(flow)


def _end(
    node: XmlElement, attribute: str, listing: str, listed: list[str], draft: ProcessDraft, reading: Reading
) -> Element | None:
    """The element at one end of a flow: `sourceRef`/`targetRef` and the elements' lists must agree."""
    place = XmlPlace(node)
    ref = reference(node.get(attribute))
    for other in listed:
        if ref and other != ref:
            reading.problems.error(
                "FLOW_DISAGREES",
                f"element '{other}' lists the flow as {listing}, but its {attribute} is '{ref}'",
                place,
                hint="open and save the diagram in the Modeler, or draw the flow again",
            )
    if ref and ref in draft.elements and not listed and bpmn_children(draft.nodes[ref], listing):
        reading.problems.warning(
            "FLOW_NOT_LISTED",
            f"element '{ref}' does not list the flow as {listing}, its {attribute} does",
            place,
        )
    ref = ref or (listed[0] if listed else "")
    found = draft.elements.get(ref)
    if found is None or found is draft.root:
        if ref in draft.refused and ref:
            return None
        where = "to nowhere" if attribute == "targetRef" else "from nowhere"
        detail = f": there is no element '{ref}'" if ref else f": it has no {attribute}"
        reading.problems.error(
            "FLOW_WITHOUT_TARGET" if attribute == "targetRef" else "FLOW_WITHOUT_SOURCE",
            f"the sequence flow leads {where}{detail}",
            place,
            hint="connect it or delete it",
        )
        return None
    return found


def _complain_of_unknown(
    draft: ProcessDraft, reading: Reading, listed: dict[str, list[str]], listing: str
) -> None:
    drawn = {node.get("id") for node, _ in draft.flow_nodes}
    for flow, elements in listed.items():
        if flow not in drawn:
            for identity in elements:
                reading.problems.error(
                    "FLOW_UNKNOWN",
                    f"lists the flow '{flow}' as {listing}, but there is no such sequence flow",
                    draft.elements[identity],
                )


def _condition(node: XmlElement, flow: SequenceFlow, reading: Reading) -> Expression | None:
    condition = bpmn_child(node, "conditionExpression")
    if condition is None:
        return None
    text = text_of(condition).strip()
    language = (condition.get("language") or "").strip()
    if language and not juel.is_juel(text) and language.lower() not in _LANGUAGES:
        reading.problems.error(
            "CONDITION_LANGUAGE", f"conditions in '{language}' are not run", flow, hint="write it in FEEL"
        )
        return None
    if not text:
        reading.problems.warning(
            "CONDITION_EMPTY",
            "the condition is empty",
            flow,
            part="conditionExpression",
            hint="write or remove it",
        )
        return None
    return reading.texts.expression(text, flow, "conditionExpression")


# --- boundaries, defaults ------------------------------------------------------------------------


def _link_boundaries(draft: ProcessDraft, reading: Reading) -> None:
    for element in draft.elements.values():
        if element.type is not ElementType.BOUNDARY_EVENT:
            continue
        ref = attached_to(draft.nodes[element.id])
        host = draft.elements.get(ref)
        if host is None or not host.type.is_activity or host.parent is not element.parent:
            where = f"'{ref}' is no activity beside it" if ref else "it has no attachedToRef"
            reading.problems.error(
                "BOUNDARY_NOT_ATTACHED", f"Must be attached to an activity: {where}", element
            )
            continue
        element.attached_to = host
        host.boundaries.append(element)


def _link_defaults(draft: ProcessDraft, reading: Reading) -> None:
    for element in draft.elements.values():
        ref = reference(draft.nodes[element.id].get("default"))
        if not ref:
            continue
        flow = draft.flows.get(ref)
        if flow is None or flow.source is not element:
            reading.problems.error(
                "DEFAULT_FLOW", f"Default flow must start at the element: '{ref}' does not", element
            )
            continue
        flow.is_default = True
        element.default_flow = flow


# --- compensation -------------------------------------------------------------------------------


def _link_handlers(draft: ProcessDraft, reading: Reading) -> None:
    for node in draft.association_nodes:
        source = draft.elements.get(reference(node.get("sourceRef")))
        target = draft.elements.get(reference(node.get("targetRef")))
        if source is None or target is None:
            continue
        if target.type is ElementType.BOUNDARY_EVENT and target.event.type is EventType.COMPENSATION:
            source, target = target, source
        if source.type is not ElementType.BOUNDARY_EVENT or source.event.type is not EventType.COMPENSATION:
            continue
        if not target.type.is_activity:
            continue
        if not target.is_for_compensation:
            reading.problems.error(
                "COMPENSATION_HANDLER",
                f"the activity '{target.id}' is reached by a compensation association, but is not marked "
                "isForCompensation",
                source,
            )
            continue
        source.handler = target


# --- lanes ---------------------------------------------------------------------------------------


def _read_lanes(draft: ProcessDraft, reading: Reading) -> None:
    """The innermost lane of an element; a user task without assignment gets it as group."""
    todo = list(reversed(draft.lane_sets))
    found: dict[Element, XmlElement] = {}
    while todo:
        lane_set = todo.pop()
        for lane in bpmn_children(lane_set, "lane"):
            identity, name = lane.get("id") or "", " ".join((lane.get("name") or "").split())
            draft.lanes[identity] = name
            for ref in bpmn_children(lane, "flowNodeRef"):
                element = draft.elements.get(reference(text_of(ref)))
                if element is not None:
                    _put_in_lane(element, lane, found, reading)
                    element.lane = name
            nested = bpmn_child(lane, "childLaneSet")
            if nested is not None:
                todo.append(nested)
    for element in draft.elements.values():
        task = element.user_task
        group = element.lane or next((a.lane for a in element.ancestors() if a.lane), "")
        if (
            task is not None
            and group
            and not (task.assignee or task.candidate_groups or task.candidate_users)
        ):
            element.user_task = replace(task, candidate_groups=group)


def _put_in_lane(
    element: Element, lane: XmlElement, found: dict[Element, XmlElement], reading: Reading
) -> None:
    """An element stands in one lane and in those around it."""
    before = found.get(element)
    found[element] = lane
    if before is None or before is lane or before in lane.iterancestors() or lane in before.iterancestors():
        return
    reading.problems.warning(
        "TWO_LANES",
        f"stands in lane '{before.get('id') or ''}' and in lane '{lane.get('id') or ''}'; the second counts",
        element,
    )
