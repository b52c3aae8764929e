"""Turns the simple expressions of Camunda 7 (`${amount > 100 && ok}`) into FEEL.

Only what means the same in both languages: variables, paths, literals, comparison, arithmetic and logic.
Calls of Java methods have no equivalent.
"""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"[$#]\{([^}]*)\}")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<getter>execution\.getVariable\(\s*['"](?P<variable>\w+)['"]\s*\))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<operator>==|!=|<=|>=|&&|\|\||[-+*/<>()!])
    )""",
    re.VERBOSE,
)
_OPERATORS = {"==": "=", "&&": "and", "||": "or"}
_WORDS = {"eq": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "and", "or": "or"}


class NoEquivalent(Exception):
    """The expression does something that FEEL cannot say; the message tells what."""


def is_juel(text: str) -> bool:
    return "${" in text or "#{" in text


def to_feel(text: str) -> str:
    """The FEEL text (without a leading `=`). Raises NoEquivalent."""
    whole = _SEGMENT.fullmatch(text.strip())
    if whole:
        return _convert(whole[1])
    parts: list[str] = []
    position = 0
    for segment in _SEGMENT.finditer(text):
        parts += _quoted(text[position : segment.start()])
        parts.append(f"string({_convert(segment[1])})")
        position = segment.end()
    parts += _quoted(text[position:])
    return " + ".join(parts)


def bean_name(text: str) -> str:
    """The name inside `${bean}`, or the text itself. Raises NoEquivalent for a call."""
    whole = _SEGMENT.fullmatch(text.strip())
    name = (whole[1] if whole else text).strip()
    if not re.fullmatch(r"[A-Za-z_][\w.$-]*", name):
        raise NoEquivalent(f"'{text}' calls Java; name a job type instead")
    return name


def _quoted(text: str) -> list[str]:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"'] if text else []


def _convert(text: str) -> str:
    out: list[str] = []
    close_after: int | None = None  # a `not(` or `empty` waits for the operand at this index
    position, text = 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise NoEquivalent(f"'{text[position:].strip()[:20]}' has no equivalent in FEEL")
        position = match.end()
        token = _token(match, text, position)
        if token in ("not(", "empty"):
            if close_after is not None or text[position:].lstrip().startswith("("):
                raise NoEquivalent(f"'{text}' negates more than one name; write it in FEEL")
            close_after = len(out)
            out.append(token)
            continue
        if close_after is not None:
            word = out.pop(close_after)
            token = f"{token} = null" if word == "empty" else f"not({token})"
            close_after = None
        out.append(token)
    if close_after is not None or not out:
        raise NoEquivalent(f"'{text}' is no complete expression")
    return " ".join(out)


def _token(match: re.Match[str], text: str, position: int) -> str:
    if match["string"]:
        return '"' + match["string"][1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    if match["number"]:
        return match["number"]
    if match["getter"]:
        return match["variable"]
    if match["name"]:
        name = match["name"]
        if name in ("not", "empty"):
            return "not(" if name == "not" else "empty"
        if text[position:].lstrip().startswith("("):
            raise NoEquivalent(f"'{name}(...)' calls a Java method")
        return _WORDS.get(name, name)
    operator = match["operator"]
    return "not(" if operator == "!" else _OPERATORS.get(operator, operator)
