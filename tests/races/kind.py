"""A kind of race: what is raced for, who races, and what must be true when it is over."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine import EngineError, Resource, TransactionConflict, Unavailable

if TYPE_CHECKING:
    from .room import Room

KINDS: dict[str, type[Kind]] = {}

LEAKED = re.compile(r"deadlock|operationalerror|integrityerror|is locked|psycopg|sqlite3|sqlalchemy", re.I)


class Fault(AssertionError):
    """Something that must not be."""


def expect(holds: object, fault: str) -> None:
    if not holds:
        raise Fault(fault)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one side answered, or the error it was told. `began` and `ended` are of one monotonic clock."""

    side: str
    value: Any = None
    error: str = ""
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    clear: bool = True
    began: float = 0.0
    ended: float = 0.0

    @property
    def won(self) -> bool:
        return not self.error

    @classmethod
    def of_error(cls, side: str, error: BaseException, began: float, ended: float) -> Result:
        """An error is clear when it is one of the engine's own, and not that the database was busy."""
        text = str(error)
        public = isinstance(error, EngineError) and not isinstance(error, TransactionConflict | Unavailable)
        return cls(
            side=side,
            error=type(error).__name__,
            text=text,
            fields={name: value for name, value in vars(error).items() if not name.startswith("_")},
            clear=public and not LEAKED.search(text),
            began=began,
            ended=ended,
        )


Results = Mapping[str, Result]


class Kind(ABC):
    """One class per kind; its docstring says in one line what races. `thing` travels to other processes."""

    sides: ClassVar[tuple[str, ...]] = ("anna", "bert")
    files: ClassVar[tuple[Resource, ...]] = ()
    in_processes: ClassVar[bool] = False
    """Each side is a process of its own, as two nodes are; else each is a thread with its own connection."""
    share: ClassVar[float] = 1.0
    """The part of the trials that this kind is given: for one that takes long."""
    in_gate: ClassVar[bool] = True

    def __init_subclass__(cls, *, shared: bool = False) -> None:
        """`shared`: what several kinds have in common, no kind of its own."""
        super().__init_subclass__()
        if not shared:
            KINDS[cls.name()] = cls

    @classmethod
    def name(cls) -> str:
        """The class name in words: TwoComplete is `two-complete`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def prepare(self, room: Room) -> None:  # noqa: B027
        """Once, before the first trial; the files are deployed."""

    @abstractmethod
    def arrange(self, room: Room) -> Any:
        """What this trial is about; `act` and `judge` are given it."""

    @abstractmethod
    def act(self, side: str, engine: Any, thing: Any) -> Any:
        """What this side does, on its own engine."""

    @abstractmethod
    def judge(self, room: Room, thing: Any, results: Results) -> str:
        """Which side came first. Raises Fault when what happened is what no order of the two would give."""


def one_winner(results: Results, error: str, **fields: Any) -> Result:
    """Exactly one side did it, the others were told `error`; answers the winner."""
    won = [result for result in results.values() if result.won]
    expect(len(won) == 1, f"{len(won)} winners: {told(results)}")
    for result in results.values():
        if not result.won:
            refused(result, error, **fields)
    return won[0]


def refused(result: Result, error: str, **fields: Any) -> None:
    """The side was told `error`, with these fields; a callable looks at the field's value."""
    expect(
        result.error == error, f"{result.side} was told {result.error or 'yes'}, not {error}: {result.text}"
    )
    for name, wanted in fields.items():
        value = result.fields.get(name)
        right = wanted(value) if callable(wanted) else value == wanted
        expect(right, f"{result.side} was told {name}={value!r}: {result.text}")


def all_won(results: Results) -> None:
    expect(all(result.won for result in results.values()), f"not all went well: {told(results)}")


def told(results: Results) -> str:
    return "; ".join(f"{r.side}: {r.error + ': ' + r.text if r.error else 'yes'}" for r in results.values())
