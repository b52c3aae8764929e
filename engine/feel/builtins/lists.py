"""Functions that look into lists and make new ones."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise

from engine.feel.builtins.registry import Null, builtin
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_LIST_LENGTH, Meter, Run
from engine.feel.numbers import LARGEST, Number, whole
from engine.feel.values import Function, compare, equal, identity, limited

Items = list[object]


@builtin("list contains", "list: list, element: any")
def list_contains(items: Items, element: object) -> bool:
    return any(equal(item, element) is True for item in items)


builtin("count", "list: list")(len)


@builtin("is empty", "list: list")
def is_empty(items: Items) -> bool:
    return not items


@builtin("sublist", "list: list, start position: number, length?: number")
def sublist(items: Items, start_position: Number, length: Number | None = None) -> Items:
    start = _place(items, start_position)
    if length is None:
        return items[start:]
    size = whole(length)
    if size is None or size < 0:
        raise Null("expected a length of 0 or more")
    return items[start : start + size]


@builtin("append", "*list: list, items: any")
def append(items: Items, more: Items) -> Items:
    return [*items, *more]


@builtin("concatenate", "*lists: list")
def concatenate(lists: list[Items]) -> Items:
    return _bounded([item for each in lists for item in each])


@builtin("insert before", "list: list, position: number, newItem: any")
def insert_before(items: Items, position: Number, new_item: object) -> Items:
    place = _place(items, position)
    return [*items[:place], new_item, *items[place:]]


@builtin("remove", "list: list, position: number")
def remove(items: Items, position: Number) -> Items:
    place = _place(items, position)
    return items[:place] + items[place + 1 :]


@builtin("reverse", "list: list")
def reverse(items: Items) -> Items:
    return items[::-1]


@builtin("index of", "list: list, match: any")
def index_of(items: Items, match: object) -> Items:
    return [index for index, item in enumerate(items, 1) if equal(item, match) is True]


@builtin("union", "*lists: list")
def union(lists: list[Items]) -> Items:
    return _distinct(_bounded([item for each in lists for item in each]))


@builtin("union", "lists: list")
def union_of_list(lists: Items) -> Items:
    return _distinct(_bounded([item for each in lists for item in (each if type(each) is list else [each])]))


@builtin("distinct values", "list: list")
def distinct_values(items: Items) -> Items:
    return _distinct(items)


def _distinct(items: Items) -> Items:
    seen: dict[object, object] = {}
    for item in items:
        seen.setdefault(identity(item), item)
    return list(seen.values())


@builtin("duplicate values", "list: list")
def duplicate_values(items: Items) -> Items:
    counts: dict[object, Items] = {}
    for item in items:
        counts.setdefault(identity(item), []).append(item)
    return [same[0] for same in counts.values() if len(same) > 1]


@builtin("flatten", "list: list")
def flatten(items: Items) -> Items:
    flat: Items = []
    pending = [iter(items)]
    meter = Meter()
    while pending:
        for item in pending[-1]:
            meter.count(1)
            if type(item) is list:
                pending.append(iter(item))
                break
            flat.append(item)
        else:
            pending.pop()
    return _bounded(flat)


@builtin("sort", "list: list, precedes: function", run=True)
def sort(run: Run, position: int, items: Items, precedes: Function) -> Items:
    if len(precedes.parameters) != 2:
        raise Null("the function must take two arguments")

    def order(a: object, b: object) -> int:
        run.budget.charge(1, position)
        if precedes.invoke(run, [a, b]) is True:
            return -1
        return 1 if precedes.invoke(run, [b, a]) is True else 0

    return sorted(items, key=cmp_to_key(order))


@builtin("sort", "list: list")
def sort_ascending(items: Items) -> Items:
    for a, b in pairwise(items):
        if compare("<", a, b) is None:
            raise Null("the items have no order")
    return sorted(
        items, key=cmp_to_key(lambda a, b: -1 if compare("<", a, b) else int(compare(">", a, b) is True))
    )


@builtin("string join", "list: list, delimiter?: string|null, prefix?: string|null, suffix?: string|null")
def string_join(
    items: Items, delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> str:
    texts = [item for item in items if item is not None]
    if not all(type(item) is str for item in texts):
        raise Null("expected strings")
    size = sum(map(len, texts)) + len(delimiter or "") * len(texts)  # type: ignore[arg-type]
    if size > MAX_LIST_LENGTH * 2:
        raise FeelLimitExceeded("a text that is too long")
    return limited((prefix or "") + (delimiter or "").join(texts) + (suffix or ""))  # type: ignore[arg-type]


@builtin("partition", "list: list, size: number")
def partition(items: Items, size: Number) -> Items:
    length = whole(size)
    if length is None or length < 1:
        raise Null("expected a size of 1 or more")
    return [items[start : start + length] for start in range(0, len(items), length)]


@builtin("list replace", "list: list, position: number, newItem: any", strict=True)
def replace_at(items: Items, position: Number, new_item: object) -> Items:
    place = _place(items, position)
    return [*items[:place], new_item, *items[place + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any", run=True, strict=True)
def replace_where(run: Run, position: int, items: Items, match: Function, new_item: object) -> Items:
    result = []
    for item in items:
        run.budget.charge(1, position)
        matched = match.invoke(run, [item, new_item])
        if type(matched) is not bool:
            raise Null("the function must answer true or false")
        result.append(new_item if matched else item)
    return result


def _place(items: Items, position: Number) -> int:
    """The index from 0 for a position from 1, or from -1 backwards."""
    place = int(position) if abs(position) < LARGEST else 0
    if place and 0 < place <= len(items):
        return place - 1
    if place and 0 < -place <= len(items):
        return len(items) + place
    raise Null(f"no position {position} in a list of {len(items)}")


def _bounded(items: Items) -> Items:
    if len(items) > MAX_LIST_LENGTH:
        raise FeelLimitExceeded(f"a list of more than {MAX_LIST_LENGTH:,} items")
    return items
