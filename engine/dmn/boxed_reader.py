"""Reads the boxed expressions of a DMN file: what stands inside a decision or a business knowledge model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from engine.dmn import model
from engine.xml_source import XmlElement, child, children, local_name, text_of

Report = Callable[..., None]
"""Takes an element, a code and a message, and keeps a Problem."""


class _Common(TypedDict):
    id: str
    type_ref: str
    line: int | None


class BoxedReader:
    """Turns elements into the classes of `engine.dmn.model`; says to `report` what it cannot read."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def first_expression(self, parent: XmlElement | None) -> model.Boxed | None:
        """The boxed expression directly below `parent`; None when there is none."""
        if parent is None:
            return None
        for element in children(parent):
            if local_name(element) in _READERS:
                return self.expression(element)
        return None

    def expression(self, element: XmlElement) -> model.Boxed:
        read = _READERS[local_name(element)]
        return read(self, element)

    def function(self, element: XmlElement) -> model.Function:
        """A `functionDefinition`, or the `encapsulatedLogic` of a business knowledge model."""
        return model.Function(
            **_common(element),
            parameters=tuple(
                model.Parameter(name=found.get("name", ""), type_ref=type_ref(found))
                for found in children(element, "formalParameter")
            ),
            body=self.first_expression(element),
            kind=element.get("kind", "FEEL"),
        )

    def _literal(self, element: XmlElement) -> model.Literal:
        language = element.get("expressionLanguage", "")
        if language and "feel" not in language.lower():
            self._report(
                element,
                "EXPRESSION_LANGUAGE",
                f"the expression language '{language}' is not supported",
                hint="write the expression in FEEL",
            )
        return model.Literal(**_common(element), text=text_of(child(element, "text")))

    def _context(self, element: XmlElement) -> model.Context:
        return model.Context(
            **_common(element),
            entries=tuple(self._context_entry(found) for found in children(element, "contextEntry")),
        )

    def _context_entry(self, element: XmlElement) -> model.ContextEntry:
        variable = child(element, "variable")
        return model.ContextEntry(
            name="" if variable is None else variable.get("name", ""),
            type_ref=type_ref(variable),
            value=self.first_expression(element),
        )

    def _invocation(self, element: XmlElement) -> model.Invocation:
        return model.Invocation(
            **_common(element),
            callee=self.first_expression(element),
            bindings=tuple(
                model.Binding(
                    parameter=_attribute(child(found, "parameter"), "name"),
                    value=self.first_expression(found),
                )
                for found in children(element, "binding")
            ),
        )

    def _list(self, element: XmlElement) -> model.ListExpression:
        items = [found for found in children(element) if local_name(found) in _READERS]
        return model.ListExpression(**_common(element), items=tuple(self.expression(item) for item in items))

    def _relation(self, element: XmlElement) -> model.Relation:
        return model.Relation(
            **_common(element),
            columns=tuple(
                model.Parameter(name=found.get("name", ""), type_ref=type_ref(found))
                for found in children(element, "column")
            ),
            rows=tuple(self._list(row).items for row in children(element, "row")),
        )

    def _conditional(self, element: XmlElement) -> model.Conditional:
        return model.Conditional(
            **_common(element),
            condition=self.first_expression(child(element, "if")),
            then=self.first_expression(child(element, "then")),
            otherwise=self.first_expression(child(element, "else")),
        )

    def _filter(self, element: XmlElement) -> model.Filter:
        return model.Filter(
            **_common(element),
            source=self.first_expression(child(element, "in")),
            match=self.first_expression(child(element, "match")),
        )

    def _iteration(self, element: XmlElement) -> model.Iteration:
        source = child(element, "in")
        return model.Iteration(
            **_common(element),
            kind=local_name(element),
            variable=element.get("iteratorVariable", ""),
            variable_type=type_ref(source),
            source=self.first_expression(source),
            result=self.first_expression(child(element, "return", "satisfies")),
        )

    def _table(self, element: XmlElement) -> model.DecisionTable:
        policy = element.get("hitPolicy", "UNIQUE").upper()
        aggregation = element.get("aggregation", "").upper()
        if policy not in _HIT_POLICIES:
            known = ", ".join(_HIT_POLICIES)
            self._report(element, "HIT_POLICY", f"the hit policy '{policy}' is unknown; known are {known}")
            policy = "UNIQUE"
        if aggregation and aggregation not in _AGGREGATIONS:
            known = ", ".join(_AGGREGATIONS)
            self._report(
                element, "AGGREGATION", f"the aggregation '{aggregation}' is unknown; known are {known}"
            )
            aggregation = ""
        table = model.DecisionTable(
            **_common(element),
            hit_policy=model.HitPolicy(policy),
            aggregation=model.Aggregation(aggregation) if aggregation else None,
            output_label=element.get("outputLabel", ""),
            inputs=tuple(_input(found) for found in children(element, "input")),
            outputs=tuple(_output(found) for found in children(element, "output")),
            rules=tuple(_rule(found) for found in children(element, "rule")),
            annotations=tuple(found.get("name", "") for found in children(element, "annotation")),
        )
        self._check_shape(element, table)
        return table

    def _check_shape(self, element: XmlElement, table: model.DecisionTable) -> None:
        if not table.outputs:
            self._report(element, "TABLE_WITHOUT_OUTPUT", "the decision table has no output column")
        for index, rule in enumerate(table.rules, start=1):
            if len(rule.inputs) != len(table.inputs) or len(rule.outputs) != len(table.outputs):
                self._report(
                    element,
                    "RULE_SHAPE",
                    f"rule {index} has {len(rule.inputs)} input and {len(rule.outputs)} output cells; "
                    f"the table has {len(table.inputs)} and {len(table.outputs)} columns",
                    line=rule.line,
                )


def type_ref(element: XmlElement | None) -> str:
    """The type that an element names, as an attribute (1.2 and later) or a child (1.1, item definitions)."""
    if element is None:
        return ""
    named = element.get("typeRef") or text_of(child(element, "typeRef"))
    return named.strip().removeprefix("feel:")


def line(element: XmlElement) -> int | None:
    found = element.sourceline
    return found if isinstance(found, int) else None


_HIT_POLICIES = tuple(policy.value for policy in model.HitPolicy)
_AGGREGATIONS = tuple(aggregation.value for aggregation in model.Aggregation)


def _common(element: XmlElement) -> _Common:
    return {"id": element.get("id", ""), "type_ref": type_ref(element), "line": line(element)}


def _attribute(element: XmlElement | None, name: str) -> str:
    return "" if element is None else element.get(name, "")


def _input(element: XmlElement) -> model.TableInput:
    expression = child(element, "inputExpression")
    return model.TableInput(
        id=element.get("id", ""),
        label=element.get("label", "") or _attribute(expression, "label"),
        expression=text_of(None if expression is None else child(expression, "text")).strip(),
        type_ref=type_ref(expression),
        allowed_values=_allowed(child(element, "inputValues")),
        line=line(element),
        expression_id=_attribute(expression, "id"),
    )


def _output(element: XmlElement) -> model.TableOutput:
    default = child(element, "defaultOutputEntry")
    return model.TableOutput(
        id=element.get("id", ""),
        name=element.get("name", ""),
        label=element.get("label", ""),
        type_ref=type_ref(element),
        allowed_values=_allowed(child(element, "outputValues")),
        default=text_of(None if default is None else child(default, "text")).strip(),
        line=line(element),
    )


def _allowed(element: XmlElement | None) -> str:
    return text_of(None if element is None else child(element, "text")).strip()


def _rule(element: XmlElement) -> model.Rule:
    return model.Rule(
        id=element.get("id", ""),
        inputs=tuple(_cell(found) for found in children(element, "inputEntry")),
        outputs=tuple(_cell(found) for found in children(element, "outputEntry")),
        description=text_of(child(element, "description")).strip(),
        annotations=tuple(
            text_of(child(found, "text")).strip() for found in children(element, "annotationEntry")
        ),
        line=line(element),
    )


def _cell(element: XmlElement) -> model.Cell:
    text = child(element, "text")
    return model.Cell(
        id=element.get("id", ""), text=text_of(text).strip(), line=line(element if text is None else text)
    )


_READERS: dict[str, Callable[[BoxedReader, XmlElement], model.Boxed]] = {
    "literalExpression": BoxedReader._literal,
    "context": BoxedReader._context,
    "invocation": BoxedReader._invocation,
    "functionDefinition": BoxedReader.function,
    "list": BoxedReader._list,
    "relation": BoxedReader._relation,
    "conditional": BoxedReader._conditional,
    "filter": BoxedReader._filter,
    "for": BoxedReader._iteration,
    "some": BoxedReader._iteration,
    "every": BoxedReader._iteration,
    "decisionTable": BoxedReader._table,
}
