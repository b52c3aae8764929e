"""Rules of what is drawn but never runs: associations, groups, message flows, data. All are warnings."""

from __future__ import annotations

from engine.bpmn.reading import Reading


def check_drawing(reading: Reading) -> None:
    """Nothing drawn besides the process stops it from running."""
