"""Variables as people type them: JSON, with exact numbers and a mistake that names its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .i18n import gettext as _


class NotJson(ValueError):
    """The text is not JSON; the message says where and what would help."""


def read(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        place = _("line %(line)s, column %(column)s", line=wrong.lineno, column=wrong.colno)
        what = _("This is not JSON (%(place)s).", place=place)
        hint = _('Texts need double quotes, for example "open"; yes and no are true and false.')
        raise NotJson(f"{what} {hint}") from wrong
    except RecursionError as wrong:
        raise NotJson(_("This is nested too deeply.")) from wrong


def read_all(texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by name, and what is wrong by name."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, text in texts.items():
        try:
            values[name] = read(text)
        except NotJson as mistake:
            wrong[name] = str(mistake)
    return values, wrong


def to_text(value: Any) -> str:
    """JSON for an edit box: indented when it is long, decimals exact."""
    text = _dump(value, None)
    return text if len(text) <= 60 else _dump(value, 2)


def _dump(value: Any, indent: int | None) -> str:
    exact: dict[str, str] = {}

    def default(part: Any) -> str:
        if not isinstance(part, Decimal):
            return str(part)
        mark = f"\u0000{len(exact)}\u0000"
        exact[json.dumps(mark)] = format(part, "f")
        return mark

    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    for mark, number in exact.items():
        text = text.replace(mark, number)
    return text


def _refuse(name: str) -> Any:
    raise NotJson(_("%(name)s is not a number in JSON.", name=name))
