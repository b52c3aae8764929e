"""Rules of BPMN's data sets, data associations and data objects, which never run. All are warnings."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.namespaces import BPMN, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, children, local_name, namespace, text_of

_SETS = (("dataInput", "inputSet", "Input"), ("dataOutput", "outputSet", "Output"))
_WITHOUT_DATA = ("manualTask",)


def check_data_sets(reading: Reading) -> None:
    ids = {
        str(element.get("id")): element
        for element in reading.root.iter()
        if isinstance(element.tag, str) and element.get("id") and namespace(element) == BPMN
    }
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        for message in _broken(element, ids):
            owner = next((a for a in element.iterancestors() if a.get("id")), None)
            place = XmlPlace(element, XmlPlace(owner) if owner is not None else None)
            reading.problems.warning("DATA_SET", message, place)


def _broken(element: XmlElement, ids: dict[str, XmlElement]) -> Iterator[str]:
    match local_name(element):
        case "ioSpecification":
            yield from _of_specification(element)
        case "dataInputAssociation" | "dataOutputAssociation":
            yield from _of_association(element, ids)
        case "dataObjectReference" if not element.get("dataObjectRef"):
            yield "the data object reference refers to no data object"
        case "dataObjectReference":
            yield from _of_reference(element, ids)
        case "dataObject":
            item = ids.get(reference(element.get("itemSubjectRef")))
            if item is not None and item.get("isCollection", "false") != element.get("isCollection", "false"):
                yield f"isCollection differs from that of its item '{item.get('id')}'"
        case "dataStore" if element.get("isUnlimited") == "false" and not element.get("capacity"):
            yield "a data store that is not unlimited needs a capacity"
        case "multiInstanceLoopCharacteristics":
            yield from _of_loop(element)
        case "performer" | "humanPerformer" | "potentialOwner":
            yield from _of_performer(element)
        case _:
            pass


def _of_specification(specification: XmlElement) -> Iterator[str]:
    parent = specification.getparent()
    if parent is not None and local_name(parent) in _WITHOUT_DATA:
        yield f"a {local_name(parent)} takes and gives no data"
    for data, sets, word in _SETS:
        found = bpmn_children(specification, sets)
        if not found:
            yield f"an ioSpecification needs at least one {sets}"
        named: set[str] = set()
        for one in found:
            refs = [reference(text_of(ref)) for ref in bpmn_children(one, f"{data}Refs")]
            named |= set(refs)
            if len(set(refs)) < len(refs):
                yield f"the {sets} names the same {data} twice"
            for kind in (f"optional{word}Refs", f"whileExecuting{word}Refs"):
                for ref in bpmn_children(one, kind):
                    if reference(text_of(ref)) not in refs:
                        yield f"{kind} '{text_of(ref).strip()}' is no {data} of its set"
        for one in bpmn_children(specification, data):
            if (one.get("id") or "") not in named:
                yield f"{data} '{one.get('id') or ''}' stands in no {sets}"
    yield from _unmatched_sets(specification)


def _unmatched_sets(specification: XmlElement) -> Iterator[str]:
    """An input set that names an output set is named by it in turn."""
    pairs = {
        kind: {
            (one.get("id") or "", reference(text_of(ref)))
            for one in bpmn_children(specification, f"{kind}Set")
            for ref in bpmn_children(one, f"{other}SetRefs")
        }
        for kind, other in (("input", "output"), ("output", "input"))
    }
    turned = {(there, here) for here, there in pairs["output"]}
    for here, there in sorted(pairs["input"] ^ turned):
        yield f"the sets '{here}' and '{there}' do not name each other"


def _of_association(association: XmlElement, ids: dict[str, XmlElement]) -> Iterator[str]:
    sources = [ids.get(reference(text_of(ref))) for ref in bpmn_children(association, "sourceRef")]
    target = ids.get(reference(text_of(bpmn_child(association, "targetRef"))))
    transformed = bpmn_child(association, "transformation") is not None
    if len(sources) > 1 and not transformed:
        yield "several sources need a transformation"
    parent = association.getparent()
    inwards = local_name(association) == "dataInputAssociation"
    if inwards:
        if target is not None and not _belongs_to(target, parent, "dataInput"):
            yield "targetRef leads to no data input of the element itself"
        if any(source is target for source in sources if source is not None):
            yield "the data association leads from a data input to itself"
    else:
        if any(source is not None and not _belongs_to(source, parent, "dataOutput") for source in sources):
            yield "sourceRef leads to no data output of the element itself"
        if target is not None and local_name(target) == "dataInput":
            yield "targetRef leads to a data input"
    for source in sources:
        if (
            source is None
            or target is None
            or transformed
            or bpmn_child(association, "assignment") is not None
        ):
            continue
        given, wanted = (reference(end.get("itemSubjectRef")) for end in (source, target))
        if given and wanted and given != wanted:
            yield f"it leads from a '{given}' to a '{wanted}' without a transformation"


def _belongs_to(data: XmlElement, element: XmlElement | None, kind: str) -> bool:
    """Whether it is data or a property of the element; drawing tools put a property in the data's place."""
    if local_name(data) not in (kind, "property"):
        return False
    return element is None or any(ancestor is element for ancestor in data.iterancestors())


def _of_reference(element: XmlElement, ids: dict[str, XmlElement]) -> Iterator[str]:
    found = ids.get(reference(element.get("dataObjectRef")))
    own = reference(element.get("itemSubjectRef"))
    if found is not None and own and own != reference(found.get("itemSubjectRef")):
        yield "its item differs from that of its data object"


def _of_loop(loop: XmlElement) -> Iterator[str]:
    for item, data in (("inputDataItem", "loopDataInputRef"), ("outputDataItem", "loopDataOutputRef")):
        if bpmn_child(loop, item) is not None and bpmn_child(loop, data) is None:
            yield f"an {item} needs a {data}"
    behavior = loop.get("behavior", "All")
    for wanted, attribute in (("One", "oneBehaviorEventRef"), ("None", "noneBehaviorEventRef")):
        if loop.get(attribute) and behavior != wanted:
            yield f"{attribute} belongs to behavior {wanted} only"
    if bpmn_child(loop, "loopCardinality") is not None and bpmn_child(loop, "loopDataInputRef") is not None:
        yield "the number of instances comes either from loopCardinality or from loopDataInputRef, not both"


def _of_performer(element: XmlElement) -> Iterator[str]:
    ways = ("resourceRef", "resourceAssignmentExpression")
    if not any(local_name(child) in ways for child in children(element)):
        yield "a performer needs a resourceRef or an expression"
