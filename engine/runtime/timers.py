"""When a timer is due: dates, durations and cycles in ISO 8601, six-field cron, or FEEL temporal values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .. import feel
from ..bpmn.cron import CronSchedule
from ..bpmn.model import TimerDefinition, TimerKind
from .expressions import type_name
from .failures import Failure, IncidentType
from .periods import Period, PeriodSyntaxError, add_period, parse_period

ENDLESS = -1


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a timer fires next, and what is needed to know when it fires after that.

    `repetitions` left, this one included; `ENDLESS` for ever. `rule` is the text of a cycle or None;
    `anchor` the moment from which it is counted, `count` how many periods have passed since.
    """

    due_at: datetime
    repetitions: int = 1
    rule: str | None = None
    anchor: datetime | None = None
    count: int = 0


def schedule(timer: TimerDefinition, variables: Mapping[str, Any], now: datetime) -> Schedule:
    """The first due time of a timer that begins to wait `now`. Raises Failure EXTRACT_VALUE_ERROR."""
    shown = timer.value if isinstance(timer.value, str) else timer.value.text
    value: Any = timer.value
    if isinstance(value, feel.Expression):
        try:
            value = value.evaluate(variables, now=now).value
        except feel.FeelError as error:
            raise _wrong(timer.kind, shown, None, str(error)) from error
    try:
        match timer.kind:
            case TimerKind.DATE:
                return Schedule(due_at=_moment(value))
            case TimerKind.DURATION:
                return Schedule(due_at=add_period(now, _period(value)).astimezone(UTC))
            case TimerKind.CYCLE:
                return _cycle(_cycle_text(value), now)
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise _wrong(timer.kind, shown, value, str(error)) from error


def next_schedule(fired: Schedule) -> Schedule | None:
    """After a cycle has fired: when it fires next, counted from its anchor; None when it is used up."""
    if fired.rule is None or fired.repetitions == 1:
        return None
    left = fired.repetitions if fired.repetitions == ENDLESS else fired.repetitions - 1
    if (cron := _cron(fired.rule)) is not None:
        due = cron.after(fired.due_at)
        if due is None:
            return None
        return Schedule(due_at=due, repetitions=left, rule=fired.rule, anchor=fired.anchor)
    assert fired.anchor is not None
    count = fired.count + 1
    due = add_period(fired.anchor, parse_period(fired.rule.rsplit("/", 1)[1]), times=count)
    return Schedule(
        due_at=due.astimezone(UTC), repetitions=left, rule=fired.rule, anchor=fired.anchor, count=count
    )


def at_due_time(first: Schedule, due_at: datetime, repetitions: int) -> Schedule:
    """The round of a cycle that is due at `due_at`, found from its first one without going through all."""
    here = replace(first, due_at=due_at, repetitions=repetitions)
    if first.anchor is None or first.rule is None:
        return here
    period = parse_period(first.rule.rsplit("/", 1)[1])
    low, high = first.count, first.count + 1
    while add_period(first.anchor, period, times=high) < due_at:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if add_period(first.anchor, period, times=middle) < due_at:
            low = middle + 1
        else:
            high = middle
    return replace(here, count=low)


def to_data(schedule_: Schedule) -> dict[str, Any]:
    """For the data of a live record; only cycles need more than the timer row itself."""
    data: dict[str, Any] = {"due": schedule_.due_at.isoformat(), "n": schedule_.repetitions}
    if schedule_.rule is not None:
        data["rule"] = schedule_.rule
        data["count"] = schedule_.count
        if schedule_.anchor is not None:
            data["anchor"] = _written(schedule_.anchor)
    return data


def from_data(data: Mapping[str, Any]) -> Schedule:
    return Schedule(
        due_at=datetime.fromisoformat(data["due"]),
        repetitions=data["n"],
        rule=data.get("rule"),
        anchor=parse_moment(data["anchor"]) if "anchor" in data else None,
        count=data.get("count", 0),
    )


def parse_moment(text: str) -> datetime:
    """A date-time such as `2026-03-01T08:00:00+08:00`, `...Z` or `...[Asia/Shanghai]`; raises ValueError.

    Without a zone it is UTC; a date alone means its first moment.
    """
    zone: Any = None
    found = _ZONED.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no date and time such as 2026-03-01T08:00:00+08:00")
    text, name = found["text"], found["zone"] or found["at"]
    if name:
        zone = ZoneInfo(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no date and time such as 2026-03-01T08:00:00+08:00") from error
    if zone is not None:
        return moment.replace(tzinfo=zone)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_ZONED = re.compile(r"(?P<text>[^\[@]+)(?:\[(?P<zone>[^\]]+)\]|@(?P<at>.+))?")
_KIND_NAMES = {
    TimerKind.DATE: ("DATE_TIME", "a date such as 2026-03-01T08:00:00Z"),
    TimerKind.DURATION: ("DURATION", "a duration such as PT1H or P3D"),
    TimerKind.CYCLE: ("CYCLE", "a cycle such as R3/PT1H or a cron expression such as 0 0 9 * * MON-FRI"),
}


def _cycle(text: str, now: datetime) -> Schedule:
    if (cron := _cron(text)) is not None:
        due = cron.after(now)
        if due is None:
            raise ValueError(f"the cron expression '{text}' never fires again")
        return Schedule(due_at=due, repetitions=ENDLESS, rule=text)
    head, _, rest = text.partition("/")
    start, _, period_text = rest.rpartition("/")
    if not re.fullmatch(r"R(-1|\d*)", head) or not rest:
        raise ValueError(f"'{text}' is no cycle such as R3/PT1H")
    repetitions = int(head[1:]) if head[1:] else ENDLESS
    if repetitions == 0:
        raise ValueError(f"'{text}' repeats nought times")
    period = parse_period(period_text)
    if add_period(now, period) <= now:
        raise ValueError("a cycle needs a period longer than nothing")
    if start:
        anchor = parse_moment(start)
        count = 0
        if repetitions == ENDLESS and anchor < now:
            anchor, count = _catch_up(anchor, period, now)
        due = add_period(anchor, period, times=count)
    else:
        anchor, count = now, 1
        due = add_period(now, period)
    return Schedule(
        due_at=due.astimezone(UTC),
        repetitions=max(repetitions, ENDLESS),
        rule=f"{head}/{period_text}",
        anchor=anchor,
        count=count,
    )


def _catch_up(anchor: datetime, period: Period, now: datetime) -> tuple[datetime, int]:
    """Skip the rounds of an endless cycle that lie before `now`, without counting each."""
    step = add_period(anchor, period) - anchor
    count = max(0, (now - anchor) // step - 1)
    while count > 0 and add_period(anchor, period, times=count) > now:
        count -= 1
    while add_period(anchor, period, times=count) < now:
        count += 1
    return anchor, count


def _cron(text: str) -> CronSchedule | None:
    fields = text.split()
    if len(fields) == 6 or text.startswith("@"):
        return CronSchedule.parse(text)
    return None


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    if isinstance(value, str):
        return parse_moment(value).astimezone(UTC)
    raise ValueError(f"it was '{type_name(value)}'")


def _period(value: Any) -> Period:
    if isinstance(value, timedelta):
        return Period(months=0, time=value)
    if isinstance(value, str):
        return parse_period(value)
    months = getattr(value, "total_months", None)
    if months is None:
        months = getattr(value, "months", None)
    if isinstance(months, int) and type_name(value) == "PERIOD":
        return Period(months=months, time=timedelta(0))
    raise ValueError(f"it was '{type_name(value)}'")


def _cycle_text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, timedelta) or type_name(value) == "PERIOD":
        return f"R/{feel.to_json(value)}"
    raise ValueError(f"it was '{type_name(value)}'")


def _written(moment: datetime) -> str:
    zone = moment.tzinfo
    if isinstance(zone, ZoneInfo):
        return f"{moment.replace(tzinfo=None).isoformat()}[{zone.key}]"
    return moment.isoformat()


def _wrong(kind: TimerKind, shown: str, value: Any, why: str) -> Failure:
    name, example = _KIND_NAMES[kind]
    if isinstance(value, str):
        message = f"Invalid {kind.value} format '{value}' for expression '{shown}': {why}"
    else:
        message = f"Expected result of the expression '{shown}' to be '{name}', but was '{type_name(value)}'."
    return Failure(IncidentType.EXTRACT_VALUE_ERROR, message, f"give {example}")


__all__ = [
    "ENDLESS",
    "PeriodSyntaxError",
    "Schedule",
    "at_due_time",
    "from_data",
    "next_schedule",
    "parse_moment",
    "schedule",
    "to_data",
]
