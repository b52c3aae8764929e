"""A DMN file as it was written: its elements and boxed expressions, not yet compiled.

`line` counts from 1 in the file. A `type_ref` is the text of the model: `number`,
`tPerson`, `imported.tPerson`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class HitPolicy(StrEnum):
    """What becomes of several matching rules."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"

    @property
    def is_multiple(self) -> bool:
        """Whether the result is a list, one entry for each matching rule."""
        return self in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT)


class Aggregation(StrEnum):
    """How COLLECT makes one value of all."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


# --- boxed expressions ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Boxed:
    """What every boxed expression has."""

    id: str = ""
    type_ref: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Literal(Boxed):
    text: str


@dataclass(frozen=True, kw_only=True)
class ContextEntry:
    """A named value, or (without a name) the result of the whole context."""

    name: str
    type_ref: str
    value: Boxed | None


@dataclass(frozen=True, kw_only=True)
class Context(Boxed):
    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Binding:
    parameter: str
    value: Boxed | None


@dataclass(frozen=True, kw_only=True)
class Invocation(Boxed):
    callee: Boxed | None
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    name: str
    type_ref: str = ""


@dataclass(frozen=True, kw_only=True)
class Function(Boxed):
    """`kind` is FEEL, or Java and PMML, which are never run."""

    parameters: tuple[Parameter, ...]
    body: Boxed | None
    kind: str = "FEEL"


@dataclass(frozen=True, kw_only=True)
class ListExpression(Boxed):
    items: tuple[Boxed | None, ...]


@dataclass(frozen=True, kw_only=True)
class Relation(Boxed):
    columns: tuple[Parameter, ...]
    rows: tuple[tuple[Boxed | None, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Conditional(Boxed):
    condition: Boxed | None
    then: Boxed | None
    otherwise: Boxed | None


@dataclass(frozen=True, kw_only=True)
class Filter(Boxed):
    source: Boxed | None
    match: Boxed | None


@dataclass(frozen=True, kw_only=True)
class Iteration(Boxed):
    """`kind` is `for`, `some` or `every`; `result` is what is returned or satisfied."""

    kind: str
    variable: str
    variable_type: str
    source: Boxed | None
    result: Boxed | None


@dataclass(frozen=True, kw_only=True)
class TableInput:
    id: str
    label: str
    expression: str
    type_ref: str
    allowed_values: str
    line: int | None
    expression_id: str = ""

    @property
    def name(self) -> str:
        """What people call the column."""
        return self.label or self.expression


@dataclass(frozen=True, kw_only=True)
class TableOutput:
    """`default` is the value when no rule matches; `allowed_values` also order PRIORITY and OUTPUT ORDER."""

    id: str
    name: str
    label: str
    type_ref: str
    allowed_values: str
    default: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    id: str
    text: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`annotations` are what the author wrote beside the rule, `description` is Camunda's annotation."""

    id: str
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    description: str
    annotations: tuple[str, ...]
    line: int | None


@dataclass(frozen=True, kw_only=True)
class DecisionTable(Boxed):
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    output_label: str
    inputs: tuple[TableInput, ...]
    outputs: tuple[TableOutput, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()


# --- elements of the requirement graph -----------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ItemDefinition:
    name: str
    type_ref: str
    is_collection: bool
    allowed_values: str
    components: tuple[ItemDefinition, ...]
    type_constraint: str = ""
    function_parameters: tuple[Parameter, ...] | None = None
    function_result: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class InputData:
    id: str
    name: str
    variable: str
    type_ref: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """Hrefs as written: `#id`, or `namespace#id` for elements of an imported model."""

    decisions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`variable` is the name under which other decisions read the result."""

    id: str
    name: str
    names: Mapping[str, str]
    variable: str
    type_ref: str
    expression: Boxed | None
    requirements: Requirements
    version_tag: str = ""
    description: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class BusinessKnowledge:
    id: str
    name: str
    variable: str
    type_ref: str
    function: Function | None
    requirements: Requirements
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class DecisionService:
    """A group of decisions called as one: inputs and input decisions are its parameters, in this order."""

    id: str
    name: str
    variable: str
    type_ref: str
    output_decisions: tuple[str, ...]
    encapsulated_decisions: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Import:
    name: str
    namespace: str
    type: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """A whole file. `id` is what Camunda calls the id of the decision requirements.

    `platform` is what Camunda Modeler notes as the engine that the file is for.
    """

    id: str
    name: str
    namespace: str
    platform: str = ""
    imports: tuple[Import, ...] = ()
    item_definitions: tuple[ItemDefinition, ...] = ()
    input_data: Mapping[str, InputData] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    knowledge: Mapping[str, BusinessKnowledge] = field(default_factory=dict)
    services: Mapping[str, DecisionService] = field(default_factory=dict)
