"""The parts of a form, compiled: what a field is called, when it shows and what it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..feel import Expression

TEXT_INPUTS = frozenset({"textfield", "textarea"})
SINGLE_CHOICES = frozenset({"select", "radio"})
MULTIPLE_CHOICES = frozenset({"checklist", "taglist"})
CHOICES = SINGLE_CHOICES | MULTIPLE_CHOICES
INPUTS = TEXT_INPUTS | CHOICES | {"number", "datetime", "checkbox", "filepicker", "expression"}
CONTAINERS = frozenset({"group", "dynamiclist"})
SHOWN_ONLY = frozenset(
    {"text", "html", "image", "table", "iframe", "documentPreview", "button", "separator", "spacer"}
)
KNOWN_TYPES = INPUTS | CONTAINERS | SHOWN_ONLY


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a select, radio, checklist or taglist."""

    value: Any
    label: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Template:
    """Text with FEEL in double braces: the pieces between and the expressions, in turn."""

    text: str
    pieces: tuple[str | Expression, ...]

    @property
    def is_plain(self) -> bool:
        return all(isinstance(piece, str) for piece in self.pieces)


NO_TEXT = Template(text="", pieces=())


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A number in the schema, or FEEL that gives one."""

    number: Any = None
    expression: Expression | None = None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`validate` of a component, and `tenure:requiredWhen` of its properties (FEEL over values, data and
    the outcome: the field is required when it is true). Lengths
    count UTF-16 units, as browsers and form-js do."""

    required: bool = False
    required_when: Expression | None = None
    min_length: Limit | None = None
    max_length: Limit | None = None
    minimum: Limit | None = None
    maximum: Limit | None = None
    pattern: str = ""
    pattern_message: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Component:
    """One component of the schema.

    `key` is the variable it binds, possibly dotted; empty for what is only shown. `path` is that of a
    group or dynamic list. `hide` is FEEL: true or null hides. `columns` is the width in sixteenths.
    """

    id: str
    type: str
    key: str = ""
    path: str = ""
    label: Template = NO_TEXT
    names: Mapping[str, str] = field(default_factory=dict)
    description: Template = NO_TEXT
    descriptions: Mapping[str, str] = field(default_factory=dict)
    text: Template = NO_TEXT
    texts: Mapping[str, Template] = field(default_factory=dict)
    hide: Expression | None = None
    readonly: bool = False
    readonly_when: Expression | None = None
    disabled: bool = False
    default: Any = None
    rules: Rules = Rules()
    options: tuple[Option, ...] = ()
    options_key: str = ""
    options_expression: Expression | None = None
    subtype: str = ""
    time_format: str = ""
    disallow_passed: bool = False
    decimal_digits: int | None = None
    increment: Any = None
    as_string: bool = False
    multiple: bool = False
    accept: str = ""
    expression: Expression | None = None
    source: Expression | None = None
    table_columns: tuple[tuple[str, str], ...] = ()
    components: tuple[Component, ...] = ()
    default_rows: int = 1
    may_add_rows: bool = True
    columns: int | None = None
    row: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
