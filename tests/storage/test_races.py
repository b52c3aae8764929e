"""Two at the same moment: one wins, the other sees what happened. Run on two real connections."""

import threading

import pytest

from engine.errors import UserTaskAlreadyCompleted
from engine.model import SYSTEM, UserTaskState
from engine.storage import Database, TransactionConflict
from tests.storage.sample import NOW, add, job, start, user_task, write
from tests.storage.test_jobs import LOCK, TYPES

TRIALS = 200


@pytest.fixture
def nodes(database_url):
    opened = [Database(database_url, durable=False) for _ in range(2)]
    yield opened
    for one in opened:
        one.close()


def race(nodes, act):
    """`act(node, n)` on both nodes at once, again and again; answers what each trial gave."""
    outcomes = [[None, None] for _ in range(TRIALS)]
    together = threading.Barrier(2)

    def run(n):
        for trial in range(TRIALS):
            together.wait()
            while outcomes[trial][n] is None:
                try:
                    outcomes[trial][n] = act(nodes[n], trial, n)
                except TransactionConflict:
                    continue
                except Exception as error:
                    outcomes[trial][n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_people_cannot_complete_one_task(nodes):
    instance = start(nodes[0])
    tasks = add(nodes[0], instance, user_tasks_created=[user_task] * TRIALS)["user_tasks_created"]

    def complete(node, trial, n):
        with node.write() as unit:
            unit.instances.lock(instance.key)
            task = unit.user_tasks.get(tasks[trial].key)
            if task.state is UserTaskState.COMPLETED:
                raise UserTaskAlreadyCompleted(task.key, task.completed_by, task.completed_at)
            write(unit, user_tasks_completed=[task.key], by=f"person-{n}")
            return "done"

    outcomes = race(nodes, complete)

    for trial in outcomes:
        [told] = [one for one in trial if isinstance(one, UserTaskAlreadyCompleted)]
        winner = trial.index("done")
        assert told.by == f"person-{winner}"
    with nodes[0].read() as view:
        assert view.user_tasks.open_of_instance(instance.key) == ()


def test_one_job_is_taken_by_one_worker(nodes):
    instance = start(nodes[0])
    add(nodes[0], instance, jobs_created=[job] * TRIALS)

    def take(node, trial, n):
        with node.write() as unit:
            taken = unit.jobs.activate(TYPES, worker=f"w{n}", now=NOW, lock_time=LOCK, limit=1)
            return [one.key for one in taken]

    taken = [key for trial in race(nodes, take) for keys in trial for key in keys]

    assert len(taken) == len(set(taken)) == TRIALS


def test_audit_chains_do_not_fork(nodes):
    instance = start(nodes[0])

    def act(node, trial, n):
        with node.write() as unit:
            unit.instances.lock(instance.key)
            for chain in (instance.key, None):
                unit.audit.append(
                    at=NOW,
                    actor=SYSTEM,
                    action=f"{trial}-{n}",
                    subject_kind="race",
                    subject_key=trial,
                    process_instance_key=chain,
                )
        return "done"

    outcomes = race(nodes, act)

    assert outcomes == [["done", "done"]] * TRIALS
    with nodes[0].read() as view:
        assert list(view.audit.verify()) == []
        assert [head.length for head in view.audit.heads()] == [2 * TRIALS, 2 * TRIALS]
