"""Functions on strings. Positions and lengths count characters, also those beyond the first plane."""

from __future__ import annotations

import base64
import binascii
import uuid as uuids

from engine.feel.builtins.registry import Null, builtin
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_LIST_LENGTH, Run
from engine.feel.numbers import LARGEST, Number
from engine.feel.patterns import compile_pattern, expand_replacement, limited_by_time
from engine.feel.values import limited


@builtin("substring", "string: string, start position: number, length?: number")
def substring(text: str, start_position: Number, length: Number | None = None) -> str:
    start = _truncated(start_position)
    if start == 0:
        raise Null("the first character is at 1, the last one at -1")
    start = start - 1 if start > 0 else max(len(text) + start, 0)
    if length is None:
        return text[start:]
    size = _truncated(length)
    if size < 0:
        raise Null("expected a length of 0 or more")
    return text[start : start + size]


def _truncated(value: Number) -> int:
    return int(value) if abs(value) < LARGEST else 0


@builtin("string length", "string: string")
def string_length(text: str) -> int:
    return len(text)


@builtin("upper case", "string: string")
def upper_case(text: str) -> str:
    return text.upper()


@builtin("lower case", "string: string")
def lower_case(text: str) -> str:
    return text.lower()


@builtin("substring before", "string: string, match: string")
def substring_before(text: str, match: str) -> str:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after", "string: string, match: string")
def substring_after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains", "string: string, match: string")
def contains(text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string: string, match: string")
def starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("trim", "string: string")
def trim(text: str) -> str:
    return text.strip()


@builtin("is blank", "string: string")
def is_blank(text: str) -> bool:
    return not text.strip()


@builtin("uuid")
def uuid() -> str:
    return str(uuids.uuid4())


@builtin("to base64", "value: string")
def to_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


@builtin("from base64", "value: string")
def from_base64(text: str) -> str:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError):
        raise Null("the text is not Base64 of UTF-8") from None


# --- regular expressions -----------------------------------------------------------------------------


@builtin("matches", "input: string, pattern: string, flags?: string|null", run=True)
def matches(run: Run, position: int, text: str, pattern: str, flags: str | None = None) -> bool:
    compiled = compile_pattern(pattern, flags)
    with limited_by_time(run, position) as seconds:
        return compiled.search(text, timeout=seconds()) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, flags?: string|null", run=True)
def replace(
    run: Run, position: int, text: str, pattern: str, replacement: str, flags: str | None = None
) -> str:
    compiled = compile_pattern(pattern, flags)
    parts: list[str] = []
    size = end = 0
    with limited_by_time(run, position) as seconds:
        for found in compiled.finditer(text, timeout=seconds()):
            inserted = expand_replacement(replacement, found)
            parts += (text[end : found.start()], inserted)
            end = found.end()
            size += len(parts[-2]) + len(inserted)
            run.budget.charge(1 + (len(inserted) >> 6), position)
            if size > MAX_LIST_LENGTH * 2:
                raise FeelLimitExceeded("a text that is too long", position)
    return limited("".join(parts) + text[end:], position)


@builtin("split", "string: string, delimiter: string", run=True)
def split(run: Run, position: int, text: str, delimiter: str) -> list[str]:
    compiled = compile_pattern(delimiter, None)
    parts: list[str] = []
    end = 0
    with limited_by_time(run, position) as seconds:
        for found in compiled.finditer(text, timeout=seconds()):
            if found.end() == found.start() and found.start() in (0, len(text)):
                continue
            parts.append(text[end : found.start()])
            end = found.end()
            run.budget.charge(1, position)
    return [*parts, text[end:]]


@builtin("extract", "input: string, pattern: string", run=True)
def extract(run: Run, position: int, text: str, pattern: str) -> list[str]:
    compiled = compile_pattern(pattern, None)
    results = []
    with limited_by_time(run, position) as seconds:
        for found in compiled.finditer(text, timeout=seconds()):
            results.append(found.group())
            run.budget.charge(1, position)
    return results
