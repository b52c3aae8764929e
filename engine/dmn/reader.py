"""Reads a DMN file of any version into `engine.dmn.model`, with a Problem for all that is not right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from engine.dmn import model
from engine.dmn.boxed_reader import BoxedReader, line, type_ref
from engine.errors import Problem, Severity
from engine.xml_source import (
    XmlElement,
    XmlProblem,
    child,
    children,
    descendants,
    local_name,
    namespace,
    parse_xml,
    text_of,
)

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}

_Element = TypeVar(
    "_Element", model.Decision, model.InputData, model.BusinessKnowledge, model.DecisionService
)


def read_dmn(source: bytes, name: str) -> tuple[model.Definitions, tuple[Problem, ...]]:
    """What the file says. Raises nothing: a file that is no DMN gives empty definitions and an error."""
    try:
        root = parse_xml(source, name)
    except XmlProblem as problem:
        return model.Definitions(id="", name="", namespace=""), (problem.problem,)
    return _Reader(name).read(root)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._owner = ("", "")
        self._boxed = BoxedReader(self._report)

    def read(self, root: XmlElement) -> tuple[model.Definitions, tuple[Problem, ...]]:
        if local_name(root) != "definitions" or namespace(root) not in NAMESPACES:
            self._report(
                root,
                "NOT_DMN",
                f"the root element is '{local_name(root)}' of '{namespace(root)}', not that of DMN",
            )
            return model.Definitions(id="", name="", namespace=""), tuple(self._problems)
        definitions = model.Definitions(
            id=root.get("id", ""),
            name=root.get("name", ""),
            namespace=root.get("namespace", ""),
            platform=_foreign(root, "executionPlatform"),
            imports=tuple(self._import(found) for found in children(root, "import")),
            item_definitions=tuple(_item_definition(found) for found in children(root, "itemDefinition")),
            input_data=self._by_id(_input_data(found) for found in children(root, "inputData")),
            decisions=self._by_id(self._decision(found) for found in children(root, "decision")),
            knowledge=self._by_id(
                self._knowledge(found) for found in children(root, "businessKnowledgeModel")
            ),
            services=self._by_id(_service(found) for found in children(root, "decisionService")),
        )
        return definitions, tuple(self._problems)

    def _by_id(self, elements: Iterable[_Element]) -> Mapping[str, _Element]:
        found: dict[str, _Element] = {}
        for element in elements:
            if not element.id or element.id in found:
                self._problems.append(
                    Problem(
                        file=self._file,
                        code="DUPLICATE_ID" if element.id else "ID_MISSING",
                        message=f"the id '{element.id}' is used twice"
                        if element.id
                        else "the element has no id",
                        element_id=element.id,
                        element_name=element.name,
                        line=element.line,
                    )
                )
            found.setdefault(element.id, element)
        return found

    def _import(self, element: XmlElement) -> model.Import:
        return model.Import(
            name=element.get("name", ""),
            namespace=element.get("namespace", ""),
            type=element.get("importType", ""),
            line=line(element),
        )

    def _decision(self, element: XmlElement) -> model.Decision:
        self._owner = (_id(element), element.get("name", ""))
        variable = child(element, "variable")
        expression = self._boxed.first_expression(element)
        return model.Decision(
            id=_id(element),
            name=element.get("name", ""),
            names=_names(element),
            variable=_variable_name(element),
            type_ref=type_ref(variable),
            expression=expression,
            requirements=_requirements(element),
            version_tag=_version_tag(element),
            description=text_of(child(element, "description")).strip(),
            line=line(element),
        )

    def _knowledge(self, element: XmlElement) -> model.BusinessKnowledge:
        self._owner = (_id(element), element.get("name", ""))
        logic = child(element, "encapsulatedLogic")
        return model.BusinessKnowledge(
            id=_id(element),
            name=element.get("name", ""),
            variable=_variable_name(element),
            type_ref=type_ref(child(element, "variable")),
            function=None if logic is None else self._boxed.function(logic),
            requirements=_requirements(element),
            line=line(element),
        )

    def _report(
        self,
        element: XmlElement,
        code: str,
        message: str,
        *,
        hint: str = "",
        line: int | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        source_line = element.sourceline
        self._problems.append(
            Problem(
                file=self._file,
                code=code,
                message=message,
                hint=hint,
                severity=severity,
                element_id=self._owner[0],
                element_name=self._owner[1],
                line=line or (source_line if isinstance(source_line, int) else None),
            )
        )


def _id(element: XmlElement) -> str:
    return element.get("id", "") or element.get("name", "")


def _variable_name(element: XmlElement) -> str:
    variable = child(element, "variable")
    named = "" if variable is None else variable.get("name", "")
    return named or element.get("name", "") or element.get("id", "")


def _requirements(element: XmlElement) -> model.Requirements:
    return model.Requirements(
        decisions=_hrefs(descendants(element, "requiredDecision")),
        inputs=_hrefs(descendants(element, "requiredInput")),
        knowledge=_hrefs(descendants(element, "requiredKnowledge")),
    )


def _hrefs(elements: Iterable[XmlElement]) -> tuple[str, ...]:
    return tuple(href for element in elements if (href := element.get("href", "")))


def _input_data(element: XmlElement) -> model.InputData:
    return model.InputData(
        id=_id(element),
        name=element.get("name", ""),
        variable=_variable_name(element),
        type_ref=type_ref(child(element, "variable")),
        line=line(element),
    )


def _service(element: XmlElement) -> model.DecisionService:
    return model.DecisionService(
        id=_id(element),
        name=element.get("name", ""),
        variable=_variable_name(element),
        type_ref=type_ref(child(element, "variable")),
        output_decisions=_hrefs(children(element, "outputDecision")),
        encapsulated_decisions=_hrefs(children(element, "encapsulatedDecision")),
        input_decisions=_hrefs(children(element, "inputDecision")),
        input_data=_hrefs(children(element, "inputData")),
        line=line(element),
    )


def _item_definition(element: XmlElement) -> model.ItemDefinition:
    allowed = child(element, "allowedValues")
    constraint = child(element, "typeConstraint")
    function = child(element, "functionItem")
    return model.ItemDefinition(
        name=element.get("name", ""),
        type_ref=type_ref(element),
        is_collection=element.get("isCollection", "").strip().lower() in ("true", "1"),
        allowed_values=text_of(None if allowed is None else child(allowed, "text")).strip(),
        type_constraint=text_of(None if constraint is None else child(constraint, "text")).strip(),
        components=tuple(_item_definition(found) for found in children(element, "itemComponent")),
        function_parameters=None
        if function is None
        else tuple(
            model.Parameter(name=found.get("name", ""), type_ref=type_ref(found))
            for found in children(function, "parameters")
        ),
        function_result="" if function is None else function.get("outputTypeRef", "").removeprefix("feel:"),
        line=line(element),
    )


def _names(element: XmlElement) -> Mapping[str, str]:
    """The names by language that extension properties `label:zh`, `label:en` give."""
    found: dict[str, str] = {}
    extensions = child(element, "extensionElements")
    for extension in () if extensions is None else descendants(extensions, "property"):
        key = extension.get("name", "")
        if key.startswith("label:") and extension.get("value"):
            found[key.removeprefix("label:")] = extension.get("value", "")
    return found


def _version_tag(element: XmlElement) -> str:
    extensions = child(element, "extensionElements")
    tag = None if extensions is None else child(extensions, "versionTag")
    if tag is not None:
        return tag.get("value", "")
    return _foreign(element, "versionTag")


def _foreign(element: XmlElement, name: str) -> str:
    """An attribute of another namespace than DMN's."""
    found = (str(value) for key, value in element.attrib.items() if str(key).endswith("}" + name))
    return next(found, "")
