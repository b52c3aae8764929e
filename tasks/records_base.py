"""What all records share: the declarative base, common columns, states and invariants.

Nothing is deleted: `archived_at` is set. `version` counts changes, so that two writers of one row cannot
overwrite each other. The tables join the Alembic history of the engine (`tenure/migrations`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Connection, ForeignKey, MetaData, String, Text, event, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, declared_attr, mapped_column
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from engine import Conflict, InvalidInput, Json, Key, Money, NotFound, Ratio, UtcDateTime

MoneyAmount = Annotated[Decimal, mapped_column(Money)]
RatioValue = Annotated[Decimal, mapped_column(Ratio)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
LongText = Annotated[str, mapped_column(Text)]
UserId = Annotated[str, mapped_column(String(64))]
Word = Annotated[str, mapped_column(String(40))]
"""One of a short list, such as a state."""
JsonList = Annotated[list[Any], mapped_column(Json)]
JsonObject = Annotated[dict[str, Any], mapped_column(Json)]

RecordType = TypeVar("RecordType", bound="Record")


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One invariant that does not hold. `code` is stable; `message` says what is wrong and what would do."""

    code: str
    message: str
    field: str = ""


class InvariantBroken(InvalidInput):
    """A record would break a rule of the domain; nothing is written. `breaches` has all of them."""

    code = "INVARIANT_BROKEN"

    def __init__(self, noun: str, name: object, breaches: list[Breach]) -> None:
        self.noun, self.name, self.breaches = noun, name, tuple(breaches)
        super().__init__(f"{noun} {name}: " + "; ".join(b.message for b in breaches))


class WrongState(Conflict):
    """A record cannot go from its state to the one asked for."""

    def __init__(self, noun: str, key: object, state: str, wanted: str) -> None:
        self.noun, self.key, self.state, self.wanted = noun, key, state, wanted
        super().__init__(f"{noun} {key} is {state} and cannot become {wanted}")


class RecordNotFound(NotFound):
    """No record of this kind with this id."""

    def __init__(self, noun: str, key: object) -> None:
        self.noun = noun
        super().__init__(key)


class Made(Protocol):
    """Who makes a record and when: a handler's job, or whatever else knows both."""

    @property
    def now(self) -> datetime: ...

    @property
    def actor(self) -> str: ...


@dataclass(frozen=True)
class Maker:
    """Who makes a record and when, for writes outside a handler."""

    now: datetime
    actor: str


class Record(DeclarativeBase):
    """The base of all tables of the business."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, sort_order=-10)
    created_at: Mapped[Moment] = mapped_column(sort_order=90)
    created_by: Mapped[UserId] = mapped_column(sort_order=91)
    updated_at: Mapped[Moment] = mapped_column(sort_order=92)
    version: Mapped[int] = mapped_column(sort_order=93)
    archived_at: Mapped[Moment | None] = mapped_column(sort_order=94)
    origin: Mapped[str | None] = mapped_column(String(80), unique=True, sort_order=95)
    """The job that made the record; a job that runs again finds its record instead of making another."""

    def __init__(self, **fields: Any) -> None:
        """Defaults hold from the first moment, so that invariants can be checked before a write."""
        for attribute in inspect(type(self)).column_attrs:
            default = attribute.columns[0].default
            if attribute.key not in fields and isinstance(default, ScalarElementColumnDefault):
                fields[attribute.key] = default.arg
            elif attribute.key not in fields and isinstance(default, CallableColumnDefault):
                make: Any = default.arg
                fields[attribute.key] = make(None)
        for name, value in fields.items():
            setattr(self, name, value)

    @declared_attr.directive
    def __mapper_args__(cls) -> Mapping[str, Any]:
        return {"version_id_col": cls.version}

    @classmethod
    def noun(cls) -> str:
        """What people call such a record, in messages."""
        return str(cls.__tablename__).replace("_", " ")

    def breaches(self) -> list[Breach]:
        """The invariants that this record breaks in its present state; checked before every write."""
        return []

    def label(self) -> object:
        """What messages call this very record."""
        return self.id if self.id is not None else "(new)"

    def touch(self, now: datetime) -> None:
        """Note the time of a change."""
        self.updated_at = now


class Stateful:
    """A record with a state. `transitions` lists, per state, the states that may follow."""

    state: Mapped[Word] = mapped_column(sort_order=-5)
    transitions: ClassVar[Mapping[str, frozenset[str]]]

    def move_to(self, state: str, *, now: datetime) -> None:
        """Go to `state`; being there already is fine. Raises WrongState."""
        if state == self.state:
            return
        if state not in self.transitions.get(self.state, frozenset()):
            assert isinstance(self, Record)
            raise WrongState(self.noun(), self.label(), self.state, state)
        self.state = str(state)
        assert isinstance(self, Record)
        self.touch(now)


def made(by: Made, *, origin: str | None = None) -> dict[str, Any]:
    """The common columns of a new record: `Tender(title=..., **made(job, origin=job.idempotency_key))`."""
    return {"created_at": by.now, "created_by": by.actor, "updated_at": by.now, "origin": origin}


def made_before(records: Session, kind: type[RecordType], origin: str) -> RecordType | None:
    """The record that this very job has made already, or None."""
    return records.scalar(select(kind).where(kind.origin == origin))


def get(records: Session, kind: type[RecordType], key: int) -> RecordType:
    """The record with that id. Raises RecordNotFound."""
    found = records.get(kind, key)
    if found is None:
        raise RecordNotFound(kind.noun(), key)
    return found


def lock(records: Session, kind: type[RecordType], key: int) -> RecordType:
    """Like `get`, but nobody else may change the record until this transaction ends."""
    found = records.get(kind, key, with_for_update=True, populate_existing=True)
    if found is None:
        raise RecordNotFound(kind.noun(), key)
    return found


def references(table: str, **options: Any) -> Any:
    """A column that holds the id of a row in `table`; indexed."""
    return mapped_column(Key, ForeignKey(f"{table}.id"), index=options.pop("index", True), **options)


@event.listens_for(Record, "before_insert", propagate=True)
@event.listens_for(Record, "before_update", propagate=True)
def _refuse_broken_records(mapper: Mapper[Any], connection: Connection, record: Record) -> None:
    broken = record.breaches()
    if broken:
        raise InvariantBroken(record.noun(), record.label(), broken)
