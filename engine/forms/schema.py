"""Reads a `.form` file (Camunda's form JSON) into components, with every problem it finds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..errors import Problem, Severity
from ..feel import Expression, FeelSyntaxError, compile_expression
from .components import CONTAINERS, INPUTS, KNOWN_TYPES, Component, Limit, Option, Rules, Template

MAX_BYTES = 2_000_000
MAX_DEPTH = 20
LANGUAGES = ("zh", "en")

_FEELERS = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class FormSchema:
    """A form as read. `schema` is the JSON verbatim, with exact numbers."""

    form_id: str
    version_tag: str
    name: str
    schema: Mapping[str, Any]
    components: tuple[Component, ...]
    problems: tuple[Problem, ...]


def read_schema(source: bytes, name: str) -> FormSchema:
    """Read `source`, the file `name`. Never raises for bad content: look at `problems`."""
    reader = _Reader(name)
    schema = reader.json(source)
    if schema is None:
        return FormSchema(
            form_id="",
            version_tag="",
            name=name,
            schema={},
            components=(),
            problems=tuple(reader.problems),
        )
    form_id = schema.get("id")
    if not isinstance(form_id, str) or not form_id:
        reader.error("FORM_WITHOUT_ID", "the form has no id", hint="give it one under General, ID")
        form_id = ""
    components = tuple(reader.components(schema.get("components"), depth=0))
    reader.check_keys(components)
    tag = schema.get("versionTag")
    return FormSchema(
        form_id=form_id,
        version_tag=tag if isinstance(tag, str) else "",
        name=name,
        schema=schema,
        components=components,
        problems=tuple(reader.problems),
    )


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def error(
        self, code: str, message: str, *, element: str = "", hint: str = "", position: int | None = None
    ) -> None:
        self._add(Severity.ERROR, code, message, element, hint, position)

    def warning(self, code: str, message: str, *, element: str = "", hint: str = "") -> None:
        self._add(Severity.WARNING, code, message, element, hint, None)

    def _add(
        self, severity: Severity, code: str, message: str, element: str, hint: str, position: int | None
    ) -> None:
        self.problems.append(
            Problem(
                file=self.file,
                code=code,
                message=message,
                severity=severity,
                hint=hint,
                element_id=element,
                position=position,
            )
        )

    def json(self, source: bytes) -> dict[str, Any] | None:
        if len(source) > MAX_BYTES:
            self.error("FORM_TOO_LARGE", f"the form has {len(source)} bytes, the limit is {MAX_BYTES}")
            return None
        try:
            schema = json.loads(source.decode("utf-8-sig"), parse_float=Decimal)
        except UnicodeDecodeError as error:
            self.error("FORM_NOT_UTF8", f"the file is not UTF-8 text (byte {error.start})")
            return None
        except json.JSONDecodeError as error:
            self.problems.append(
                Problem(
                    file=self.file,
                    code="FORM_NOT_JSON",
                    message=f"the file is not JSON: {error.msg} at column {error.colno}",
                    line=error.lineno,
                )
            )
            return None
        except RecursionError:
            self.error("FORM_TOO_DEEP", "the JSON is nested too deeply")
            return None
        if not isinstance(schema, dict):
            self.error("FORM_NOT_OBJECT", "a form is a JSON object with an id and components")
            return None
        return schema

    def components(self, raw: Any, *, depth: int) -> Iterator[Component]:
        if depth > MAX_DEPTH:
            self.error("FORM_TOO_DEEP", f"components are nested more than {MAX_DEPTH} deep")
            return
        if raw is None:
            return
        if not isinstance(raw, list):
            self.error("FORM_COMPONENTS", "components must be a list")
            return
        for item in raw:
            if isinstance(item, dict) and isinstance(item.get("type"), str):
                yield self.component(item, depth)
            else:
                self.error("FORM_COMPONENTS", "a component must be an object with a type")

    def component(self, raw: dict[str, Any], depth: int) -> Component:
        kind = raw["type"]
        key = str(raw.get("key") or "")
        ident = str(raw.get("id") or key or kind)
        if kind not in KNOWN_TYPES:
            self.warning("FORM_COMPONENT_UNKNOWN", f"component type '{kind}' is not drawn", element=ident)
        if kind in INPUTS and not key:
            self.error(
                "FIELD_WITHOUT_KEY", f"the {kind} binds no variable", element=ident, hint="set its key"
            )
        properties = _strings(raw.get("properties"))
        conditional, layout = raw.get("conditional"), raw.get("layout")
        layout = layout if isinstance(layout, dict) else {}
        readonly = raw.get("readonly")
        component = Component(
            id=ident,
            type=kind,
            key=key,
            path=str(raw.get("path") or ""),
            label=self.template(raw.get("label") or raw.get("dateLabel") or raw.get("timeLabel"), ident),
            names=_by_language(properties, "label"),
            description=self.template(raw.get("description"), ident),
            descriptions=_by_language(properties, "description"),
            text=self.template(raw.get("text") if kind == "text" else raw.get("content"), ident),
            texts={
                language: self.template(text, ident)
                for language, text in _by_language(properties, "text").items()
            },
            hide=self.feel(conditional.get("hide"), ident) if isinstance(conditional, dict) else None,
            readonly=readonly is True,
            readonly_when=self.feel(readonly, ident) if isinstance(readonly, str) else None,
            disabled=raw.get("disabled") is True,
            default=raw.get("defaultValue"),
            rules=self.rules(raw.get("validate"), ident, properties.get("tenure:requiredWhen")),
            properties=properties,
            columns=layout.get("columns") if isinstance(layout.get("columns"), int) else None,
            row=str(layout.get("row") or ""),
        )
        if kind in CONTAINERS:
            rows = raw.get("defaultRepetitions")
            component = replace(
                component,
                components=tuple(self.components(raw.get("components"), depth=depth + 1)),
                default_rows=rows if isinstance(rows, int) and 0 <= rows <= 50 else 1,
                may_add_rows=raw.get("allowAddRemove") is not False,
            )
        return self.particulars(component, raw)

    def particulars(self, component: Component, raw: dict[str, Any]) -> Component:
        ident = component.id
        match component.type:
            case "select" | "radio" | "checklist" | "taglist":
                return replace(
                    component,
                    options=self.options(raw.get("values"), ident, component.properties),
                    options_key=str(raw.get("valuesKey") or ""),
                    options_expression=self.feel(raw.get("valuesExpression"), ident),
                )
            case "number":
                digits = raw.get("decimalDigits")
                return replace(
                    component,
                    decimal_digits=digits if isinstance(digits, int) else None,
                    increment=_decimal(raw.get("increment")),
                    as_string=raw.get("serializeToString") is True,
                )
            case "datetime":
                return replace(
                    component,
                    subtype=str(raw.get("subtype") or "date"),
                    time_format=str(raw.get("timeSerializingFormat") or "utc_offset"),
                    disallow_passed=raw.get("disallowPassedDates") is True,
                )
            case "filepicker":
                return replace(
                    component,
                    multiple=raw.get("multiple") in (True, "=true"),
                    accept=str(raw.get("accept") or "").removeprefix("="),
                )
            case "expression":
                return replace(component, expression=self.feel(raw.get("expression"), ident))
            case "table":
                columns = raw.get("columns")
                return replace(
                    component,
                    source=self.feel(raw.get("dataSource"), ident),
                    table_columns=tuple(
                        (str(column.get("key") or ""), str(column.get("label") or ""))
                        for column in (columns if isinstance(columns, list) else [])
                        if isinstance(column, dict)
                    ),
                )
            case _:
                return component

    def options(self, raw: Any, ident: str, properties: Mapping[str, str]) -> tuple[Option, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list) or not all(isinstance(item, dict) and "value" in item for item in raw):
            self.error("FIELD_OPTIONS", "the options must be a list of value and label", element=ident)
            return ()
        return tuple(
            Option(
                value=item["value"],
                label=str(item.get("label") or item["value"]),
                names=_by_language(properties, f"option:{item['value']}"),
            )
            for item in raw
        )

    def rules(self, raw: Any, ident: str, required_when: str | None) -> Rules:
        raw = raw if isinstance(raw, dict) else {}
        pattern = str(raw.get("pattern") or "")
        return Rules(
            required=raw.get("required") is True,
            required_when=self.feel(required_when, ident),
            min_length=self.limit(raw.get("minLength"), ident),
            max_length=self.limit(raw.get("maxLength"), ident),
            minimum=self.limit(raw.get("min"), ident),
            maximum=self.limit(raw.get("max"), ident),
            pattern=self.pattern(pattern, ident),
            pattern_message=str(raw.get("patternErrorMessage") or ""),
            kind=str(raw.get("validationType") or ""),
        )

    def limit(self, raw: Any, ident: str) -> Limit | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str) and raw.startswith("="):
            expression = self.feel(raw, ident)
            return Limit(expression=expression) if expression else None
        number = _decimal(raw)
        if number is None:
            self.error("FIELD_LIMIT", f"the limit {raw!r} is not a number", element=ident)
            return None
        return Limit(number=number)

    def pattern(self, pattern: str, ident: str) -> str:
        """Check that the JavaScript pattern can be run; answers it in Python's writing."""
        if not pattern:
            return ""
        python = python_pattern(pattern)
        try:
            re.compile(python)
        except re.error as error:
            self.error("FIELD_PATTERN", f"the pattern {pattern!r} cannot be read: {error}", element=ident)
            return ""
        return python

    def feel(self, raw: Any, ident: str) -> Expression | None:
        if not isinstance(raw, str) or not raw.strip():
            return None
        text = raw.strip().removeprefix("=")
        try:
            return compile_expression(text)
        except FeelSyntaxError as error:
            self.error(
                "FEEL_SYNTAX",
                f"the expression '{text}' cannot be read: {error}",
                element=ident,
                position=error.position,
            )
            return None

    def template(self, raw: Any, ident: str) -> Template:
        if not isinstance(raw, str) or not raw:
            return Template(text="", pieces=())
        if raw.startswith("="):
            expression = self.feel(raw, ident)
            return Template(text=raw, pieces=(expression,) if expression else ())
        pieces: list[str | Expression] = []
        at = 0
        for found in _FEELERS.finditer(raw):
            if found.start() > at:
                pieces.append(raw[at : found.start()])
            expression = self.feel(found.group(1), ident)
            if expression is not None:
                pieces.append(expression)
            at = found.end()
        if at < len(raw):
            pieces.append(raw[at:])
        return Template(text=raw, pieces=tuple(pieces))

    def check_keys(self, components: tuple[Component, ...], prefix: str = "") -> None:
        """Two fields of one name in one place would overwrite each other, unless conditions part them."""
        seen: dict[str, Component] = {}
        for component in flattened(components):
            name = component.key or (component.path if component.type == "dynamiclist" else "")
            other = seen.get(name) if name else None
            if other is not None and component.hide is None and other.hide is None:
                self.error(
                    "FIELD_KEY_TWICE",
                    f"two fields bind '{name}' ({other.id} and {component.id})",
                    element=component.id,
                    hint="give one of them another key, or a condition",
                )
            if name:
                seen[name] = component
            if component.type == "dynamiclist":
                self.check_keys(component.components)


def flattened(components: tuple[Component, ...]) -> Iterator[Component]:
    """Components and what stands in their groups, in order; lists are not opened."""
    for component in components:
        yield component
        if component.type == "group":
            yield from flattened(component.components)


def python_pattern(pattern: str) -> str:
    """A JavaScript pattern in Python's writing: `$` is the very end, named groups, ASCII classes."""
    out: list[str] = []
    in_class = False
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            out.append(pattern[at : at + 2])
            at += 2
            continue
        if char == "[" and not in_class:
            in_class = True
        elif char == "]" and in_class:
            in_class = False
        elif char == "$" and not in_class:
            out.append(r"\Z")
            at += 1
            continue
        elif not in_class and pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in ("=", "!"):
            out.append("(?P<")
            at += 3
            continue
        out.append(char)
        at += 1
    return "(?a)" + "".join(out)


def _strings(raw: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in raw.items()} if isinstance(raw, dict) else {}


def _by_language(properties: Mapping[str, str], what: str) -> dict[str, str]:
    found = {language: properties.get(f"{what}:{language}", "") for language in LANGUAGES}
    return {language: text for language, text in found.items() if text}


def _decimal(raw: Any) -> Any:
    if isinstance(raw, bool) or raw is None or raw == "":
        return None
    if isinstance(raw, (int, Decimal)):
        return raw
    try:
        return Decimal(str(raw))
    except ArithmeticError:
        return None
