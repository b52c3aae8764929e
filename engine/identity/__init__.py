"""People: accounts, groups, sign-in, permissions, and who may act on what."""

from .accounts import Accounts, is_user_id
from .permissions import (
    ADMIN_GROUP,
    ADMINISTER,
    ALL_PERMISSIONS,
    DEPLOY,
    OPERATE,
    PUBLISH_MESSAGE,
    READ_AUDIT,
    SEE_ALL_TASKS,
    START,
    WORK_JOBS,
)
from .rights import Facts, Rights
from .sign_in import SignIn

__all__ = [
    "ADMINISTER",
    "ADMIN_GROUP",
    "ALL_PERMISSIONS",
    "DEPLOY",
    "OPERATE",
    "PUBLISH_MESSAGE",
    "READ_AUDIT",
    "SEE_ALL_TASKS",
    "START",
    "WORK_JOBS",
    "Accounts",
    "Facts",
    "Rights",
    "SignIn",
    "is_user_id",
]
