"""What metrics count: open work only, and how long what is due has waited."""

from datetime import timedelta

from engine.model import InstanceState, JobState
from tests.storage.sample import HOUR, NOW, add, end, incident, start, timer, user_task
from tests.storage.test_jobs import activate, create


def counted(database, now=NOW):
    with database.read() as view:
        return view.workload(now)


def suspend(database, instance):
    with database.write() as unit:
        unit.instances.set_state(instance.key, InstanceState.SUSPENDED)


def test_nothing_is_counted_in_an_empty_database(database):
    work = counted(database)

    assert (work.instances, work.user_tasks, work.jobs, work.incidents, work.timers) == ({}, 0, {}, {}, 0)
    assert work.job_lag == work.timer_lag == timedelta()


def test_open_work_is_counted_and_what_has_ended_is_not(database):
    lists = {
        "user_tasks_created": [user_task, user_task],
        "incidents_raised": [incident],
        "timers_opened": [timer],
    }
    running, ended = start(database, **lists), start(database)
    end(database, ended)
    suspend(database, start(database))

    work = counted(database)

    assert work.instances == {"ACTIVE": 1, "SUSPENDED": 1}
    assert (work.user_tasks, work.timers, work.timers_due) == (2, 1, 0)
    assert work.incidents == {"CONDITION_ERROR": 1}
    assert running.key != ended.key


def test_open_jobs_are_counted_by_type_and_by_what_they_wait_for(database):
    instance, asleep = start(database), start(database)
    create(database, instance)
    taken = create(database, instance)
    stuck, done, later = (create(database, instance) for _ in range(3))
    create(database, asleep)
    with database.write() as unit:
        unit.jobs.fail(stuck, retries=0, message="", due_at=NOW)
        unit.jobs.fail(later, retries=1, message="", due_at=NOW + HOUR)
        unit.jobs.end(done, JobState.COMPLETED, NOW)
    suspend(database, asleep)
    activate(database, limit=1)

    work = counted(database, NOW + timedelta(minutes=1))

    assert taken
    assert work.jobs == {
        ("mail.send", "available"): 1,
        ("mail.send", "locked"): 1,
        ("mail.send", "waiting"): 1,
        ("mail.send", "suspended"): 1,
        ("mail.send", "without_retries"): 1,
    }
    assert work.job_lag == timedelta(minutes=1)


def test_a_lock_that_has_expired_counts_as_free_since_its_end(database):
    create(database, start(database))
    (job,) = activate(database)

    work = counted(database, job.locked_until + HOUR)

    assert work.jobs == {("mail.send", "available"): 1}
    assert work.job_lag == HOUR


def test_the_lag_is_that_of_the_oldest_due_timer_and_suspended_ones_are_not_due(database):
    instance, asleep = start(database), start(database)
    for owner, due_at in ((instance, NOW - HOUR), (instance, NOW), (asleep, NOW - 9 * HOUR)):
        add(database, owner, timers_opened=[lambda unit, one, due_at=due_at: timer(unit, one, due_at=due_at)])
    suspend(database, asleep)

    work = counted(database)

    assert (work.timers, work.timers_due, work.timer_lag) == (3, 2, HOUR)
    with database.read() as view:
        assert view.timers.next_due() == NOW - HOUR
        assert [one.process_instance_key for one in view.timers.due(NOW, limit=9)] == [instance.key] * 2
