"""The database: transactions, and a store per noun that answers frozen values of `engine.model`."""

from .audit import AuditBreak, AuditHead
from .columns import Json, Key, Money, Ratio, UtcDateTime
from .database import Database
from .errors import DocumentDamaged, TransactionConflict, translated
from .identity import Credentials, Throttle
from .jobs import JobCounts
from .json_text import dumps, loads
from .messages import Message
from .schema import metadata
from .subscriptions import SignalSubscription
from .unit_of_work import UnitOfWork, View

__all__ = [
    "AuditBreak",
    "AuditHead",
    "Credentials",
    "Database",
    "DocumentDamaged",
    "JobCounts",
    "Json",
    "Key",
    "Message",
    "Money",
    "Ratio",
    "SignalSubscription",
    "Throttle",
    "TransactionConflict",
    "UnitOfWork",
    "UtcDateTime",
    "View",
    "dumps",
    "loads",
    "metadata",
    "translated",
]
