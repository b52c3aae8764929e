"""A form on a page: what was typed becomes nested values, and fields carry their errors and texts.

Controls are named `f.` and the field's path (`f.items.0.name`), so that no variable collides with the
page's own controls. Uploaded files are stored at once and travel on as references, so that they survive
an error elsewhere in the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import request

from engine import EngineError, Field, FormModel, option_text

from . import formats
from .context import actor, engine
from .i18n import gettext as _
from .i18n import localized

PREFIX = "f."

__all__ = [
    "FormPage",
    "Mistake",
    "change_rows",
    "control_id",
    "control_value",
    "draw",
    "flatten",
    "option_text",
    "plain_number",
    "read_submitted",
]

_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}([,，]\d{3})+(\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One line of the error summary; `path` is where it stands in the form."""

    path: str
    label: str
    message: str


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """`messages` maps a field's path to what is wrong with it."""

    fields: tuple[Field, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_inputs(self) -> bool:
        return any(
            f.type not in ("text", "html", "separator", "spacer", "hidden") for f in flatten(self.fields)
        )


def draw(
    model: FormModel | None,
    data: Mapping[str, Any],
    submitted: Mapping[str, Any] | None = None,
    errors: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
) -> FormPage:
    """The form as a page shows it: stored `data`, over it what was typed, beside it the errors."""
    if model is None:
        return FormPage()
    fields = model.fields(data, formats.now(), submitted, formats.zone())
    messages = {path: sentence(code, parameters) for path, (code, parameters) in (errors or {}).items()}
    labels = {f.path: (f, row) for f, row in numbered(fields)}
    mistakes = [
        Mistake(path=path, label=_label(*labels[path]) if path in labels else path, message=messages[path])
        for path in sorted(messages, key=list(labels).index if messages.keys() <= labels.keys() else None)
    ]
    return FormPage(fields=fields, mistakes=tuple(mistakes), messages=messages)


def read_submitted(model: FormModel, process_instance_key: int | None = None) -> dict[str, Any]:
    """What was typed, nested as `FormModel` takes it. Stores the uploaded files."""
    flat: dict[str, list[Any]] = {
        name[len(PREFIX) :]: list(request.form.getlist(name))
        for name in request.form
        if name.startswith(PREFIX)
    }
    components = {c.key: c for c in _inputs(model.components) if c.key}
    for path, values in flat.items():
        component = components.get(_key(path, components))
        if component is None:
            continue
        if component.type == "filepicker":
            flat[path] = [reference for value in values if (reference := _stored(value))]
        elif component.type == "number":
            flat[path] = [plain_number(value) for value in values]
        elif component.type == "datetime" and component.subtype == "datetime":
            flat[path] = [_with_zone(value) for value in values]
    for name in request.files:
        if name.startswith(PREFIX):
            files = flat.setdefault(name[len(PREFIX) :], [])
            files += [
                _store(upload, process_instance_key)
                for upload in request.files.getlist(name)
                if upload.filename
            ]
    nested: dict[str, Any] = model.nest(flat)
    return nested


def change_rows(submitted: dict[str, Any]) -> bool:
    """Do what an "add row" or "remove row" button asked for; False when none was pressed."""
    if adding := request.form.get("add_row"):
        rows = _rows(submitted, adding)
        if rows is not None:
            rows.append({})
    elif removing := request.form.get("remove_row"):
        path, _dot, index = removing.rpartition(".")
        rows = _rows(submitted, path)
        if rows is not None and index.isdecimal() and int(index) < len(rows):
            del rows[int(index)]
    else:
        return False
    return True


def flatten(fields: tuple[Field, ...]) -> Iterator[Field]:
    """Every field, also those inside groups and rows, in the order of the page."""
    for found, _row in numbered(fields):
        yield found


def numbered(fields: tuple[Field, ...], row: int | None = None) -> Iterator[tuple[Field, int | None]]:
    for one in fields:
        yield one, row
        yield from numbered(one.fields, row)
        for index, cells in enumerate(one.rows):
            yield from numbered(cells, index + 1)


def sentence(code: str, parameters: Mapping[str, Any]) -> str:
    """What is wrong with a field and how to mend it, from the engine's code."""
    limit = parameters.get("limit")
    limit = formats.number(limit) if limit is not None and not isinstance(limit, str) else limit
    match code:
        case "required":
            return _("Fill this in.")
        case "number":
            return _("Write a number, for example 1200.50.")
        case "number_too_long" | "digits":
            return _("Too many digits; at most %(limit)s are possible.", limit=limit)
        case "increment":
            return _("The number must be a multiple of %(limit)s.", limit=limit)
        case "min":
            return _("Must be %(limit)s or more.", limit=limit)
        case "max":
            return _("Must be %(limit)s or less.", limit=limit)
        case "min_length":
            return _("Write at least %(limit)s characters.", limit=limit)
        case "max_length":
            return _("Write at most %(limit)s characters.", limit=limit)
        case "pattern":
            return str(parameters.get("message") or _("This is not in the expected form."))
        case "email":
            return _("Write an e-mail address, for example name@example.com.")
        case "phone":
            return _("Write a phone number with the country code, for example +86 10 1234 5678.")
        case "date" | "datetime" | "time":
            return _("This is not a valid date or time.")
        case "date_passed":
            return _("The date must not lie in the past.")
        case "option":
            return _("Choose one of the offered values.")
        case "too_many_rows":
            return _("At most %(limit)s rows are possible.", limit=limit)
        case "file":
            return _("Choose the file again.")
    return _("This value cannot be used here.")


def control_value(shown: Field) -> str:
    """The text of a control: numbers without grouping, times in the reader's zone."""
    value = shown.value
    if value is None:
        return ""
    if shown.type == "datetime" and shown.subtype == "datetime" and isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return f"{at.astimezone(formats.zone()) if at.tzinfo else at:%Y-%m-%dT%H:%M}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def control_id(path: str) -> str:
    return "f-" + quote(path, safe="").replace("%", "_").replace(".", "-")


def document_reference(key: int, name: str, sha256: str, size: int) -> dict[str, Any]:
    """How a stored file stands in a variable."""
    return {"documentId": str(key), "name": name, "sha256": sha256, "size": size}


def plain_number(text: str) -> str:
    """`1,200.50` without its thousands; anything else as it is."""
    text = text.strip()
    return re.sub("[,，]", "", text) if _GROUPED_NUMBER.fullmatch(text) else text


# --- names, rows, values -------------------------------------------------------------------------


def _label(shown: Field, row: int | None) -> str:
    text = localized(shown.names, shown.label) or shown.key or shown.path
    return _("%(label)s, row %(row)s", label=text, row=row) if row else text


def _inputs(components: Any) -> Iterator[Any]:
    for component in components:
        yield component
        yield from _inputs(component.components)


def _key(path: str, components: Mapping[str, Any]) -> str:
    """The key of the component behind a control: the path itself, or what follows the row's number."""
    if path in components:
        return path
    parts = path.split(".")
    tails = (".".join(parts[start:]) for start in range(1, len(parts)))
    return next((tail for tail in tails if tail in components), path)


def _rows(values: Any, path: str) -> list[Any] | None:
    for part in path.split("."):
        if isinstance(values, list):
            values = values[int(part)] if part.isdecimal() and int(part) < len(values) else None
        elif isinstance(values, dict):
            values = values.setdefault(part, [])
        else:
            return None
    return values if isinstance(values, list) else None


def _with_zone(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo else at.replace(tzinfo=formats.zone()).isoformat(timespec="minutes")


def _stored(document_id: str) -> dict[str, Any] | None:
    """A reference to a document that the person may read; anything else is dropped."""
    if not document_id.isdecimal():
        return None
    try:
        found = engine().document(int(document_id), by=actor())
    except EngineError:
        return None
    return document_reference(found.key, found.name, found.sha256, found.size)


def _store(upload: Any, process_instance_key: int | None) -> dict[str, Any]:
    stored = engine().store_document(
        upload.filename,
        upload.read(),
        by=actor(),
        media_type=upload.mimetype or "application/octet-stream",
        process_instance_key=process_instance_key,
    )
    return document_reference(stored.key, stored.name, stored.sha256, stored.size)
