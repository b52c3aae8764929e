"""What all rules of one step share: the surroundings, the time and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ..clock import Clock
from .ledger import Ledger
from .sources import Definitions, LiveState


@dataclass(slots=True, kw_only=True)
class Step:
    """`actor` is the user in whose name the step happens."""

    store: LiveState
    definitions: Definitions
    new_key: Callable[[], int]
    clock: Clock
    actor: str = ""
    ledger: Ledger = field(default_factory=Ledger)

    def now(self) -> datetime:
        return self.clock.now()
