"""Signing in: who it is, slowed down for those who guess.

Failures are counted in the database per name and per address, so they count over all nodes. A name that
nobody has is treated like any other, in the answer and in the time it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ..clock import Clock
from ..errors import NotAuthenticated
from ..model import User
from ..storage import Database, TransactionConflict, UnitOfWork, View
from . import passwords
from .accounts import is_user_id

FREE_FAILURES_OF_NAME = 5
FREE_FAILURES_OF_ADDRESS = 20
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
TRIES = 5


class SignIn:
    """Knows people by name and password."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def authenticate(self, user_id: str, password: str, *, ip: str | None = None) -> User:
        """Raises NotAuthenticated when the name or the password is wrong, the account is inactive, or
        there were too many failures; it does not say which."""
        now = self._clock.now()
        subjects = _subjects(user_id, ip)
        with self._database.read() as view:
            if _is_blocked(view, subjects, now):
                raise _refusal()
            credentials = view.identity.credentials(user_id) if is_user_id(user_id) else None
        password_hash = credentials.password_hash if credentials else None
        # Outside any transaction: this takes long, on purpose.
        right = passwords.matches(password, password_hash)
        if credentials is None or password_hash is None or not right or not credentials.active:
            self._count_failure(subjects, now)
            raise _refusal()
        return self._let_in(credentials.user_id, password, password_hash, subjects, now)

    def _let_in(
        self, user_id: str, password: str, password_hash: str, subjects: dict[str, int], now: datetime
    ) -> User:
        name = next(iter(subjects))
        with self._database.read() as view:
            # Others may have guessed meanwhile.
            if _is_blocked(view, subjects, now):
                raise _refusal()
            user = view.identity.user(user_id)
            had_failures = view.identity.throttle(name) is not None
        if user is None:
            raise _refusal()
        outdated = passwords.is_outdated(password_hash)
        if had_failures or outdated:

            def note(unit: UnitOfWork) -> None:
                unit.identity.clear_throttle(name)
                if outdated:
                    unit.identity.set_password_hash(user_id, passwords.hashed(password), new_version=False)

            self._write(note)
        return user

    def _count_failure(self, subjects: dict[str, int], now: datetime) -> None:
        def count(unit: UnitOfWork) -> None:
            unit.identity.forget_throttles(now - FORGOTTEN_AFTER)
            for subject, free in subjects.items():
                failures = unit.identity.count_failure(subject, now)
                blocked = failures >= free
                unit.identity.block(subject, now + _pause(failures - free) if blocked else None)

        self._write(count)

    def _write(self, work: Callable[[UnitOfWork], None]) -> None:
        """Again when it collides with others who are signing in."""
        for _ in range(TRIES - 1):
            try:
                with self._database.write() as unit:
                    return work(unit)
            except TransactionConflict:
                continue
        with self._database.write() as unit:
            work(unit)


def _subjects(user_id: str, ip: str | None) -> dict[str, int]:
    """What is counted, the name first, and how many failures it has free. Hashed: a name may be anything."""
    counted = {f"name:{_digest(user_id)}": FREE_FAILURES_OF_NAME}
    if ip:
        counted[f"address:{_digest(ip)}"] = FREE_FAILURES_OF_ADDRESS
    return counted


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _is_blocked(view: View, subjects: Iterable[str], now: datetime) -> bool:
    throttles = [view.identity.throttle(subject) for subject in subjects]
    return any(one and one.blocked_until and one.blocked_until > now for one in throttles)


def _pause(beyond: int) -> timedelta:
    """Doubles with each failure beyond the free ones."""
    doubled: int = 2 ** min(beyond, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def _refusal() -> NotAuthenticated:
    return NotAuthenticated("the name or the password is wrong, or too many attempts were made; try later")
