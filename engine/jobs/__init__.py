"""The machine's work: due timers are fired and due jobs are run, by threads or by whoever waits for it."""

from .idle import next_due, run_until_idle
from .job_executor import JobExecutor
from .job_runner import JobRunner

__all__ = ["JobExecutor", "JobRunner", "next_due", "run_until_idle"]
