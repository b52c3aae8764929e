"""A deployed form: what a page draws of it, and what it makes of an answer.

One walk serves both. It types what was submitted, finds what is hidden, computes expressions, and
answers nodes; `fields` turns them into what a page draws, `validate` into variables and errors.

Meanings (those of form-js, checked on the server): unknown keys are dropped; `conditional.hide` that is
true or null hides; hidden and disabled fields are neither checked nor stored, and the stored value shows
through in later expressions; a read-only field keeps its stored value; expressions are computed again.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from ..errors import Problem
from ..feel import Expression, FeelError, to_json
from .components import CHOICES, INPUTS, MULTIPLE_CHOICES, Component, Limit, Option, Template
from .schema import FormSchema, read_schema
from .values import Error, Rejected, check_value, typed_value

MAX_ROWS = 200

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing on the page. `path` names the control (`items.0.name`); `value` is what to show.

    `names`, `descriptions` and `texts` hold the texts by language (`zh`, `en`) where the analyst gave
    them; `label`, `description` and `text` are the diagram's own. `columns` is a width in sixteenths,
    `row` joins what stands side by side. A group has `fields`; a dynamic list has `rows` of fields.
    """

    path: str
    type: str
    key: str
    label: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    value: Any = None
    required: bool = False
    readonly: bool = False
    disabled: bool = False
    options: tuple[Option, ...] = ()
    minimum: Any = None
    maximum: Any = None
    min_length: Any = None
    max_length: Any = None
    decimal_digits: int | None = None
    increment: Any = None
    subtype: str = ""
    multiple: bool = False
    accept: str = ""
    disallow_passed: bool = False
    table_columns: tuple[tuple[str, str], ...] = ()
    table_rows: tuple[Mapping[str, Any], ...] = ()
    fields: tuple[Field, ...] = ()
    rows: tuple[tuple[Field, ...], ...] = ()
    may_add_rows: bool = False
    columns: int | None = None
    row: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FormResult:
    """`variables` is what to store when there are no `errors`; `errors` maps a field's path to its code."""

    variables: dict[str, Any]
    errors: dict[str, Error]

    @property
    def is_valid(self) -> bool:
        return not self.errors


class FormModel:
    """A form, compiled once and shared."""

    def __init__(self, schema: FormSchema) -> None:
        self._schema = schema

    @property
    def form_id(self) -> str:
        return self._schema.form_id

    @property
    def version_tag(self) -> str:
        return self._schema.version_tag

    @property
    def schema(self) -> Mapping[str, Any]:
        return self._schema.schema

    @property
    def components(self) -> tuple[Component, ...]:
        return self._schema.components

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._schema.problems

    def variable_names(self) -> frozenset[str]:
        """The variables that the form binds or its expressions may read: what a page needs to load."""
        return frozenset(_names(self.components))

    def fields(
        self, data: Values, now: datetime, submitted: Values | None = None, zone: tzinfo = UTC
    ) -> tuple[Field, ...]:
        """What to draw: `data` are the stored variables, `submitted` what was typed and not accepted."""
        walk = _Walk(data, now, zone, submitted)
        return tuple(_draw(walk, node) for node in walk.nodes(self.components))

    def validate(self, submitted: Values, data: Values, now: datetime, zone: tzinfo = UTC) -> FormResult:
        """Check `submitted` (nested JSON; text stands for numbers, dates and options as HTML sends it).

        A local time without an offset is taken in `zone`.
        """
        walk = _Walk(data, now, zone, submitted)
        variables: dict[str, Any] = {}
        errors: dict[str, Error] = {}
        _collect(walk, walk.nodes(self.components), variables, errors)
        return FormResult(variables=variables, errors=errors)

    def nest(self, flat: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        """HTML's flat controls (`items.0.name` -> its values) as nested values for `validate`."""
        return _nest(self.components, flat, "")


def compile_form(source: bytes, name: str) -> FormModel:
    """Compile the `.form` file `name`. Never raises for bad content: look at `problems`."""
    return FormModel(read_schema(source, name))


# --- the walk ---------------------------------------------------------------------------------


@dataclass(kw_only=True)
class _Node:
    component: Component
    path: str
    context: Mapping[str, Any]
    value: Any = None
    error: Error | None = None
    hidden: bool = False
    readonly: bool = False
    options: tuple[Option, ...] = ()
    children: list[_Node] = field(default_factory=list)
    rows: list[list[_Node]] = field(default_factory=list)


class _Walk:
    def __init__(self, stored: Values, now: datetime, zone: tzinfo, submitted: Values | None) -> None:
        self.stored = stored
        self.now = now
        self.zone = zone
        self.submitted = submitted

    def nodes(self, components: tuple[Component, ...]) -> list[_Node]:
        scope: dict[str, Any] = {}
        context: Mapping[str, Any] = ChainMap(scope, self.stored)  # type: ignore[arg-type]
        found = self._typed(components, self.submitted, self.stored, scope, context, "")
        self._settle(found, scope, hidden=False)
        return found

    def _typed(
        self,
        components: tuple[Component, ...],
        submitted: Any,
        stored: Any,
        scope: dict[str, Any],
        context: Mapping[str, Any],
        prefix: str,
    ) -> list[_Node]:
        """Type every field of one scope, so that conditions may look at later fields too."""
        found: list[_Node] = []
        for component in components:
            name = component.key or component.path
            path = f"{prefix}{name or component.id}"
            node = _Node(component=component, path=path, context=context)
            found.append(node)
            if component.type == "group":
                inner = _inner(scope, component.path)
                node.children = self._typed(
                    component.components,
                    _at(submitted, component.path),
                    _at(stored, component.path),
                    inner,
                    context,
                    f"{prefix}{component.path}." if component.path else prefix,
                )
            elif component.type == "dynamiclist":
                self._type_rows(node, submitted, stored, scope, context)
            elif component.type in INPUTS:
                self._type_input(node, submitted, stored)
                if component.type != "expression":
                    _put(scope, component.key, node.value)
        return found

    def _type_rows(
        self, node: _Node, submitted: Any, stored: Any, scope: dict[str, Any], context: Mapping[str, Any]
    ) -> None:
        component = node.component
        kept = _at(stored, component.path)
        kept = kept if isinstance(kept, list) else None
        rows: Any = _at(submitted, component.path) if self.submitted is not None else None
        if self.submitted is None:
            rows = kept if kept is not None else [{} for _ in range(component.default_rows)]
        elif rows is None:
            rows = []
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            node.error, rows = ("rows", {}), []
        if len(rows) > MAX_ROWS:
            node.error, rows = ("too_many_rows", {"limit": MAX_ROWS}), rows[:MAX_ROWS]
        typed: list[dict[str, Any]] = []
        for index, row in enumerate(rows):
            values: dict[str, Any] = {}
            typed.append(values)
            inner = ChainMap({"this": values, "parent": _Lazy(context), "i": index + 1}, context)  # type: ignore[arg-type]
            old = kept[index] if kept is not None and index < len(kept) else {}
            node.rows.append(
                self._typed(
                    component.components,
                    row if self.submitted is not None else None,
                    row if self.submitted is None else old,
                    values,
                    inner,
                    f"{node.path}.{index}.",
                )
            )
        _put(scope, component.path, typed)
        node.value = typed

    def _type_input(self, node: _Node, submitted: Any, stored: Any) -> None:
        component = node.component
        kept = _at(stored, component.key)
        node.readonly = component.readonly
        if component.readonly_when is not None:
            node.readonly = self.evaluate(component.readonly_when, node.context) is True
        if component.type in CHOICES:
            node.options = self._options(node)
        if self.submitted is None:
            node.value = kept if kept is not None else component.default
            return
        if node.readonly or component.disabled:
            node.value = kept if kept is not None else component.default
            return
        raw = _at(submitted, component.key)
        try:
            node.value = typed_value(component, raw, node.options, self.zone)
        except Rejected as rejected:
            node.value, node.error = raw, (rejected.code, rejected.params)

    def _options(self, node: _Node) -> tuple[Option, ...]:
        component = node.component
        if component.options_expression is not None:
            return _as_options(self.evaluate(component.options_expression, node.context))
        if component.options_key:
            return _as_options(_at(node.context, component.options_key))
        return component.options

    def _settle(self, nodes: list[_Node], scope: dict[str, Any], *, hidden: bool) -> None:
        """Find what is hidden, in order; what is hidden leaves the scope. Then compute expressions."""
        for node in nodes:
            component = node.component
            node.hidden = hidden
            if not hidden and component.hide is not None:
                node.hidden = self.evaluate(component.hide, node.context) is not False
            inner = _inner(scope, component.path) if component.type == "group" else scope
            if component.type == "group":
                self._settle(node.children, inner, hidden=node.hidden)
            elif component.type == "dynamiclist":
                for row, values in zip(node.rows, node.value, strict=True):
                    self._settle(row, values, hidden=node.hidden)
                if node.hidden:
                    _drop(scope, component.path)
            elif component.type == "expression" and not node.hidden:
                if component.expression is not None:
                    node.value = self.evaluate(component.expression, node.context)
                _put(scope, component.key, node.value)
            elif node.hidden and component.type in INPUTS:
                _drop(scope, component.key)

    def evaluate(self, expression: Expression, context: Mapping[str, Any]) -> Any:
        try:
            return to_json(expression.evaluate(context, now=self.now).value)
        except FeelError:
            return None

    def number(self, limit: Limit, context: Mapping[str, Any]) -> Any:
        return self.evaluate(limit.expression, context) if limit.expression else limit.number

    def text(self, template: Template, context: Mapping[str, Any]) -> str:
        parts: list[str] = []
        for piece in template.pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                value = self.evaluate(piece, context)
                parts.append("" if value is None else _shown(value))
        return "".join(parts)


class _Lazy(dict[str, Any]):
    """`parent` inside a list: the surrounding values, copied only when something looks at them."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__()
        self._context = context

    def __missing__(self, key: str) -> Any:
        return self._context[key]

    def __contains__(self, key: object) -> bool:
        return key in self._context

    def get(self, key: str, default: Any = None) -> Any:
        return self._context.get(key, default)


# --- what is made of the nodes ------------------------------------------------------------------


def _collect(walk: _Walk, nodes: list[_Node], into: dict[str, Any], errors: dict[str, Error]) -> None:
    for node in nodes:
        component = node.component
        if node.hidden or component.disabled:
            continue
        if component.type == "group":
            _collect(walk, node.children, _inner(into, component.path), errors)
        elif component.type == "dynamiclist":
            rows: list[dict[str, Any]] = []
            for row in node.rows:
                values: dict[str, Any] = {}
                _collect(walk, row, values, errors)
                rows.append(values)
            _put(into, component.path, rows)
            if node.error:
                errors[node.path] = node.error
        elif component.type in INPUTS:
            if component.type != "expression" and not node.readonly:
                error = node.error or _checked(walk, node)
                if error:
                    errors[node.path] = error
            if component.key and not (node.readonly and node.value is None):
                _put(into, component.key, node.value)


def _checked(walk: _Walk, node: _Node) -> Error | None:
    today = walk.now.astimezone(walk.zone).date()
    required = node.component.rules.required
    when = node.component.rules.required_when
    if when is not None:
        required = required or walk.evaluate(when, node.context) is True
    return check_value(
        node.component, node.value, required, lambda limit: walk.number(limit, node.context), today, walk.now
    )


def _draw(walk: _Walk, node: _Node) -> Field:
    component, rules, context = node.component, node.component.rules, node.context

    def limit(of: Limit | None) -> Any:
        return walk.number(of, context) if of else None

    table: tuple[Mapping[str, Any], ...] = ()
    if component.source is not None:
        rows = walk.evaluate(component.source, context)
        table = tuple(row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return Field(
        path=node.path,
        type="hidden" if node.hidden else component.type,
        key=component.key,
        label=walk.text(component.label, context),
        names=component.names,
        description=walk.text(component.description, context),
        descriptions=component.descriptions,
        text=walk.text(component.text, context),
        texts={language: walk.text(text, context) for language, text in component.texts.items()},
        value=node.value,
        required=rules.required,
        readonly=node.readonly,
        disabled=component.disabled,
        options=node.options,
        minimum=limit(rules.minimum),
        maximum=limit(rules.maximum),
        min_length=limit(rules.min_length),
        max_length=limit(rules.max_length),
        decimal_digits=component.decimal_digits,
        increment=component.increment,
        subtype=component.subtype,
        multiple=component.multiple,
        accept=component.accept,
        disallow_passed=component.disallow_passed,
        table_columns=component.table_columns,
        table_rows=table,
        fields=tuple(_draw(walk, child) for child in node.children),
        rows=tuple(tuple(_draw(walk, cell) for cell in row) for row in node.rows),
        may_add_rows=component.may_add_rows,
        columns=component.columns,
        row=component.row,
        properties=component.properties,
    )


def _nest(
    components: tuple[Component, ...], flat: Mapping[str, Sequence[Any]], prefix: str
) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for component in components:
        if component.type == "group":
            inner = f"{prefix}{component.path}." if component.path else prefix
            _merge(_inner(nested, component.path), _nest(component.components, flat, inner))
        elif component.type == "dynamiclist":
            stem = f"{prefix}{component.path}."
            indexes = {name[len(stem) :].split(".", 1)[0] for name in flat if name.startswith(stem)}
            rows = sorted(int(index) for index in indexes if index.isdecimal())[: MAX_ROWS + 1]
            _put(
                nested,
                component.path,
                [_nest(component.components, flat, f"{stem}{index}.") for index in rows],
            )
        elif component.type in INPUTS and component.key:
            values = flat.get(prefix + component.key)
            if values is not None:
                many = component.type in MULTIPLE_CHOICES or component.type == "filepicker"
                _put(nested, component.key, list(values) if many else (values[-1] if values else None))
    return nested


# --- dotted names ---------------------------------------------------------------------------------


def _at(values: Any, name: str) -> Any:
    if not name:
        return values
    for part in name.split("."):
        if not isinstance(values, Mapping):
            return None
        values = values.get(part)
    return values


def _inner(values: dict[str, Any], name: str) -> dict[str, Any]:
    if name:
        for part in name.split("."):
            inner = values.get(part)
            if not isinstance(inner, dict):
                inner = values[part] = {}
            values = inner
    return values


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    stem, _, last = name.rpartition(".")
    _inner(values, stem)[last] = value


def _drop(values: dict[str, Any], name: str) -> None:
    stem, _, last = name.rpartition(".")
    _inner(values, stem).pop(last, None)


def _merge(into: dict[str, Any], values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _as_options(values: Any) -> tuple[Option, ...]:
    if not isinstance(values, list):
        return ()
    options: list[Option] = []
    for item in values:
        if isinstance(item, dict) and "value" in item:
            options.append(Option(value=item["value"], label=_shown(item.get("label", item["value"]))))
        elif isinstance(item, (str, int, Decimal)):
            options.append(Option(value=item, label=_shown(item)))
    return tuple(options)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _names(components: tuple[Component, ...]) -> Iterator[str]:
    for component in components:
        for name in (component.key, component.path, component.options_key):
            if name:
                yield name.split(".", 1)[0]
        limits = (
            component.rules.minimum,
            component.rules.maximum,
            component.rules.min_length,
            component.rules.max_length,
        )
        expressions: list[Expression | None] = [limit.expression for limit in limits if limit]
        expressions += [
            component.hide,
            component.readonly_when,
            component.options_expression,
            component.expression,
            component.source,
            component.rules.required_when,
        ]
        for template in (component.label, component.description, component.text, *component.texts.values()):
            expressions += [piece for piece in template.pieces if not isinstance(piece, str)]
        for expression in expressions:
            if expression is not None:
                yield from expression.names
        yield from _names(component.components)
