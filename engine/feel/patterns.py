"""Java's regular expressions, and the standard's flags, on top of the `regex` package, with a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import regex

from engine.feel.builtins.registry import Null
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_PATTERN_LENGTH, Run

Pattern = regex.Pattern[str]
_FLAGS = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE | regex.FULLCASE, "x": regex.VERBOSE}
# What Java means by these classes: ASCII only.
_CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z_0-9",
    "s": r"\t\n\x0b\f\r ",
    "h": r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\t\n\x0b\f\r ",
}


def compile_pattern(pattern: str, flags: str | None) -> Pattern:
    """The compiled pattern. Raises Null when it is wrong or too long."""
    return _compile(pattern, flags or "")


@lru_cache(256)
def _compile(pattern: str, flags: str) -> Pattern:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise Null(f"a pattern of more than {MAX_PATTERN_LENGTH} characters")
    options = regex.VERSION1
    for flag in flags:
        if flag == "q":
            pattern = regex.escape(pattern)
        elif flag in _FLAGS:
            options |= _FLAGS[flag]
        else:
            raise Null(f"no flag '{flag}'; known: s, m, i, x, q")
    if "q" in flags:
        options &= ~regex.VERBOSE
    else:
        if "x" in flags:
            pattern = _without_blanks(pattern)
        pattern = _translate(pattern, "s" in flags)
    try:
        return regex.compile(pattern, options)
    except (regex.error, OverflowError, ValueError, RecursionError, IndexError) as reason:
        raise Null(f"the pattern is wrong: {reason}") from None


@contextmanager
def limited_by_time(run: Run, position: int) -> Iterator[Callable[[], float]]:
    """Gives the seconds that the evaluation still has for matching; too slow a pattern ends it."""
    started = time.monotonic()
    budget = run.budget

    def left() -> float:
        if budget.regex_seconds <= 0:
            raise FeelLimitExceeded("the regular expressions take too long", position)
        return budget.regex_seconds

    try:
        yield left
    except TimeoutError:
        raise FeelLimitExceeded("the regular expression takes too long", position) from None
    finally:
        budget.regex_seconds -= time.monotonic() - started


def expand_replacement(replacement: str, found: regex.Match[str]) -> str:
    """The replacement with `$1` and `${name}` filled in; a backslash takes the next character as it is."""
    if "$" not in replacement and "\\" not in replacement:
        return replacement
    parts: list[str] = []
    index, size = 0, len(replacement)
    while index < size:
        character = replacement[index]
        index += 1
        if character == "\\":
            if index == size:
                raise Null("the replacement ends with a backslash")
            parts.append(replacement[index])
            index += 1
        elif character == "$":
            group, index = _group(replacement, index, found)
            parts.append(group or "")
        else:
            parts.append(character)
    return "".join(parts)


def _group(replacement: str, index: int, found: regex.Match[str]) -> tuple[str | None, int]:
    groups = found.re.groups
    if replacement[index : index + 1] == "{":
        end = replacement.find("}", index)
        name = replacement[index + 1 : end]
        if end < 0 or name not in found.re.groupindex:
            raise Null(f"no group '{name[:20]}'")
        return found.group(name), end + 1
    if not replacement[index : index + 1].isdigit():
        raise Null("a '$' in the replacement needs the number of a group")
    number = int(replacement[index])
    index += 1
    if number > groups:
        raise Null(f"no group {number}")
    while replacement[index : index + 1].isdigit() and number * 10 + int(replacement[index]) <= groups:
        number = number * 10 + int(replacement[index])
        index += 1
    return found.group(number), index


def _translate(pattern: str, dot_is_all: bool) -> str:
    """A pattern of Java (or of XML Schema) as one of `regex`."""
    parts: list[str] = []
    index, depth, size = 0, 0, len(pattern)
    while index < size:
        character = pattern[index]
        if character == "\\" and index + 1 < size:
            text, index = _escape(pattern, index + 1, depth > 0)
            parts.append(text)
            continue
        index += 1
        if character == "[":
            depth += 1
            if depth > 1 or pattern[index : index + 1] != "^":
                parts.append("[")
            else:
                parts.append("[^")
                index += 1
            if pattern[index : index + 1] == "]":
                parts.append(r"\]")
                index += 1
            continue
        if character == "]" and depth:
            depth -= 1
        elif character == "." and not depth and not dot_is_all:
            parts.append(r"[^\n\r\x85\u2028\u2029]")
            continue
        elif depth and character in "~|" and pattern[index : index + 1] == character:
            parts.append("\\" + character)
            continue
        elif depth and character == "-" and pattern[index : index + 1] == "[":
            parts.append("--")  # [a-z-[aeiou]] of XML Schema
            continue
        parts.append(character)
    return "".join(parts)


def _escape(pattern: str, index: int, in_class: bool) -> tuple[str, int]:
    letter = pattern[index]
    after = index + 1
    if letter == "Q":
        end = pattern.find("\\E", after)
        end = len(pattern) if end < 0 else end
        return regex.escape(pattern[after:end]), min(end + 2, len(pattern))
    if letter in _CLASSES:
        inside = _CLASSES[letter]
        return (inside if in_class else f"[{inside}]"), after
    if letter.lower() in _CLASSES and letter in "DWSHV":
        return f"[^{_CLASSES[letter.lower()]}]", after
    if letter == "z":
        return r"\Z", after
    if letter == "Z":
        return r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)", after
    if letter in "pP" and pattern[after : after + 1] == "{":
        end = pattern.find("}", after)
        return _property(letter, pattern[after + 1 : end], in_class), end + 1
    if letter == "R":
        return r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])", after
    if letter == "e":
        return r"\x1b", after
    if letter == "i":
        return (r"\p{L}_:" if in_class else r"[\p{L}_:]"), after
    if letter == "c":
        return (r"\p{L}\p{N}_:.\-" if in_class else r"[\p{L}\p{N}_:.\-]"), after
    if in_class and letter.isdigit():
        raise Null("the pattern is wrong: no group can be meant inside brackets")
    if letter == "k" or letter in "bBAGntrfaux0123456789X":
        return ("\\k" if letter == "k" else "\\" + letter), after
    if letter.isalpha():
        raise Null(f"the pattern is wrong: no escape '\\{letter}'")
    return regex.escape(letter), after


def _property(letter: str, name: str, in_class: bool) -> str:
    if name in _POSIX:
        inside = _POSIX[name]
        if letter == "P":
            return f"[^{inside}]"
        return inside if in_class else f"[{inside}]"
    if name.startswith("java"):
        name = {"javaLowerCase": "Ll", "javaUpperCase": "Lu", "javaWhitespace": "White_Space"}.get(name, name)
    if name.startswith("Is"):
        name = _script_or_block(name[2:])
    if name != name.strip():
        raise Null(f"the pattern is wrong: no property '{name[:20]}'")
    return f"\\{letter}{{{name}}}"


def _without_blanks(pattern: str) -> str:
    """Blanks within the braces of a property mean nothing, either."""
    return regex.sub(r"\\[pP]\{[^}]*\}", lambda found: "".join(found.group().split()), pattern)


def _script_or_block(name: str) -> str:
    """Java's IsLatin is a script or a property, XML Schema's IsBasicLatin a block."""
    try:
        regex.compile(f"\\p{{{name}}}")
    except regex.error:
        return f"In{name}"
    return name
