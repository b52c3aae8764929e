"""How values look on a page: times in the reader's zone and language, money with thousands, ages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import Flask, current_app
from markupsafe import Markup, escape

from .i18n import code_name, language
from .i18n import gettext as _

LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        clock=clock,
        due=due,
        duration=duration,
        number=number,
        value=value_text,
        bytes=size,
    )


def zone() -> ZoneInfo:
    zone_: ZoneInfo = current_app.extensions["tenure"].settings.time_zone
    return zone_


def now() -> datetime:
    moment_: datetime = current_app.extensions["tenure"].engine.clock.now()
    return moment_


def locale() -> str:
    return LOCALES[language()]


def moment(at: datetime | None) -> Markup | str:
    """Day and time, as a <time> element; nothing for None."""
    if at is None:
        return ""
    local = at.astimezone(zone())
    text = f"{dates.format_date(local, 'medium', locale=locale())} {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)


def clock(at: datetime) -> Markup:
    """Hour and minute only, for what happened just now."""
    local = at.astimezone(zone())
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{local:%H:%M}")


def day(at: datetime | date | None) -> Markup | str:
    if at is None:
        return ""
    local = at.astimezone(zone()).date() if isinstance(at, datetime) else at
    text = dates.format_date(local, "medium", locale=locale())
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), text)


def days_until(at: datetime) -> int:
    """Calendar days from today in the reader's zone; negative is past."""
    return (at.astimezone(zone()).date() - now().astimezone(zone()).date()).days


def due(at: datetime | None) -> Markup | str:
    """A due date as a person says it, with the exact time as a title."""
    if at is None:
        return ""
    days, late = days_until(at), at < now()
    if days < 0:
        text = _("%(days)s d overdue", days=-days)
    elif days == 0:
        local = f"{at.astimezone(zone()):%H:%M}"
        text = _("today, since %(time)s", time=local) if late else _("today %(time)s", time=local)
    elif days == 1:
        text = _("tomorrow")
    elif days < 7:
        text = _("in %(days)s d", days=days)
    else:
        text = dates.format_skeleton("MMMd", at.astimezone(zone()), locale=locale())
    exact = f"{at.astimezone(zone()):%Y-%m-%d %H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, text)


def duration(span: timedelta | None) -> str:
    """The two largest units that matter."""
    if span is None:
        return ""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("%(n)s s", n=seconds)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return _("%(n)s min", n=minutes)
    if hours < 24:
        return _("%(n)s h %(m)s min", n=hours, m=minutes % 60)
    return _("%(n)s d %(h)s h", n=days, h=hours % 24)


def number(value: int | Decimal | None, digits: int | None = None) -> str:
    """With thousands; `digits` decimals when given, else those that the number has (99.9000 has one)."""
    if value is None:
        return ""
    if digits is None:
        digits = _decimals(value)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(numbers.format_decimal(value, format=pattern, locale=locale(), decimal_quantization=False))


def _decimals(value: int | Decimal) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    if isinstance(value, Decimal) and isinstance(exponent, int) and exponent < -2:
        exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def value_text(value: Any, depth: int = 0) -> Markup | str:
    """A process value for people: numbers grouped, ISO times as dates, lists and contexts in short."""
    match value:
        case None | "":
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case int() | Decimal():
            return number(value)
        case str():
            return _time_in(value) or code_name(value)
        case Mapping() if depth:
            return "{…}"
        case Mapping():
            inner = [f"{key}: {value_text(part, depth + 1)}" for key, part in list(value.items())[:4]]
            return escape(", ".join(inner) + (" …" if len(value) > 4 else ""))
        case list() | tuple() if all(not isinstance(part, (dict, list)) for part in value):
            return escape(
                ", ".join(str(value_text(part)) for part in value[:8]) + (" …" if len(value) > 8 else "")
            )
        case list() | tuple():
            return _("%(n)s entries", n=len(value))
    return str(value)


def size(count: int) -> str:
    for unit, step in (("MB", 1024 * 1024), ("kB", 1024)):
        if count >= step:
            return f"{Decimal(count) / step:.1f} {unit}"
    return f"{count} B"


def _time_in(text: str) -> Markup | str | None:
    if len(text) < 10 or text[4:5] != "-" or text[7:8] != "-":
        return None
    try:
        if len(text) == 10:
            return day(date.fromisoformat(text))
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment(at) if at.tzinfo else None
