"""What can be said of a decision table before it runs: overlaps, gaps, idle rules, types that cannot fit."""

from __future__ import annotations

from engine.dmn.environment import Environment, Owner
from engine.dmn.tables import CompiledTable


def check_table(table: CompiledTable, environment: Environment, owner: Owner) -> None:
    """Adds the problems of a table to the environment's."""
