"""Draws small DMN files for tests."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from engine.dmn import DmnModel, compile_dmn

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def dmn(*elements: str, namespace: str = NAMESPACE, name: str = "test") -> bytes:
    body = "".join(elements)
    opening = f'<definitions xmlns="{namespace}" id="drd" name="{name}" namespace="urn:{name}">'
    return f"{opening}{body}</definitions>".encode()


def decision(id: str, logic: str, *, requires: str = "", type_ref: str = "") -> str:
    typed = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f'<decision id="{id}" name="{id}"><variable name="{id}"{typed}/>{requires}{logic}</decision>'


def literal(text: str, type_ref: str = "") -> str:
    typed = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f"<literalExpression{typed}><text>{escape(text)}</text></literalExpression>"


def requires(*ids: str) -> str:
    return "".join(
        f'<informationRequirement><requiredDecision href="#{id}"/></informationRequirement>' for id in ids
    )


def knows(*ids: str) -> str:
    return "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{id}"/></knowledgeRequirement>' for id in ids
    )


def knowledge(id: str, parameters: Sequence[str], logic: str, requires: str = "") -> str:
    formal = "".join(f'<formalParameter name="{name}"/>' for name in parameters)
    return (
        f'<businessKnowledgeModel id="{id}" name="{id}"><variable name="{id}"/>'
        f"<encapsulatedLogic>{formal}{logic}</encapsulatedLogic>{requires}</businessKnowledgeModel>"
    )


def table(
    inputs: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[str] = ("out",),
    allowed: Sequence[str] = (),
    defaults: Sequence[str] = (),
) -> str:
    """Inputs as `name` or `name:type`; outputs as `name` or `name:type`; rows hold all cells."""
    aggregated = f' aggregation="{aggregation}"' if aggregation else ""
    columns = "".join(_input(text) for text in inputs)
    columns += "".join(
        _output(text, allowed[n] if n < len(allowed) else "", defaults[n] if n < len(defaults) else "")
        for n, text in enumerate(outputs)
    )
    rules = "".join(_rule(number, row, len(inputs)) for number, row in enumerate(rows, start=1))
    return f'<decisionTable id="table" hitPolicy="{policy}"{aggregated}>{columns}{rules}</decisionTable>'


def table_model(inputs: Sequence[str], rows: Sequence[Sequence[str]], **options: object) -> DmnModel:
    """A model whose only decision, `d`, is this table."""
    return compile_dmn(dmn(decision("d", table(inputs, rows, **options))), "test.dmn")  # type: ignore[arg-type]


def _input(text: str) -> str:
    name, _, type_ = text.partition(":")
    typed = f' typeRef="{type_}"' if type_ else ""
    expression = f"<inputExpression{typed}><text>{escape(name)}</text></inputExpression>"
    return f'<input id="in_{name}" label="{name}">{expression}</input>'


def _output(text: str, allowed: str, default: str) -> str:
    name, _, type_ = text.partition(":")
    typed = f' typeRef="{type_}"' if type_ else ""
    values = f"<outputValues><text>{escape(allowed)}</text></outputValues>" if allowed else ""
    otherwise = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    return f'<output id="out_{name}" name="{name}"{typed}>{values}{otherwise}</output>'


def _rule(number: int, cells: Sequence[str], inputs: int) -> str:
    entries = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells[:inputs])
    entries += "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in cells[inputs:])
    return f'<rule id="rule_{number}">\n{entries}</rule>'
