"""Functions on contexts."""

from __future__ import annotations

from engine.feel.builtins.registry import Null, builtin

Context = dict[str, object]


@builtin("get value", "context: context, key: string")
@builtin("get value", "m: context, key: string")
def get_value(context: Context, key: str) -> object:
    if key not in context:
        raise Null(f"no entry '{key}'")
    return context[key]


@builtin("get value", "context: context, keys: list")
def get_value_at(context: Context, keys: list[object]) -> object:
    value: object = context
    for key in keys:
        if type(value) is not dict or type(key) is not str or key not in value:
            raise Null(f"no entry '{key}'")
        value = value[key]
    return value


@builtin("get entries", "context: context")
@builtin("get entries", "m: context")
def get_entries(context: Context) -> list[object]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context put", "context: context, key: string, value: any")
@builtin("put", "context: context, key: string, value: any")
def put(context: Context, key: str, value: object) -> Context:
    return {**context, key: value}


@builtin("context put", "context: context, keys: list, value: any", strict=True)
def put_at_existing(context: Context, keys: list[object], value: object) -> Context:
    inner: object = context
    for key in keys[:-1]:
        if type(inner) is dict and type(key) is str:
            inner = inner.get(key, {})
        if type(inner) is not dict:
            raise Null(f"the entry '{key}' is no context")
    return _put_at(context, keys, value)


@builtin("context put", "context: context, keys: list, value: any", strict=False)
@builtin("put", "context: context, keys: list, value: any")
def put_at(context: Context, keys: list[object], value: object) -> Context:
    return _put_at(context, keys, value)


def _put_at(context: Context, keys: list[object], value: object) -> Context:
    if not keys or len(keys) > 100:
        raise Null("expected one to a hundred keys")
    key, rest = keys[0], keys[1:]
    if type(key) is not str:
        raise Null("a key must be a string")
    if not rest:
        return {**context, key: value}
    inner = context.get(key)
    return {**context, key: _put_at(inner if type(inner) is dict else {}, rest, value)}


@builtin("context merge", "contexts: list")
@builtin("put all", "contexts: list")
def merge_list(contexts: list[object]) -> Context:
    return _merged(contexts)


@builtin("context merge", "*contexts: context")
@builtin("put all", "*contexts: context")
def merge(contexts: list[object]) -> Context:
    return _merged(contexts)


def _merged(contexts: list[object]) -> Context:
    merged: Context = {}
    for context in contexts:
        if type(context) is not dict:
            raise Null("expected contexts")
        merged.update(context)
    return merged


@builtin("context", "entries: list", strict=True)
def context_without_doubles(entries: list[object]) -> Context:
    result = _from_entries(entries)
    if len(result) < len(entries):
        raise Null("a key is there twice")
    return result


@builtin("context", "entries: list", strict=False)
def context_from(entries: list[object]) -> Context:
    return _from_entries(entries)


def _from_entries(entries: list[object]) -> Context:
    result: Context = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Null("expected contexts with key and value")
        result[entry["key"]] = entry["value"]
    return result
