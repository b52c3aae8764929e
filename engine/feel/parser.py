"""Reads FEEL texts: a Pratt parser over tokens, with errors that say what was expected and where."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ClassVar

from engine.feel.builtin_names import BUILTIN_NAMES
from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import MAX_NESTING
from engine.feel.names import WordSequences
from engine.feel.nodes import (
    Between,
    Call,
    Chain,
    CompareTest,
    Comparison,
    ContextLiteral,
    Filter,
    For,
    FunctionDefinition,
    If,
    In,
    InstanceOf,
    Iterator,
    ListLiteral,
    Literal,
    Logic,
    Name,
    Negation,
    Node,
    Path,
    Quantified,
    RangeLiteral,
    TemporalLiteral,
    Tests,
    TypeName,
    ValueTest,
)
from engine.feel.numbers import parse_number
from engine.feel.tokens import (
    END,
    KEYWORDS,
    NAME,
    NUMBER,
    QUOTED_NAME,
    SIGN,
    STRING,
    TEMPORAL,
    Token,
    one_blank,
)
from engine.feel.type_parser import BREAKS_KEY, TypeParser

# How tightly an operator binds; its right operand is read with that power.
OR, AND, COMPARE, ADD, MULTIPLY, EXPONENT, MINUS, INSTANCE, POSTFIX = range(10, 100, 10)

_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_LEVELS = {ADD: frozenset("+-"), MULTIPLY: frozenset("*/"), EXPONENT: frozenset(("**",))}
_POWERS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys((*_COMPARISONS, "between", "in"), COMPARE),
    "+": ADD,
    "-": ADD,
    "*": MULTIPLY,
    "/": MULTIPLY,
    "**": EXPONENT,
    ".": POSTFIX,
    "[": POSTFIX,
    "(": POSTFIX,
}
_BUILTINS = WordSequences(BUILTIN_NAMES)
_PROPERTIES = WordSequences(("time offset", "start included", "end included"))
_STARTS_VALUE = frozenset("([{-")
_WORDS_AFTER_RANGE = frozenset(
    ("and", "or", "then", "else", "return", "satisfies", "in", "between", "instance")
)


def parse_expression(
    text: str,
    *,
    strict: bool = False,
    known_names: Collection[str] | None = None,
    type_names: Collection[str] = (),
) -> Node:
    """The tree of an expression. Raises FeelSyntaxError."""
    parser = Parser(text, strict=strict, known_names=known_names, type_names=type_names)
    return parser.whole(parser.expression)


def parse_unary_tests(
    text: str,
    *,
    strict: bool = False,
    known_names: Collection[str] | None = None,
    type_names: Collection[str] = (),
) -> Tests:
    """The tree of a cell of a decision table. Raises FeelSyntaxError."""
    parser = Parser(text, strict=strict, known_names=known_names, type_names=type_names)
    return parser.whole(parser.unary_tests)


class Parser(TypeParser):
    """One rule of the grammar is one method; each leaves `token` after what it read."""

    def __init__(
        self,
        text: str,
        *,
        strict: bool,
        known_names: Collection[str] | None,
        type_names: Collection[str],
    ) -> None:
        super().__init__(text, known_names, type_names)
        self.strict = strict
        self.in_range_end = False
        self.reads_input = False
        self.instance_power = INSTANCE if strict else COMPARE

    # --- operators ---------------------------------------------------------------------------

    def expression(self, power: int = 0) -> Node:
        """An expression whose operators all bind tighter than `power`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.too_deep()
        left = self._operators(self._operand(), power)
        self.depth -= 1
        return left

    def _operators(self, left: Node, power: int) -> Node:
        """`left` and the operators after it that bind tighter than `power`."""
        growth = 0
        while (binding := self._binding_power()) > power:
            left = self._operator(left, binding)
            growth += 1
            if growth > MAX_NESTING:
                raise self.too_deep()
        return left

    def _binding_power(self) -> int:
        token = self.token
        if token.kind == SIGN:
            if token.text == "[" and self.in_range_end and not self._opens_filter():
                return 0
            return _POWERS.get(token.text, 0)
        if token.kind == NAME:
            if token.text == "instance":
                return self.instance_power
            return _POWERS.get(token.text, 0)
        return 0

    def _operator(self, left: Node, binding: int) -> Node:
        token = self.token
        position, text = token.start, token.text
        if binding == POSTFIX:
            return self._postfix(left, text, position)
        if binding in (OR, AND):
            parts = [left]
            while self.skip(text):
                parts.append(self.expression(binding))
            return Logic(position, text, parts)
        if binding in _LEVELS:
            return self._chain(left, binding)
        self.advance()
        if text in _COMPARISONS:
            return Comparison(position, text, left, self.expression(COMPARE))
        if text == "between":
            low = self.expression(COMPARE)
            self.expect("and")
            return Between(position, left, low, self.expression(COMPARE))
        if text == "in":
            return In(position, left, self._in_tests())
        self.expect("of")
        return InstanceOf(position, left, self.type_name())

    def _chain(self, first: Node, binding: int) -> Node:
        signs = _LEVELS[binding]
        rest = []
        while self.token.kind == SIGN and self.token.text in signs:
            sign, position = self.token.text, self.token.start
            self.advance()
            rest.append((sign, self.expression(binding), position))
        return Chain(rest[0][2], first, rest)

    def _postfix(self, left: Node, sign: str, position: int) -> Node:
        self.advance()
        if sign == ".":
            position = self.token.start
            return Path(position, left, self._property())
        if sign == "[":
            condition = self._inside()
            self.expect("]")
            return Filter(position, left, condition)
        return self._call(left, left.position)

    def _inside(self) -> Node:
        """An expression within brackets, where the end of an outer range has no meaning."""
        outer, self.in_range_end = self.in_range_end, False
        result = self.expression()
        self.in_range_end = outer
        return result

    # --- operands ----------------------------------------------------------------------------

    def _operand(self) -> Node:
        token = self.token
        kind, text, position = token.kind, token.text, token.start
        if kind == NAME:
            return self._word(token)
        if kind == NUMBER:
            self.advance()
            return self._number(text, position)
        if kind == STRING:
            self.advance()
            return Literal(position, text)
        if kind == TEMPORAL:
            self.advance()
            return TemporalLiteral(position, text)
        if kind == QUOTED_NAME:
            self.advance()
            return Name(position, text)
        if kind == SIGN:
            if text == "-":
                self.advance()
                return Negation(position, self.expression(MINUS))
            if text == "(":
                return self._parenthesis(position)
            if text == "[":
                return self._list(position)
            if text == "]":
                self.advance()
                return self._range_end(position, self._inside(), False)
            if text == "{":
                return self._context(position)
        raise self.expected("a value")

    def _number(self, text: str, position: int) -> Node:
        try:
            return Literal(position, parse_number(text))
        except ArithmeticError:
            raise FeelSyntaxError("expected a number below 1E+6145", self.text, position) from None

    def _word(self, token: Token) -> Node:
        text, position = token.text, token.start
        known = self.known.match(self.text, self.tokens, self.index)
        if known is not None:
            self.move_to(known[1])
            return Name(position, known[0])
        sequence = _BUILTINS.match(self.tokens, self.index)
        if sequence is not None and (self.tokens[sequence[1]].text == "(" or self.blanks):
            self.move_to(sequence[1])
            return Name(position, sequence[0])
        if text not in KEYWORDS:
            self.advance()
            if text == "?":
                self.reads_input = True
            elif self.blanks:
                text = self._unknown_with_blanks(text)
            return Name(position, text)
        rule = self._KEYWORD_RULES.get(text)
        if rule is not None:
            self.advance()
            return rule(self, position)
        if text in ("not", "and", "or") and self.peek() == "(":
            self.advance()
            return Name(position, text)
        raise self.expected("a value")

    def _unknown_with_blanks(self, text: str) -> str:
        words = [text]
        while self.token.kind == NAME and self.token.text not in KEYWORDS and self.token.text != "of":
            words.append(self.token.text)
            self.advance()
        return " ".join(words)

    def _true(self, position: int) -> Node:
        return Literal(position, True)

    def _false(self, position: int) -> Node:
        return Literal(position, False)

    def _null(self, position: int) -> Node:
        return Literal(position, None)

    def _if(self, position: int) -> Node:
        condition = self.expression()
        self.expect("then")
        yes = self.expression()
        self.expect("else")
        return If(position, condition, yes, self.expression())

    def _for(self, position: int) -> Node:
        iterators = self._iterators()
        self.expect("return")
        with self.visible(("partial", *(each.name for each in iterators))):
            return For(position, iterators, self.expression())

    def _some(self, position: int) -> Node:
        return self._quantified(position, "some")

    def _every(self, position: int) -> Node:
        return self._quantified(position, "every")

    def _quantified(self, position: int, quantifier: str) -> Node:
        iterators = self._iterators()
        self.expect("satisfies")
        with self.visible([each.name for each in iterators]):
            return Quantified(position, quantifier, iterators, self.expression())

    def _iterators(self) -> list[Iterator]:
        iterators: list[Iterator] = []
        while True:
            position = self.token.start
            name = self._new_name("in")
            self.expect("in")
            with self.visible([each.name for each in iterators]):
                domain = self.expression()
                end = self.expression() if self.skip("..") else None
            iterators.append(Iterator(position, name, domain, end))
            if not self.skip(","):
                return iterators

    def _new_name(self, *until: str) -> str:
        """A name that the text introduces; one word, or all words up to `until` where blanks are allowed."""
        token = self.token
        if token.kind == QUOTED_NAME:
            self.advance()
            return token.text
        if token.kind != NAME or token.text in KEYWORDS:
            raise self.expected("a name")
        self.advance()
        while self.blanks and self.token.text not in until and self.token.kind in (NAME, SIGN, NUMBER):
            if self.token.text in BREAKS_KEY:
                break
            self.advance()
        return one_blank(self.text[token.start : self.tokens[self.index - 1].end])

    def _function(self, position: int) -> Node:
        self.expect("(")
        parameters: list[str] = []
        types: list[TypeName | None] = []
        while not self.at(")"):
            parameters.append(self._new_name(",", ":", ")"))
            types.append(self.type_name() if self.skip(":") else None)
            if not self.skip(","):
                break
        self.expect(")")
        if self.skip("external"):
            self.expression()
            return FunctionDefinition(position, parameters, types, None)
        with self.visible(parameters):
            return FunctionDefinition(position, parameters, types, self.expression())

    _KEYWORD_RULES: ClassVar[dict[str, Callable[[Parser, int], Node]]] = {
        "true": _true,
        "false": _false,
        "null": _null,
        "if": _if,
        "for": _for,
        "some": _some,
        "every": _every,
        "function": _function,
    }

    # --- brackets ----------------------------------------------------------------------------

    def _parenthesis(self, position: int) -> Node:
        self.advance()
        if self.token.kind == SIGN and self.token.text in _COMPARISONS:
            inner: Node = self._compare_test()
        else:
            inner = self._inside()
            if self.at(".."):
                return self._range_end(position, inner, False)
        self.expect(")")
        return inner

    def _list(self, position: int) -> Node:
        self.advance()
        items: list[Node] = []
        if not self.at("]"):
            items.append(self._item())
            if self.at(".."):
                return self._range_end(position, items[0], True)
            while self.skip(","):
                items.append(self._item())
        if not self.skip("]"):
            raise self.expected("',' or ']'")
        return ListLiteral(position, items)

    def _item(self) -> Node:
        if self.token.kind == SIGN and self.token.text in _COMPARISONS:
            return self._compare_test()
        return self._inside()

    def _range_end(self, position: int, start: Node, start_included: bool) -> Node:
        self.expect("..")
        outer, self.in_range_end = self.in_range_end, True
        end = self.expression(COMPARE)
        self.in_range_end = outer
        if self.skip("]"):
            return RangeLiteral(position, start, end, start_included, True)
        if self.skip(")") or self.skip("["):
            return RangeLiteral(position, start, end, start_included, False)
        raise self.expected("']' or ')'")

    def _opens_filter(self) -> bool:
        """Whether a `[` after the end of a range starts a filter rather than closing the range."""
        token = self.tokens[self.index + 1]
        if token.kind == SIGN:
            return token.text in _STARTS_VALUE
        if token.kind == NAME:
            return token.text not in _WORDS_AFTER_RANGE
        return token.kind in (NUMBER, STRING, TEMPORAL, QUOTED_NAME)

    def _context(self, position: int) -> Node:
        self.advance()
        entries: list[tuple[str, Node]] = []
        added: list[tuple[str, str]] = []
        try:
            while not self.at("}"):
                name = self.key()
                self.expect(":")
                entries.append((name, self._inside()))
                first = self.known.add(name) if name.strip() else None
                if first is not None:
                    added.append((name, first))
                if not self.skip(","):
                    break
        finally:
            for name, first in added:
                self.known.remove(name, first)
        if not self.skip("}"):
            raise self.expected("',' or '}'")
        return ContextLiteral(position, entries)

    # --- names and calls -----------------------------------------------------------------------

    def _property(self) -> str:
        token = self.token
        if token.kind == QUOTED_NAME:
            self.advance()
            return token.text
        if token.kind != NAME or token.text in KEYWORDS:
            raise self.expected("the name of an entry")
        match = self.known.match(self.text, self.tokens, self.index)
        match = match or _PROPERTIES.match(self.tokens, self.index)
        if match is not None:
            self.move_to(match[1])
            return match[0]
        self.advance()
        return self._unknown_with_blanks(token.text) if self.blanks else token.text

    def _call(self, function: Node, position: int) -> Node:
        outer, self.in_range_end = self.in_range_end, False
        arguments: list[Node] = []
        names: list[str] = []
        while not self.at(")"):
            name = self._argument_name()
            if name is not None:
                names.append(name)
            arguments.append(self.expression())
            if not self.skip(","):
                break
        if names and len(names) != len(arguments):
            raise self.expected("names for all arguments or for none")
        if not self.skip(")"):
            raise self.expected("',' or ')'")
        self.in_range_end = outer
        return Call(position, function, arguments, names or None)

    def _argument_name(self) -> str | None:
        index = self.index
        tokens = self.tokens
        while tokens[index].kind in (NAME, QUOTED_NAME):
            index += 1
        if index == self.index or tokens[index].text != ":" or tokens[index].kind != SIGN:
            return None
        name = " ".join(token.text for token in tokens[self.index : index])
        self.move_to(index + 1)
        return name

    # --- unary tests ---------------------------------------------------------------------------

    def unary_tests(self) -> Tests:
        """A whole cell: `-`, tests with commas between them, or `not(...)` around such."""
        position = self.token.start
        if self.at("-") and self.tokens[self.index + 1].kind == END:
            self.advance()
            return Tests(position, None, False)
        if self.at("not") and self.peek() == "(":
            negated = self._negated()
            if negated is not None:
                return Tests(position, negated, True)
        return Tests(position, self._tests(), False)

    def _negated(self) -> list[Node] | None:
        """The tests in `not(...)` when that is the whole cell; tried out, as `[1..2)` ends so too."""
        start, depth = self.index, self.depth
        try:
            self.advance()
            self.advance()
            tests = self._tests()
            if self.at(")") and self.tokens[self.index + 1].kind == END:
                self.advance()
                return tests
        except FeelSyntaxError:
            if self._closes_at_end(start):
                raise
        self.depth, self.in_range_end = depth, False
        self.move_to(start)
        return None

    def _closes_at_end(self, start: int) -> bool:
        """Whether the parenthesis after the `not` at `start` is closed by the last token of the text."""
        depth = 0
        for index in range(start + 1, len(self.tokens) - 1):
            token = self.tokens[index]
            if token.kind == SIGN and token.text == "(":
                depth += 1
            elif token.kind == SIGN and token.text == ")":
                depth -= 1
                if depth == 0:
                    return index == len(self.tokens) - 2
        return False

    def _tests(self) -> list[Node]:
        tests = [self._test()]
        while self.skip(","):
            tests.append(self._test())
        return tests

    def _test(self, power: int = 0) -> Node:
        if self.token.kind == SIGN and self.token.text in _COMPARISONS:
            return self._compare_test()
        position = self.token.start
        outer, self.reads_input = self.reads_input, False
        value = self.expression(power)
        test = ValueTest(position, value, self.reads_input)
        self.reads_input = self.reads_input or outer
        return test

    def _compare_test(self) -> CompareTest:
        token = self.token
        self.advance()
        return CompareTest(token.start, token.text, self.expression(COMPARE))

    def _in_tests(self) -> list[Node]:
        """What stands after `in`: one test, or several in parentheses."""
        if not self.at("("):
            return [self._input_comparison(self._test(COMPARE))]
        position = self.token.start
        self.advance()
        tests = [self._test()]
        while self.skip(","):
            tests.append(self._test())
        first = tests[0]
        if len(tests) > 1 or not isinstance(first, ValueTest):
            self.expect(")")
            return tests
        if self.at(".."):
            left: Node = self._range_end(position, first.value, False)
        else:
            self.expect(")")
            left = first.value
        first.value = self._operators(left, COMPARE)
        return [self._input_comparison(first)]

    def _input_comparison(self, test: Node) -> Node:
        """`5 in ? < 10`: the comparison belongs to the test."""
        if isinstance(test, ValueTest) and test.reads_input:
            while self._binding_power() == COMPARE:
                test.value = self._operator(test.value, COMPARE)
        return test
