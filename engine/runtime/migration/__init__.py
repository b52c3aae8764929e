"""Migration: a running instance goes on under another definition, by a mapping of element ids.

Measured by Camunda 8.9. The state is touched as little as possible: nothing is evaluated again, jobs and user
tasks stay as they were created, and events that are mapped go on waiting as they did. What Camunda allows and
what it refuses is in `element_rules`, `event_rules`, `join_rules` and `undo_rules`, each problem with a code.
"""

from .carry_out import Migration
from .names import PastNames, past_names, present_name
from .plan import MigrationPlan, MovedElement, PlannedEvent, same_ids
from .shape import could_migrate

__all__ = [
    "Migration",
    "MigrationPlan",
    "MovedElement",
    "PastNames",
    "PlannedEvent",
    "could_migrate",
    "past_names",
    "present_name",
    "same_ids",
]
