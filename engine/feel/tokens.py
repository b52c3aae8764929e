"""Splits a FEEL text into tokens, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.feel.errors import FeelSyntaxError

NUMBER, STRING, NAME, QUOTED_NAME, TEMPORAL, SIGN, END, WRONG = range(8)

KEYWORDS = frozenset(
    [
        "true",
        "false",
        "null",
        "and",
        "or",
        "not",
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "between",
        "instance",
        "of",
        "function",
    ]
)

_NAME_START = (
    "A-Za-z_$\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3005-\u3007\u3021-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff10-\uff19\uff21-\uff3a"
    "\uff41-\uff5a\uff66-\uffdc\U00010000-\U000effff"
)
_NAME_PART = _NAME_START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"

_TOKEN = re.compile(
    rf"""[{_SPACE}]+ | //[^\n]* | /\*[^*]*(?:\*(?!/)[^*]*)*\*/
    | ([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    | ("[^"\\]*(?:\\.[^"\\]*)*")
    | (\?|[{_NAME_START}][{_NAME_PART}]*)
    | `([^`]+)`
    | @[{_SPACE}]*("[^"\\]*(?:\\.[^"\\]*)*")
    | (\.\.\.?|\*\*|->|<=|>=|!=|[-+*/<>=()\[\]{{}},:.])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r'\\(?:u([0-9a-fA-F]{4})|U(0[0-9a-fA-F]{5}|10[0-9a-fA-F]{4}|[0-9a-fA-F]{5})|([nrtbf"\'\\]))'
)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_BLANKS = re.compile(rf"[{_SPACE}]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Token(NamedTuple):
    """`text` is the decoded text of strings and quoted names. `end` is the position after it."""

    kind: int
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The tokens with an END last. A character that starts none becomes a WRONG token."""
    tokens = []
    position, length = 0, len(text)
    match, new_token = _TOKEN.match, tuple.__new__
    while position < length:
        found = match(text, position)
        if found is None or (found.lastindex == 6 and text.startswith("/*", position)):
            tokens.append(Token(WRONG, text[position], position, position + 1))
            if text[position] in _OPENERS:
                break
            position += 1
            continue
        kind = found.lastindex
        end = found.end()
        if kind is not None:
            group = found.group(kind)
            if kind in (2, 5):
                group = unescape(group[1:-1])
            elif kind == 4:
                group = one_blank(group)
            tokens.append(new_token(Token, (_KINDS[kind], group, position, end)))
        position = end
    tokens.append(Token(END, "", length, length))
    return tokens


_OPENERS = '"`/'  # nothing after one that is never closed could be read
_KINDS = (END, NUMBER, STRING, NAME, QUOTED_NAME, TEMPORAL, SIGN)


def unescape(text: str) -> str:
    """The meaning of a string literal's inside; unknown escapes stay (they belong to regular expressions)."""
    if "\\" not in text:
        return text
    return join_surrogates(_ESCAPE.sub(_unescape_one, text))


def join_surrogates(text: str) -> str:
    """Two halves of a character, written as two escapes, made one; a lone half becomes U+FFFD."""
    if _SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def one_blank(text: str) -> str:
    """The text without outer blanks and with one space for each inner run of them."""
    return _BLANKS.sub(" ", text).strip()


def describe(token: Token) -> str:
    """How a message names a token that was not expected."""
    if token.kind == END:
        return "the end"
    if token.kind == STRING:
        return f'"{token.text[:20]}"'
    if token.kind == WRONG:
        return _wrong(token.text)
    return f"'{token.text[:40]}'"


def unknown_character(text: str, token: Token) -> FeelSyntaxError:
    """The error for a WRONG token, with what may have been meant."""
    if token.text == '"':
        return FeelSyntaxError("the string that starts here is not closed, expected '\"'", text, token.start)
    if token.text == "/":
        return FeelSyntaxError("the comment that starts here is not closed, expected '*/'", text, token.start)
    if token.text == "`":
        return FeelSyntaxError("the name that starts here is not closed, expected '`'", text, token.start)
    return FeelSyntaxError(f"expected a value or an operator, found {_wrong(token.text)}", text, token.start)


_FULL_WIDTH = {
    "，": ",",
    "（": "(",
    "）": ")",
    "：": ":",
    "；": ",",
    "“": '"',
    "”": '"',
    "‘": '"',
    "’": '"',
    "「": '"',
    "」": '"',
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "＋": "+",
    "－": "-",
    "×": "*",
    "÷": "/",
    "【": "[",
    "】": "]",
    "！": "!",
    "–": "-",
    "—": "-",
    "&": "and",
    "|": "or",
    "'": '"',
}


def _wrong(character: str) -> str:
    meant = _FULL_WIDTH.get(character)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return f"'{shown}' (write {meant})" if meant else f"'{shown}'"


def _unescape_one(found: re.Match[str]) -> str:
    four, six, simple = found.groups()
    if simple is not None:
        return _SIMPLE_ESCAPES[simple]
    code = int(four or six, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
