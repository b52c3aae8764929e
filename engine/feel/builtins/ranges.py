"""Allen's relations between points and ranges."""

from __future__ import annotations

from collections.abc import Callable

from engine.feel.builtins.registry import Null, builtin
from engine.feel.values import Range, compare


def _lt(a: object, b: object) -> bool:
    return _known(compare("<", a, b))


def _gt(a: object, b: object) -> bool:
    return _known(compare(">", a, b))


def _eq(a: object, b: object) -> bool:
    return _known(compare("=", a, b))


def _known(result: bool | None) -> bool:
    if result is None:
        raise Null("the points can't be compared")
    return result


def _declare(name: str, kinds: str) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """`kinds` are two letters, p for point and r for range, of both arguments."""
    names = {
        "pp": ("point1", "point2"),
        "pr": ("point", "range"),
        "rp": ("range", "point"),
        "rr": ("range1", "range2"),
    }
    first, second = names[kinds]
    points = {False: "point", True: "point|string"}

    def declare(function: Callable[..., bool]) -> Callable[..., bool]:
        for strict, point in points.items():
            types = {"p": point, "r": "range"}
            parameters = f"{first}: {types[kinds[0]]}, {second}: {types[kinds[1]]}"
            builtin(name, parameters, strict=strict)(function)
        return function

    return declare


def _ends_equally(a: Range, b: Range) -> bool:
    return _eq(a.end, b.end) and a.end_included is b.end_included


def _starts_equally(a: Range, b: Range) -> bool:
    return _eq(a.start, b.start) and a.start_included is b.start_included


def _first_point(point: object, a: Range) -> bool:
    return _eq(point, a.start) and a.start_included


def _last_point(point: object, a: Range) -> bool:
    return _eq(point, a.end) and a.end_included


@_declare("before", "pp")
def before_point(a: object, b: object) -> bool:
    return _lt(a, b)


@_declare("before", "pr")
def point_before_range(point: object, a: Range) -> bool:
    return _lt(point, a.start) or (_eq(point, a.start) and not a.start_included)


@_declare("before", "rp")
def range_before_point(a: Range, point: object) -> bool:
    return _lt(a.end, point) or (_eq(a.end, point) and not a.end_included)


@_declare("before", "rr")
def before(a: Range, b: Range) -> bool:
    return _lt(a.end, b.start) or (_eq(a.end, b.start) and not (a.end_included and b.start_included))


@_declare("after", "pp")
def after_point(a: object, b: object) -> bool:
    return _gt(a, b)


@_declare("after", "pr")
def point_after_range(point: object, a: Range) -> bool:
    return range_before_point(a, point)


@_declare("after", "rp")
def range_after_point(a: Range, point: object) -> bool:
    return point_before_range(point, a)


@_declare("after", "rr")
def after(a: Range, b: Range) -> bool:
    return before(b, a)


@_declare("meets", "rr")
def meets(a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and _eq(a.end, b.start)


@_declare("met by", "rr")
def met_by(a: Range, b: Range) -> bool:
    return meets(b, a)


@_declare("overlaps", "rr")
def overlaps(a: Range, b: Range) -> bool:
    return not before(a, b) and not before(b, a)


@_declare("overlaps before", "rr")
def overlaps_before(a: Range, b: Range) -> bool:
    starts_earlier = _lt(a.start, b.start) or (
        _eq(a.start, b.start) and a.start_included and not b.start_included
    )
    ends_earlier = _lt(a.end, b.end) or (_eq(a.end, b.end) and (not a.end_included or b.end_included))
    reaches = _gt(a.end, b.start) or (_eq(a.end, b.start) and a.end_included and b.start_included)
    return starts_earlier and reaches and ends_earlier


@_declare("overlaps after", "rr")
def overlaps_after(a: Range, b: Range) -> bool:
    starts_later = _gt(a.start, b.start) or (
        _eq(a.start, b.start) and b.start_included and not a.start_included
    )
    ends_later = _gt(a.end, b.end) or (_eq(a.end, b.end) and (a.end_included or not b.end_included))
    reaches = _lt(a.start, b.end) or (_eq(a.start, b.end) and a.start_included and b.end_included)
    return starts_later and reaches and ends_later


@_declare("finishes", "pr")
def point_finishes(point: object, a: Range) -> bool:
    return _last_point(point, a)


@_declare("finishes", "rr")
def finishes(a: Range, b: Range) -> bool:
    starts_within = _gt(a.start, b.start) or (
        _eq(a.start, b.start) and (b.start_included or not a.start_included)
    )
    return _ends_equally(a, b) and starts_within


@_declare("finished by", "rp")
def finished_by_point(a: Range, point: object) -> bool:
    return _last_point(point, a)


@_declare("finished by", "rr")
def finished_by(a: Range, b: Range) -> bool:
    return finishes(b, a)


@_declare("includes", "rp")
def includes_point(a: Range, point: object) -> bool:
    return _known(a.contains(point))


@_declare("includes", "rr")
def includes(a: Range, b: Range) -> bool:
    starts_within = _lt(a.start, b.start) or (
        _eq(a.start, b.start) and (a.start_included or not b.start_included)
    )
    ends_within = _gt(a.end, b.end) or (_eq(a.end, b.end) and (a.end_included or not b.end_included))
    return starts_within and ends_within


@_declare("during", "pr")
def point_during(point: object, a: Range) -> bool:
    return includes_point(a, point)


@_declare("during", "rr")
def during(a: Range, b: Range) -> bool:
    return includes(b, a)


@_declare("starts", "pr")
def point_starts(point: object, a: Range) -> bool:
    return _first_point(point, a)


@_declare("starts", "rr")
def starts(a: Range, b: Range) -> bool:
    ends_within = _lt(a.end, b.end) or (_eq(a.end, b.end) and (b.end_included or not a.end_included))
    return _starts_equally(a, b) and ends_within


@_declare("started by", "rp")
def started_by_point(a: Range, point: object) -> bool:
    return _first_point(point, a)


@_declare("started by", "rr")
def started_by(a: Range, b: Range) -> bool:
    return starts(b, a)


@_declare("coincides", "pp")
def coincides_points(a: object, b: object) -> bool:
    return _eq(a, b)


@_declare("coincides", "rr")
def coincides(a: Range, b: Range) -> bool:
    return _starts_equally(a, b) and _ends_equally(a, b)
