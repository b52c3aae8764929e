"""The database: transactions, and a store per noun that answers frozen values of `engine.model`."""

from .audit import AuditBreak, AuditHead
from .backup import BackupFailed, back_up
from .columns import Json, Key, Money, Ratio, UtcDateTime
from .database import Database, PoolUse
from .definitions import DECISION, FORM, PROCESS, REQUIREMENTS
from .errors import ConstraintBroken, DocumentDamaged, TransactionConflict, translated
from .identity import Credentials, IdentityStore, Throttle
from .json_text import dumps, loads
from .messages import Message
from .migration import MigrationFailed, check_schema, schema_revision, upgrade_schema
from .schema import metadata
from .subscriptions import SignalSubscription
from .unit_of_work import UnitOfWork, View
from .workload import Workload

__all__ = [
    "DECISION",
    "FORM",
    "PROCESS",
    "REQUIREMENTS",
    "AuditBreak",
    "AuditHead",
    "BackupFailed",
    "ConstraintBroken",
    "Credentials",
    "Database",
    "DocumentDamaged",
    "IdentityStore",
    "Json",
    "Key",
    "Message",
    "MigrationFailed",
    "Money",
    "PoolUse",
    "Ratio",
    "SignalSubscription",
    "Throttle",
    "TransactionConflict",
    "UnitOfWork",
    "UtcDateTime",
    "View",
    "Workload",
    "back_up",
    "check_schema",
    "dumps",
    "loads",
    "metadata",
    "schema_revision",
    "translated",
    "upgrade_schema",
]
