"""A job is held by one worker at a time, and comes free again when its holder is lost."""

from datetime import timedelta

import pytest

from engine.errors import JobNotFound
from engine.filters import JobFilter
from engine.model import InstanceState, JobKind, JobState
from engine.storage import Database
from tests.storage.sample import HOUR, NOW, add, end, job, start

LOCK = timedelta(minutes=5)
TYPES = ["mail.send"]


@pytest.fixture
def instance(database):
    return start(database)


def create(database, instance, **fields):
    """One open job; answers its key."""
    made = add(database, instance, jobs_created=[lambda unit, owner: job(unit, owner, **fields)])
    return made["jobs_created"][0].key


def activate(database, *, worker="w1", now=NOW, limit=10, types=TYPES, **more):
    with database.write() as unit:
        return unit.jobs.activate(types, worker=worker, now=now, lock_time=LOCK, limit=limit, **more)


def test_a_job_is_taken_once(database, instance):
    key = create(database, instance, headers={"to": "采购"})

    [taken] = activate(database)

    assert (taken.key, taken.worker, taken.attempt) == (key, "w1", 1)
    assert (taken.locked_until, taken.headers) == (NOW + LOCK, {"to": "采购"})
    assert activate(database, worker="w2") == []


def test_an_expired_lock_frees_the_job_and_the_late_worker_holds_it_no_longer(database, instance):
    key = create(database, instance)
    activate(database, worker="w1")

    [taken] = activate(database, worker="w2", now=NOW + LOCK)

    assert (taken.key, taken.attempt) == (key, 2)
    with database.write() as unit:
        assert not unit.jobs.extend_held(key, NOW + HOUR, worker="w1", attempt=1)
        assert unit.jobs.extend_held(key, NOW + 2 * HOUR, worker="w2", attempt=2)
    with database.read() as view:
        assert view.jobs.get(key).locked_until == NOW + 2 * HOUR


def test_what_has_failed_for_good_is_not_held_any_longer(database, instance):
    key = create(database, instance)
    activate(database, worker="w1")
    with database.write() as unit:
        unit.jobs.fail(key, retries=0, message="no", due_at=NOW)

        assert not unit.jobs.extend_held(key, NOW + HOUR, worker="w1", attempt=1)

    assert activate(database, now=NOW + 2 * HOUR) == []


def test_the_longest_waiting_comes_first_and_no_more_than_asked_for(database, instance):
    late = create(database, instance, created_at=NOW)
    early = create(database, instance, created_at=NOW - HOUR)
    create(database, instance, created_at=NOW)

    assert [one.key for one in activate(database, limit=2)] == [early, late]


def test_only_the_types_and_kinds_asked_for_are_taken(database, instance):
    create(database, instance, type="other")
    listener = create(database, instance, kind=JobKind.TASK_LISTENER)

    assert [one.key for one in activate(database)] == [listener]
    assert activate(database, types=[]) == []
    assert activate(database, types=["other"], kinds=[JobKind.TASK_LISTENER]) == []


def test_jobs_of_a_suspended_instance_stay(database, instance):
    key = create(database, instance)
    with database.write() as unit:
        unit.instances.set_state(instance.key, InstanceState.SUSPENDED)
    assert activate(database) == []
    with database.read() as view:
        assert view.jobs.next_due(TYPES) is None

    with database.write() as unit:
        unit.instances.set_state(instance.key, InstanceState.ACTIVE)
    assert [one.key for one in activate(database)] == [key]


def test_a_failed_job_waits_for_its_back_off(database, instance):
    key = create(database, instance)
    activate(database)

    with database.write() as unit:
        unit.jobs.fail(key, retries=2, message="no answer", due_at=NOW + HOUR)

    assert activate(database, now=NOW + HOUR - timedelta(seconds=1)) == []
    [taken] = activate(database, now=NOW + HOUR)
    assert (taken.retries, taken.error_message, taken.state) == (2, "no answer", JobState.FAILED)
    with database.read() as view:
        assert view.jobs.next_due(TYPES) == NOW + HOUR + LOCK


def test_a_job_without_retries_waits_for_a_person(database, instance):
    key = create(database, instance)
    activate(database)
    with database.write() as unit:
        unit.jobs.fail(key, retries=0, message="no answer", due_at=NOW)
    assert activate(database, now=NOW + HOUR) == []

    with database.write() as unit:
        unit.jobs.set_retries(key, 1, due_at=NOW + HOUR)

    assert [one.key for one in activate(database, now=NOW + HOUR)] == [key]


def test_more_retries_do_not_take_a_job_from_its_holder(database, instance):
    key = create(database, instance)
    activate(database)

    with database.write() as unit:
        unit.jobs.set_retries(key, 9, due_at=NOW)

    assert activate(database, worker="w2") == []
    assert activate(database, worker="w2", now=NOW + LOCK) != []


def test_a_job_that_has_ended_cannot_be_changed(database, instance):
    key = create(database, instance)
    with database.write() as unit:
        unit.jobs.end(key, JobState.COMPLETED, NOW)

    with database.write() as unit, pytest.raises(JobNotFound, match="ended already"):
        unit.jobs.extend(key, NOW + HOUR)
    assert activate(database) == []


def test_a_job_that_is_given_back_is_free_at_once(database, instance):
    key = create(database, instance)
    activate(database)

    with database.write() as unit:
        unit.jobs.release(key, NOW)

    assert [one.key for one in activate(database, worker="w2")] == [key]


def test_filters_narrow(database, instance):
    stuck = create(database, instance)
    open_ = create(database, instance)
    done = create(database, instance)
    with database.write() as unit:
        unit.jobs.fail(stuck, retries=0, message="", due_at=NOW)
        unit.jobs.end(done, JobState.COMPLETED, NOW)

    with database.read() as view:

        def found(**narrowing):
            return {one.key for one in view.jobs.search(JobFilter(**narrowing)).items}

        assert found() == {stuck, open_, done}
        assert found(without_retries=True) == {stuck}
        assert found(states=(JobState.CREATED,)) == {open_}
        assert found(states=(JobState.COMPLETED,)) == {done}
        assert found(process_instance_key=1) == set()
        assert found(keys=(done,)) == {done}


def test_jobs_of_an_ended_instance_are_not_taken(database, instance):
    create(database, instance)

    end(database, instance)

    assert activate(database) == []


@pytest.mark.postgres
def test_a_job_that_another_node_is_taking_is_passed_by(filled_postgres_url):
    one, other = Database(filled_postgres_url), Database(filled_postgres_url)
    instance = start(one)
    first, second = create(one, instance), create(one, instance)

    with one.write() as unit:
        taken = unit.jobs.activate(TYPES, worker="w1", now=NOW, lock_time=LOCK, limit=1)
        passed = activate(other, worker="w2")

    assert [job.key for job in taken] == [first]
    assert [job.key for job in passed] == [second]
    one.close()
    other.close()
