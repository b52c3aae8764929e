"""The words that groups hold and commands ask for."""

DEPLOY = "deploy"
START = "start"
OPERATE = "operate"
ADMINISTER = "administer"
PUBLISH_MESSAGE = "publish_message"
WORK_JOBS = "work_jobs"
READ_AUDIT = "read_audit"
SEE_ALL_TASKS = "see_all_tasks"

ALL_PERMISSIONS = frozenset(
    {DEPLOY, START, OPERATE, ADMINISTER, PUBLISH_MESSAGE, WORK_JOBS, READ_AUDIT, SEE_ALL_TASKS}
)

ADMIN_GROUP = "admin"
"""Its members hold every permission, also those that come later."""
