"""Doing whatever waits in a world, and seeing that nothing is left of an instance."""

from __future__ import annotations

from datetime import timedelta

from .world import World


def work(world: World, instance: int, **result) -> None:
    """Do whatever waits, until nothing does."""
    for _ in range(30):
        if world.state(instance) != "ACTIVE" or world.incidents:
            return
        open_jobs = [job.type for job in world.jobs.values() if job.type != "never"]
        if open_jobs:
            world.complete_job(open_jobs[0], result)
        elif world.user_tasks:
            world.complete_user_task(next(iter(world.user_tasks.values())).element_id, result)
        elif any(s.message_name == "ping" for s in world.subscriptions.values()):
            world.publish("ping", "k", result, ttl=timedelta())
        elif world.timers:
            world.advance(timedelta(hours=1))
        elif world.signal_subscriptions:
            world.broadcast("horn", result)
        else:
            world.set_variables(instance, {"go": True, **result})
            if world.state(instance) == "ACTIVE":
                world.set_variables(instance, {"go": False})


def assert_over(world: World, instance: int, state: str) -> None:
    assert world.state(instance) == state
    assert not world.store.elements.get(instance)
    left = (world.jobs, world.user_tasks, world.timers, world.subscriptions, world.signal_subscriptions)
    assert [dict(open_) for open_ in (*left, world.incidents)] == [{}] * 6
    assert all(key in world.store.ended for key, _ in world.instances)
    events = world.events(instance)
    for event in set(events):
        if event.endswith(":activated"):
            name = event.removesuffix(":activated")
            ended = events.count(f"{name}:completed") + events.count(f"{name}:terminated")
            assert events.count(event) == ended, name
