"""Reads the names of types and the keys of contexts."""

from __future__ import annotations

from collections.abc import Collection

from engine.feel.cursor import Cursor
from engine.feel.limits import MAX_NESTING
from engine.feel.names import KnownNames, WordSequences
from engine.feel.nodes import TypeName
from engine.feel.tokens import KEYWORDS, NAME, NUMBER, QUOTED_NAME, SIGN, STRING, WRONG, one_blank

BREAKS_KEY = frozenset("{}[](),:")
_TYPES = WordSequences(
    (
        "date and time",
        "days and time duration",
        "years and months duration",
        "day-time-duration",
        "year-month-duration",
    )
)


class TypeParser(Cursor):
    """The part of the grammar that deals with types."""

    def __init__(self, text: str, known_names: Collection[str] | None, type_names: Collection[str]) -> None:
        super().__init__(text, known_names)
        self.type_names = KnownNames(type_names)

    def type_name(self) -> TypeName:
        """A type as after `instance of` and in parameters."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.too_deep()
        position = self.token.start
        name = self._name_of_type()
        result = TypeName(position, name)
        lowered = name.lower()
        if self.at("<") and lowered in ("list", "range", "context", "function"):
            self.advance()
            if lowered in ("list", "range"):
                result.element = self.type_name()
            elif lowered == "context":
                result.entries = self._entry_types()
            else:
                result.parameters = self._parameter_types()
            self.expect(">")
            if lowered == "function":
                self.expect("->")
                result.element = self.type_name()
        self.depth -= 1
        return result

    def _name_of_type(self) -> str:
        match = _TYPES.match(self.tokens, self.index)
        if match is not None:
            self.move_to(match[1])
            return match[0].replace(" - ", "-")
        match = self.type_names.match(self.text, self.tokens, self.index)
        if match is not None:
            self.move_to(match[1])
            return match[0]
        token = self.token
        if token.kind not in (NAME, QUOTED_NAME) or (
            token.text in KEYWORDS and token.text not in ("function", "null")
        ):
            raise self.expected("the name of a type")
        self.advance()
        name = token.text
        while self.at(".") and self.tokens[self.index + 1].kind in (NAME, QUOTED_NAME):
            name += "." + self.tokens[self.index + 1].text
            self.move_to(self.index + 2)
        return name

    def _entry_types(self) -> list[tuple[str, TypeName]]:
        entries = []
        while True:
            name = self.key()
            self.expect(":")
            entries.append((name, self.type_name()))
            if not self.skip(","):
                return entries

    def _parameter_types(self) -> list[TypeName]:
        parameters: list[TypeName] = []
        while not self.at(">"):
            parameters.append(self.type_name())
            if not self.skip(","):
                break
        return parameters

    def key(self) -> str:
        """The key of an entry: a string, or any words and signs up to the colon."""
        token = self.token
        if token.kind == STRING or token.kind == QUOTED_NAME:
            self.advance()
            return token.text
        if token.kind != NAME or (token.text in KEYWORDS and self.peek() == ":"):
            raise self.expected("a name or a string as key")
        while self.token.kind in (NAME, SIGN, NUMBER, WRONG) and self.token.text not in BREAKS_KEY:
            self.advance()
        return one_blank(self.text[token.start : self.tokens[self.index - 1].end])
