"""The place in a text up to which it has been read, and the errors that name it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from engine.feel.builtin_names import BUILTIN_NAMES
from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import MAX_NESTING, MAX_TEXT_LENGTH
from engine.feel.names import KnownNames
from engine.feel.tokens import END, KEYWORDS, NAME, SIGN, WRONG, describe, tokenize, unknown_character

T = TypeVar("T")


class Cursor:
    """One text, read from left to right. `token` is the next one."""

    def __init__(self, text: str, known_names: Collection[str] | None) -> None:
        if len(text) > MAX_TEXT_LENGTH:
            message = f"expected at most {MAX_TEXT_LENGTH:,} characters, found {len(text):,}"
            raise FeelSyntaxError(message, "", 0)
        self.text = text
        self.blanks = known_names is not None
        self.known = KnownNames(known_names or ())
        self.tokens = tokenize(text)
        self.index = 0
        self.token = self.tokens[0]
        self.depth = 0

    def whole(self, rule: Callable[[], T]) -> T:
        """What `rule` reads, when nothing is left after it."""
        try:
            result = rule()
        except RecursionError:
            raise self.too_deep() from None
        if self.token.kind != END:
            raise self.expected("an operator or the end")
        return result

    def advance(self) -> None:
        self.index += 1
        self.token = self.tokens[self.index]

    def move_to(self, index: int) -> None:
        self.index = index
        self.token = self.tokens[index]

    def peek(self, distance: int = 1) -> str:
        """The text of a later token if it is a sign or a word, else nothing."""
        index = min(self.index + distance, len(self.tokens) - 1)
        token = self.tokens[index]
        return token.text if token.kind in (SIGN, NAME) else ""

    def at(self, text: str) -> bool:
        """Whether the next token is this sign or word."""
        token = self.token
        return token.text == text and token.kind in (SIGN, NAME)

    def skip(self, text: str) -> bool:
        """Read this sign or word if it is next."""
        if self.at(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.skip(text):
            raise self.expected(f"'{text}'")

    def expected(self, what: str) -> FeelSyntaxError:
        """The error for a next token that does not fit."""
        token = self.token
        if token.kind == WRONG:
            return unknown_character(self.text, token)
        found = describe(token)
        hint = self._hint()
        return FeelSyntaxError(f"expected {what}, found {found}{hint}", self.text, token.start)

    def too_deep(self) -> FeelSyntaxError:
        message = f"expected at most {MAX_NESTING} levels of nesting"
        return FeelSyntaxError(message, self.text, min(self.token.start, len(self.text)))

    @contextmanager
    def visible(self, names: Collection[str]) -> Iterator[None]:
        """Names with blanks that may be used in what is read inside the block."""
        added = [(name, self.known.add(name)) for name in names]
        try:
            yield
        finally:
            for name, first in added:
                if first is not None:
                    self.known.remove(name, first)

    def _hint(self) -> str:
        """What may have been meant by two words in a row, or by an operator of another language."""
        token = self.token
        if token.kind == SIGN and token.text == "=" and self.index:
            before = self.tokens[self.index - 1]
            if before.text == "=" and before.end == token.start:
                return " (equality is a single =)"
            return ""
        if token.kind != NAME or token.text in KEYWORDS or not self.index:
            return ""
        before = self.tokens[self.index - 1]
        if before.kind != NAME or before.text in KEYWORDS:
            return ""
        return self._nearest_function() or self._nearest_keyword() or self._backticks()

    def _nearest_function(self) -> str:
        words: list[str] = []
        index = self.index - 1
        while self.tokens[index].kind == NAME and len(words) < 6:
            words.append(self.tokens[index].text)
            index += 1
        if self.tokens[index].text != "(":
            return ""
        near = difflib.get_close_matches(" ".join(words), BUILTIN_NAMES, 1, 0.7)
        return f"; did you mean '{near[0]}'?" if near else ""

    def _nearest_keyword(self) -> str:
        near = difflib.get_close_matches(self.token.text, _INFIX_WORDS, 1, 0.6)
        return f"; did you mean '{near[0]}'?" if near and near[0] != self.token.text else ""

    def _backticks(self) -> str:
        return f"; a name with blanks is written `{self.tokens[self.index - 1].text} {self.token.text}`"


_INFIX_WORDS = ("and", "or", "in", "between", "instance", "then", "else", "return", "satisfies")
