"""What the database answers, in the engine's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    TimeoutError,
)

from ..errors import Conflict, DatabaseUnavailable, EngineError


class TransactionConflict(Conflict):
    """Two transactions were in each other's way and this one was undone: run it again from its beginning."""

    code = "TRANSACTION_CONFLICT"


class ConstraintBroken(TransactionConflict):
    """Something that must be unique or must exist was not so: mostly because another transaction was
    quicker, and then a second try sees what it wrote."""

    code = "CONSTRAINT_BROKEN"


class DocumentDamaged(EngineError):
    """The bytes of a stored document no longer have the hash they were stored under."""

    code = "DOCUMENT_DAMAGED"

    def __init__(self, key: int, sha256: str) -> None:
        self.key, self.sha256 = key, sha256
        super().__init__(f"document {key} is damaged: its content does not have the hash {sha256}")


_RETRY_STATES = {
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # lock not available within lock_timeout
}
_GONE_STATES = {"57P01", "57P02", "57P03", "53300"}  # shut down, crashed, starting up, too many connections


_INVALIDATED = "8s2b"  # SQLAlchemy: the connection was lost earlier in this transaction


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what a driver raises into errors of the engine; `place` names the database, without a password.

    A broken constraint stays an `IntegrityError`: the stores know what it means.
    """
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable(f"no free connection to the database {place}: all are in use") from error
    except IntegrityError:
        raise
    except PendingRollbackError as error:
        if error.code != _INVALIDATED:
            raise
        raise DatabaseUnavailable(f"the connection to the database {place} was lost") from error
    except (OperationalError, InterfaceError, DBAPIError) as error:
        if _is_conflict(error):
            raise TransactionConflict("two changes were in each other's way; try again") from error
        if _is_unreachable(error):
            reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
            raise DatabaseUnavailable(f"the database {place} cannot be reached: {reason}") from error
        raise


def _is_conflict(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _RETRY_STATES:
        return True
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _is_unreachable(error: DBAPIError) -> bool:
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _GONE_STATES:
        return True
    if getattr(error.orig, "sqlite_errorname", "") in ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_NOTADB"):
        return True
    # psycopg: a failed connection attempt carries no SQLSTATE.
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") is None
