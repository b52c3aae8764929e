"""All kinds of races; importing a module registers its kinds."""

from . import administration, gateways, instances, jobs, messages, tasks

__all__ = ["administration", "gateways", "instances", "jobs", "messages", "tasks"]
