"""Words of the tests of migration: deploy, migrate, and what a plan says."""

from .diagrams import process


def deploy(world, *nodes, flows, roots="", process_id="p"):
    [deployed] = world.deploy(process(process_id, *nodes, flows=flows, roots=roots))
    return deployed


def errors(plan):
    """(code, element) of everything that forbids the migration."""
    return [(problem.code, problem.element_id) for problem in plan.problems if problem.is_error]


def warnings(plan):
    return [problem.code for problem in plan.problems if not problem.is_error]


def migrated(world, instance, target, mapping=None):
    plan = world.migrate(instance, target, mapping)
    assert errors(plan) == []
    return plan
