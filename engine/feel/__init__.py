"""FEEL, compiled once to closures: Camunda's dialect, or the standard's with `strict=True`."""

from __future__ import annotations


class Expression:
    """A compiled expression."""
