"""What a repair comes to, in the words of the diagram; as a preview without writing anything."""

from __future__ import annotations

from collections.abc import Sequence

from ..filters import JobFilter, UserTaskFilter
from ..model import RepairEffect
from ..runtime.changes import Changes
from .advance import Step
from .command import CommandContext


def effect_of(changes: Changes) -> RepairEffect:
    """What a step did."""
    return RepairEffect(
        started=tuple(one.element_id for one in changes.elements_started),
        ended=tuple((one.element_id, one.state) for one in changes.elements_ended),
        incidents=tuple((one.element_id, one.message) for one in changes.incidents_raised),
        instances_ended=tuple(one.key for one in changes.instances_ended),
        user_tasks=len(changes.user_tasks_cancelled),
        jobs=len(changes.jobs_cancelled),
        timers=len(changes.timers_closed),
    )


def foreseen(step: Step) -> RepairEffect:
    """What the step would do up to the next jobs, none of which is run."""
    step.runtime.run()
    return effect_of(step.runtime.changes())


def open_work(context: CommandContext, process_instance_keys: Sequence[int]) -> RepairEffect:
    """What stands still or goes on with these instances."""
    tasks = jobs = timers = 0
    for key in process_instance_keys:
        tasks += context.uow.user_tasks.search(UserTaskFilter(process_instance_key=key), limit=0).total
        open_jobs = JobFilter(process_instance_key=key, without_retries=False)
        jobs += context.uow.jobs.search(open_jobs, limit=0).total
        timers += len(context.uow.timers.of_instance(key))
    return RepairEffect(
        instances_changed=tuple(process_instance_keys), user_tasks=tasks, jobs=jobs, timers=timers
    )
