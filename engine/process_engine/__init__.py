"""ProcessEngine: everything the engine can do, one thin method per use.

Every change names its actor (`by`), is one transaction, and leaves one line in the audit trail. What a
method answers are frozen values; what it raises is an `EngineError` that says what would help.
"""

from __future__ import annotations

from .batch_operations import BatchOperationsPart
from .definitions import DefinitionsPart
from .instances import InstancesPart
from .people import PeoplePart
from .records import RecordsPart
from .repair import RepairPart
from .user_tasks import UserTasksPart
from .work import WorkPart


class ProcessEngine(
    DefinitionsPart,
    InstancesPart,
    RepairPart,
    BatchOperationsPart,
    UserTasksPart,
    WorkPart,
    PeoplePart,
    RecordsPart,
):
    """The facade. Thread-safe; one per program. Call `close()` at the end."""

    def close(self) -> None:
        """Let go of the database. Running job executors must be stopped first."""
        self.database.close()

    def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""
        self.database.ping()
