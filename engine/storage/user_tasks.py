"""User tasks: the inbox, and the changes a person makes to a task that stays open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, or_, select, union_all, update

from ..errors import InvalidInput, UserTaskNotFound
from ..filters import UserTaskFilter
from ..model import Page, UserTask, UserTaskState
from .link import Link
from .paging import LAST, Order, contains, matching, page
from .principals import Principals
from .schema import draft
from .schema import user_task as table
from .schema import user_task_candidate as candidate

_DRAFTED = exists().where(draft.c.user_task_key == table.c.key).label("drafted")
_ONE = select(table, _DRAFTED).where(table.c.key == bindparam("task"))


class UserTasks:
    def __init__(self, link: Link) -> None:
        self._link = link
        self.drafted: set[int] = set()
        """Tasks that somebody had a draft of when they were read; most have none to delete at the end."""

    def get(self, key: int) -> UserTask:
        """Raises UserTaskNotFound."""
        row = self._link.row(_ONE, task=key)
        if row is None:
            raise UserTaskNotFound(key)
        if row.drafted:
            self.drafted.add(key)
        return _value(row)

    def by_element_instance(self, element_instance_key: int) -> UserTask | None:
        row = self._link.row(select(table).where(table.c.element_instance_key == element_instance_key))
        return None if row is None else _value(row)

    def open_of_instance(self, process_instance_key: int) -> tuple[UserTask, ...]:
        query = select(table).where(
            table.c.process_instance_key == process_instance_key, table.c.ended_at.is_(None)
        )
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.key)))

    def search(
        self,
        filter: UserTaskFilter,
        *,
        now: datetime | None = None,
        order: Order = (),
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[UserTask]:
        """The tasks that `filter` keeps, newest first unless `order` says otherwise.

        `workable_by` needs `now`, because absences do.
        """
        query = _narrowed(select(table), filter)
        if filter.workable_by is not None:
            if now is None:
                raise InvalidInput("a search for what somebody may work on needs the time")
            principals = Principals.of(self._link, filter.workable_by, now)
            query = query.where(*_workable(filter.workable_by, principals))
        return page(
            self._link,
            query,
            fields=_FIELDS,
            key=table.c.key,
            order=order,
            limit=limit,
            cursor=cursor,
            value=_value,
        )

    def assign(self, key: int, assignee: str | None) -> None:
        self._change(key, assignee=assignee)

    def update(
        self,
        key: int,
        *,
        due_at: datetime | None,
        follow_up_at: datetime | None,
        priority: int,
        candidate_groups: Collection[str],
        candidate_users: Collection[str],
    ) -> None:
        """Give all changeable fields; the version goes up."""
        self._change(
            key,
            due_at=due_at,
            follow_up_at=follow_up_at,
            priority=priority,
            candidate_groups=list(candidate_groups),
            candidate_users=list(candidate_users),
        )
        _offer_again(self._link, key)

    def offered(self) -> dict[str, int]:
        """Group -> number of open tasks that nobody has claimed."""
        query = (
            select(candidate.c.candidate, func.count().label("number"))
            .join(table, table.c.key == candidate.c.user_task_key)
            .where(candidate.c.kind == "group", table.c.assignee.is_(None))
            .group_by(candidate.c.candidate)
        )
        return {row.candidate: row.number for row in self._link.rows(query)}

    def _change(self, key: int, **values: Any) -> None:
        changed = self._link.execute(
            update(table).where(table.c.key == key).values(version=table.c.version + 1, **values)
        )
        if changed.rowcount == 0:
            raise UserTaskNotFound(key)


def change_user_tasks(link: Link, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """New values of tasks that are open: state, assignee, candidates, times, priority."""
    for key, changed in changes.items():
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}
        link.execute(update(table).where(table.c.key == key).values(version=table.c.version + 1, **values))
        if changed.keys() & {"candidate_groups", "candidate_users"}:
            _offer_again(link, key)


def _offer_again(link: Link, key: int) -> None:
    row = link.row(
        select(table.c.candidate_groups, table.c.candidate_users, table.c.excluded_users).where(
            table.c.key == key
        )
    )
    assert row is not None, key
    link.delete(candidate, "user_task_key", [key])
    link.insert(candidate, candidate_rows(key, row.candidate_groups, row.candidate_users, row.excluded_users))


def candidate_rows(
    key: int, groups: Collection[str], users: Collection[str], excluded: Collection[str]
) -> list[Mapping[str, Any]]:
    """The rows that make a task findable for those it is offered to."""
    offers = [("group", name) for name in groups] + [("user", name) for name in users]
    chosen = (offers or [("anybody", "")]) + [("excluded", name) for name in excluded]
    return [{"user_task_key": key, "kind": kind, "candidate": name} for kind, name in dict.fromkeys(chosen)]


_FIELDS: Mapping[str, ColumnElement[Any]] = {
    "key": table.c.key,
    "created_at": table.c.created_at,
    "due_at": func.coalesce(table.c.due_at, LAST),
    "follow_up_at": func.coalesce(table.c.follow_up_at, LAST),
    "completed_at": func.coalesce(table.c.ended_at, LAST),
    "priority": table.c.priority,
    "name": table.c.name,
    "element_id": table.c.element_id,
    "process_id": table.c.process_id,
    "business_key": table.c.business_key,
    "assignee": func.coalesce(table.c.assignee, ""),
    "state": table.c.state,
}


def _narrowed(query: Select[Any], wanted: UserTaskFilter) -> Select[Any]:
    if wanted.state is UserTaskState.CREATED:
        query = query.where(table.c.ended_at.is_(None))
    elif wanted.state is not None:
        query = query.where(table.c.state == wanted.state)
    narrowing = {
        table.c.assignee: wanted.assignee,
        table.c.completed_by: wanted.completed_by,
        table.c.process_id: wanted.process_id,
        table.c.definition_key: wanted.definition_key,
        table.c.process_instance_key: wanted.process_instance_key,
        table.c.root_process_instance_key: wanted.root_process_instance_key,
        table.c.element_id: wanted.element_id,
        table.c.element_instance_key: wanted.element_instance_key,
    }
    query = matching(query, narrowing)
    if wanted.keys is not None:
        query = query.where(table.c.key.in_(wanted.keys))
    if wanted.assigned is not None:
        query = query.where(table.c.assignee.is_not(None) if wanted.assigned else table.c.assignee.is_(None))
    if wanted.candidate_group is not None:
        query = query.where(table.c.key.in_(_offered("group", [wanted.candidate_group])))
    if wanted.due_before is not None:
        query = query.where(table.c.due_at < wanted.due_before)
    if wanted.text:
        columns = (table.c.name, table.c.business_key, table.c.process_id, table.c.names, table.c.inbox)
        query = query.where(or_(*(contains(column, wanted.text) for column in columns)))
    return query


def _workable(user_id: str, principals: Principals) -> list[ColumnElement[bool]]:
    """Assigned to the user or somebody they stand in for, or free and offered; never excluded."""
    ours = list(principals.users)
    reachable = union_all(
        select(table.c.key).where(table.c.ended_at.is_(None), table.c.assignee.in_(ours)),
        _offered("user", ours),
        _offered("group", list(principals.groups)),
        _offered("anybody", [""]),
    )
    excluded = select(candidate.c.user_task_key).where(
        candidate.c.kind == "excluded", candidate.c.candidate == user_id
    )
    return [
        table.c.ended_at.is_(None),
        table.c.key.in_(reachable),
        table.c.key.not_in(excluded),
        or_(table.c.assignee.is_(None), table.c.assignee.in_(ours)),
    ]


def _offered(kind: str, names: list[str]) -> Select[Any]:
    return select(candidate.c.user_task_key).where(candidate.c.kind == kind, candidate.c.candidate.in_(names))


def _value(row: Row[Any]) -> UserTask:
    state = UserTaskState(row.state)
    return UserTask(
        key=row.key,
        element_instance_key=row.element_instance_key,
        process_instance_key=row.process_instance_key,
        root_process_instance_key=row.root_process_instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_version=row.process_version,
        business_key=row.business_key,
        element_id=row.element_id,
        name=row.name,
        names=row.names,
        state=state,
        assignee=row.assignee,
        candidate_groups=tuple(row.candidate_groups),
        candidate_users=tuple(row.candidate_users),
        excluded_users=tuple(row.excluded_users),
        due_at=row.due_at,
        follow_up_at=row.follow_up_at,
        priority=row.priority,
        form_id=row.form_id,
        form_key=row.form_key,
        outcomes=tuple(row.outcomes),
        outcome_variable=row.outcome_variable,
        inbox=row.inbox,
        version=row.version,
        created_at=row.created_at,
        completed_at=row.ended_at if state is UserTaskState.COMPLETED else None,
        ended_at=row.ended_at,
        completed_by=row.completed_by,
        outcome=row.outcome,
        external_form=row.external_form,
    )
