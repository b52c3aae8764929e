"""What a search is narrowed to: one value per noun that can be searched.

A field that is None does not narrow. Collections mean "one of".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .model import IncidentState, InstanceState, JobState, UserTaskState


@dataclass(frozen=True, kw_only=True)
class UserTaskFilter:
    """`workable_by` keeps what this user may act on now: assigned to them, or unassigned and offered
    to them by name or group (or to nobody in particular), own or as substitute, and not excluded."""

    state: UserTaskState | None = UserTaskState.CREATED
    workable_by: str | None = None
    assignee: str | None = None
    assigned: bool | None = None
    candidate_group: str | None = None
    completed_by: str | None = None
    process_id: str | None = None
    definition_key: int | None = None
    process_instance_key: int | None = None
    root_process_instance_key: int | None = None
    element_id: str | None = None
    element_instance_key: int | None = None
    keys: tuple[int, ...] | None = None
    due_before: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessInstanceFilter:
    """`involving` keeps what this user started, or has or had a task in; `called` those that another
    instance called, or (False) the outermost ones; `element_id` those with a token at this element."""

    states: tuple[InstanceState, ...] | None = None
    process_id: str | None = None
    process_version: int | None = None
    definition_key: int | None = None
    root_key: int | None = None
    parent_key: int | None = None
    parent_element_instance_key: int | None = None
    keys: tuple[int, ...] | None = None
    business_key: str | None = None
    has_incident: bool | None = None
    started_by: str | None = None
    involving: str | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    called: bool | None = None
    element_id: str | None = None
    except_keys: tuple[int, ...] | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    keys: tuple[int, ...] | None = None
    type: str | None = None
    states: tuple[JobState, ...] | None = None
    process_instance_key: int | None = None
    element_instance_key: int | None = None
    element_id: str | None = None
    without_retries: bool | None = None


@dataclass(frozen=True, kw_only=True)
class IncidentFilter:
    keys: tuple[int, ...] | None = None
    state: IncidentState | None = IncidentState.ACTIVE
    error_type: str | None = None
    process_id: str | None = None
    process_instance_key: int | None = None
    root_process_instance_key: int | None = None
    element_id: str | None = None
    definition_key: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessDefinitionFilter:
    """`latest` keeps the highest version of each process id. Drafts are left out unless asked for."""

    keys: tuple[int, ...] | None = None
    process_id: str | None = None
    version: int | None = None
    version_tag: str | None = None
    resource_name: str | None = None
    latest: bool = False
    draft: bool | None = False
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    process_instance_key: int | None = None
    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_key: str | None = None
    after: datetime | None = None
    before: datetime | None = None
