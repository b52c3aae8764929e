"""Which words a text may use as names, where a name may have blanks or operators in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from engine.feel.tokens import NAME, SIGN, Token, one_blank, tokenize


class KnownNames:
    """Names with more than one token, found by their first token; the longest that fits wins."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[int, str, re.Pattern[str]]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> str | None:
        """Admit `name`. Answers the first token under which it is kept, none for a one-token name."""
        name = one_blank(name)
        tokens = tokenize(name)
        if len(tokens) == 2 and tokens[0].kind == NAME:
            return None
        words = (re.escape(word) for word in name.split(" "))
        entry = (len(name), name, re.compile(r"\s+".join(words)))
        first = tokens[0].text
        entries = self._by_first.setdefault(first, [])
        entries.append(entry)
        entries.sort(key=lambda each: -each[0])
        return first

    def remove(self, name: str, first: str) -> None:
        """Forget one admission of `name` at the end of the place where it was visible."""
        entries = self._by_first[first]
        name = one_blank(name)
        for index, (_, each, _pattern) in enumerate(entries):
            if each == name:
                del entries[index]
                break

    def match(self, text: str, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """The longest known name at tokens[index] and the index of the token after it."""
        token = tokens[index]
        for _, name, pattern in self._by_first.get(token.text, ()):
            found = pattern.match(text, token.start)
            if found is None:
                continue
            after = index
            while tokens[after].start < found.end() and after < len(tokens) - 1:
                after += 1
            if tokens[after - 1].end <= found.end():
                return name, after
        return None


class WordSequences:
    """Fixed names of several words, such as those of the built-in functions."""

    def __init__(self, names: Collection[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for name in names:
            words = tuple(re.findall(r"\w+|-", name))
            if len(words) > 1:
                self._by_first.setdefault(words[0], []).append(words)
        for sequences in self._by_first.values():
            sequences.sort(key=len, reverse=True)

    def match(self, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """The longest name whose words stand at tokens[index], and the index of the token after it."""
        for words in self._by_first.get(tokens[index].text, ()):
            after = index + len(words)
            if after < len(tokens) and all(
                tokens[index + offset].text == word and tokens[index + offset].kind in (NAME, SIGN)
                for offset, word in enumerate(words)
            ):
                return " ".join(words), after
        return None
