"""Process instances: their rows, and the lock of a family.

The row of the outermost calling instance is the lock for all instances it called. Lock first, then
read again what you decide on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from ..errors import ProcessInstanceNotFound
from ..filters import ProcessInstanceFilter
from ..model import InstanceState, Page, ProcessInstance
from ..runtime.records import LiveInstance
from .audit import AuditHead
from .link import Link
from .paging import Order, contains, matching, page
from .schema import job, token, user_task
from .schema import process_instance as table

_ONE = select(table).where(table.c.key == bindparam("instance"))
_MEMBER = table.alias("member")
# The statement that locks the root also reads it: a row that was waited for comes as it is then.
# NO KEY: rows that only refer to the instance (a comment, a document) need not wait.
_LOCK = select(table).with_for_update(key_share=True)
_LOCK_FAMILY = _LOCK.where(
    table.c.key == select(_MEMBER.c.root_key).where(_MEMBER.c.key == bindparam("instance")).scalar_subquery()
)
_LOCK_FAMILY_OF_TASK = _LOCK.where(
    table.c.key
    == select(user_task.c.root_process_instance_key)
    .where(user_task.c.key == bindparam("task"))
    .scalar_subquery()
)
_ROOT = select(table.c.root_key).where(table.c.key == bindparam("instance"))


class Instances:
    def __init__(self, link: Link) -> None:
        self._link = link
        # Rows as they were read under the lock, each good for one `live`: who changes an instance has
        # asked for its live record before.
        self._just_locked: dict[int, Row[Any]] = {}
        self.audit_heads: dict[int, AuditHead] = {}
        """The ends of the audit chains of locked instances, kept up to date by the audit trail."""

    def get(self, key: int) -> ProcessInstance:
        """Raises ProcessInstanceNotFound."""
        found = self.find(key)
        if found is None:
            raise ProcessInstanceNotFound(key)
        return found

    def find(self, key: int) -> ProcessInstance | None:
        row = self._link.row(_ONE, instance=key)
        return None if row is None else _value(row)

    def lock(self, key: int) -> ProcessInstance:
        """Lock the family of an instance until the transaction ends and answer the instance as it is now.

        Raises ProcessInstanceNotFound.
        """
        root = self._link.row(_LOCK_FAMILY, instance=key)
        if root is None:
            raise ProcessInstanceNotFound(key)
        self._note(root)
        return self.locked(key)

    def lock_of_user_task(self, task: int) -> None:
        """Lock the family that a user task belongs to, if there is such a task."""
        root = self._link.row(_LOCK_FAMILY_OF_TASK, task=task)
        if root is not None:
            self._note(root)

    def locked(self, key: int) -> ProcessInstance:
        """An instance of a family that is locked, as it is now. Raises ProcessInstanceNotFound."""
        row = self._just_locked.get(key) or self._read(key)
        if row is None:
            raise ProcessInstanceNotFound(key)
        return _value(row)

    def try_lock(self, key: int) -> ProcessInstance | None:
        """Like `lock`, but None when another node holds the family, or the instance does not exist."""
        root = self._link.value(_ROOT, instance=key)
        query = (
            select(table.c.key).where(table.c.key == root).with_for_update(key_share=True, skip_locked=True)
        )
        return None if self._link.value(query) is None else self.find(key)

    def live(self, key: int) -> LiveInstance | None:
        """The record that the runtime works on; None when the instance does not exist or has ended."""
        row = self._just_locked.get(key) or self._read(key)
        self._just_locked.pop(key, None)
        if row is None or row.ended_at is not None:
            return None
        return LiveInstance(
            key=row.key,
            root_key=row.root_key,
            parent_key=row.parent_key,
            parent_element_instance_key=row.parent_element_instance_key,
            definition_key=row.definition_key,
            state=InstanceState(row.state),
            business_key=row.business_key,
            started_at=row.started_at,
            started_by=row.started_by,
            position=row.position,
            incidents=row.incidents,
        )

    def children_of(self, element_instance_key: int) -> list[int]:
        """Keys of the running instances that this call activity started."""
        query = select(table.c.key).where(
            table.c.parent_element_instance_key == element_instance_key, table.c.ended_at.is_(None)
        )
        return [row.key for row in self._link.rows(query.order_by(table.c.key))]

    def family(self, root_key: int) -> tuple[ProcessInstance, ...]:
        """The root and everything it called, finished ones included, in the order of their start."""
        rows = self._link.rows(select(table).where(table.c.root_key == root_key).order_by(table.c.key))
        return tuple(_value(row) for row in rows)

    def set_state(self, key: int, state: InstanceState) -> None:
        """Suspend or resume; meanwhile its jobs are not free. The caller holds the lock."""
        self._link.execute(
            update(table).where(table.c.key == key).values(state=state, version=table.c.version + 1)
        )
        free_at: Any = null()
        if state is InstanceState.ACTIVE:
            free_at = case((job.c.retries > 0, func.coalesce(job.c.locked_until, job.c.due_at)))
        self._link.execute(
            update(job)
            .where(job.c.process_instance_key == key, job.c.ended_at.is_(None))
            .values(available_at=free_at)
        )

    def search(
        self,
        filter: ProcessInstanceFilter,
        *,
        order: Order = (),
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessInstance]:
        """Newest first unless `order` says otherwise."""
        return page(
            self._link,
            _narrowed(select(table), filter),
            fields=_FIELDS,
            key=table.c.key,
            order=order,
            limit=limit,
            cursor=cursor,
            value=_value,
        )

    def matching(self, filter: ProcessInstanceFilter, *, limit: int) -> list[ProcessInstance]:
        """All that fit, oldest first, `limit` of them at most."""
        query = _narrowed(select(table), filter).order_by(table.c.key).limit(limit)
        return [_value(row) for row in self._link.rows(query)]

    def _read(self, key: int) -> Row[Any] | None:
        """A row of a family that is locked."""
        row = self._link.row(_ONE, instance=key)
        return None if row is None else self._note(row)

    def _note(self, row: Row[Any]) -> Row[Any]:
        self._just_locked[row.key] = row
        self.audit_heads[row.key] = AuditHead(chain=row.key, length=row.audit_length, hash=row.audit_head)
        return row


_FIELDS = {
    "key": table.c.key,
    "started_at": table.c.started_at,
    "process_id": table.c.process_id,
    "process_version": table.c.process_version,
    "business_key": table.c.business_key,
    "state": table.c.state,
    "started_by": table.c.started_by,
    "ended_at": func.coalesce(table.c.ended_at, table.c.started_at),
}


def keys_of(wanted: ProcessInstanceFilter) -> Select[Any]:
    """The keys of the instances that fit, as a subquery."""
    return _narrowed(select(table.c.key), wanted)


def _narrowed(query: Select[Any], wanted: ProcessInstanceFilter) -> Select[Any]:
    narrowing = {
        table.c.process_id: wanted.process_id,
        table.c.process_version: wanted.process_version,
        table.c.definition_key: wanted.definition_key,
        table.c.root_key: wanted.root_key,
        table.c.parent_key: wanted.parent_key,
        table.c.parent_element_instance_key: wanted.parent_element_instance_key,
        table.c.business_key: wanted.business_key,
        table.c.started_by: wanted.started_by,
    }
    query = matching(query, narrowing)
    if wanted.states is not None:
        query = query.where(table.c.state.in_(wanted.states))
        if all(state in (InstanceState.ACTIVE, InstanceState.SUSPENDED) for state in wanted.states):
            query = query.where(table.c.ended_at.is_(None))
    if wanted.keys is not None:
        query = query.where(table.c.key.in_(wanted.keys))
    if wanted.involving is not None:
        query = query.where(_involves(wanted.involving))
    if wanted.has_incident is not None:
        # The zero is written out, so that SQLite recognises the partial index of the troubled ones.
        zero: ColumnElement[int] = literal_column("0")
        query = query.where(table.c.incidents > zero if wanted.has_incident else table.c.incidents == zero)
    if wanted.called is not None:
        query = query.where(
            table.c.parent_key.is_not(None) if wanted.called else table.c.parent_key.is_(None)
        )
    if wanted.element_id is not None:
        query = query.where(
            table.c.key.in_(
                select(token.c.process_instance_key).where(token.c.element_id == wanted.element_id)
            )
        )
    if wanted.except_keys:
        query = query.where(table.c.key.not_in(wanted.except_keys))
    if wanted.started_after is not None:
        query = query.where(table.c.started_at >= wanted.started_after)
    if wanted.started_before is not None:
        query = query.where(table.c.started_at < wanted.started_before)
    if wanted.text:
        found = [contains(table.c.business_key, wanted.text), contains(table.c.process_id, wanted.text)]
        if wanted.text.isdecimal() and len(wanted.text) < 19:
            found.append(table.c.key == int(wanted.text))
        query = query.where(or_(*found))
    return query


def _involves(user_id: str) -> ColumnElement[bool]:
    """Started by the user, or in a family in which they have completed or hold a user task."""
    held = select(user_task.c.root_process_instance_key).where(
        user_task.c.assignee == user_id, user_task.c.ended_at.is_(None)
    )
    done = select(user_task.c.root_process_instance_key).where(user_task.c.completed_by == user_id)
    return or_(table.c.started_by == user_id, table.c.root_key.in_(held), table.c.root_key.in_(done))


def _value(row: Row[Any]) -> ProcessInstance:
    return ProcessInstance(
        key=row.key,
        root_key=row.root_key,
        parent_key=row.parent_key,
        parent_element_instance_key=row.parent_element_instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_version=row.process_version,
        business_key=row.business_key,
        state=InstanceState(row.state),
        has_incident=row.incidents > 0,
        version=row.version,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
    )
