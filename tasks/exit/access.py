"""Taking access away at the end: one adapter per system; where there is none, a person does it."""

from __future__ import annotations

from typing import Protocol

ACCESS_SYSTEMS = "access_systems"
"""The name under which handlers find the adapters in `job.services`: a mapping from system to adapter."""


class AccessSystem(Protocol):
    """A system whose access can be taken away by program. Revoking twice is fine."""

    def revoke(self, person: str, role: str) -> bool:
        """Whether the access is gone."""
        ...
