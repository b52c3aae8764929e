"""What was deployed: files, and the versions of the processes, decisions and forms in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, select

from ..errors import DecisionNotFound, FormNotFound, NotFound, ProcessDefinitionNotFound
from ..filters import ProcessDefinitionFilter
from ..model import DecisionDefinition, DecisionRequirements, Form, Page, ProcessDefinition
from .link import Link, as_dict
from .paging import Order, contains, matching, page
from .schema import (
    decision_definition,
    decision_requirements,
    deployment,
    deployment_item,
    form,
    process_definition,
    resource,
)

T = TypeVar("T")

PROCESS, DECISION, REQUIREMENTS, FORM = "process", "decision", "requirements", "form"


class DecisionRequirementsNotFound(NotFound):
    noun = "decision requirements"


class Definitions:
    def __init__(self, link: Link) -> None:
        self._link = link

    # --- deploying

    def lock(self) -> None:
        """One deployment at a time, so that version numbers follow each other."""
        if self._link.is_postgres:
            self._link.execute(select(func.pg_advisory_xact_lock(_DEPLOYMENT_LOCK)))

    def add_deployment(self, key: int, *, at: datetime, by: str) -> None:
        self._link.insert(deployment, [{"key": key, "deployed_at": at, "deployed_by": by}])

    def add_resource(self, deployment_key: int, *, name: str, checksum: str, content: bytes) -> int:
        """Keep a file; answers its key."""
        key = self._link.keys.next()
        row = {"key": key, "deployment_key": deployment_key, "name": name, "checksum": checksum}
        self._link.insert(resource, [row | {"content": content}])
        return key

    def add_process(
        self, definition: ProcessDefinition, *, resource_key: int, problems: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """`problems` is the lint report, as JSON objects."""
        row = vars(definition) | {"resource_key": resource_key, "problems": list(problems)}
        self._link.insert(process_definition, [row])

    def add_requirements(self, requirements: DecisionRequirements, *, resource_key: int) -> None:
        self._link.insert(decision_requirements, [vars(requirements) | {"resource_key": resource_key}])

    def add_decision(self, definition: DecisionDefinition) -> None:
        self._link.insert(decision_definition, [vars(definition)])

    def add_form(self, definition: Form, *, resource_key: int) -> None:
        self._link.insert(form, [vars(definition) | {"resource_key": resource_key}])

    def add_item(
        self, deployment_key: int, *, kind: str, resource_id: str, definition_key: int, is_new: bool
    ) -> None:
        """Say that a definition belongs to a deployment, also one that had not changed. `kind` is PROCESS,
        DECISION, REQUIREMENTS or FORM; `resource_id` its process id, decision id, ..."""
        row = {"deployment_key": deployment_key, "kind": kind, "resource_id": resource_id}
        self._link.insert(deployment_item, [row | {"definition_key": definition_key, "is_new": is_new}])

    def checksum_known(self, name: str, checksum: str) -> bool:
        """Whether a file of this name with this content was ever deployed."""
        query = select(resource.c.key).where(resource.c.name == name, resource.c.checksum == checksum)
        return self._link.value(query.limit(1)) is not None

    # --- processes

    def process(self, key: int) -> ProcessDefinition:
        """Raises ProcessDefinitionNotFound."""
        row = self._one(process_definition, process_definition.c.key == key)
        if row is None:
            raise ProcessDefinitionNotFound(key)
        return _process(row)

    def latest_process(self, process_id: str, *, draft: bool | None = False) -> ProcessDefinition | None:
        """The highest version; drafts are passed over unless asked for (None: whichever)."""
        table = process_definition
        conditions = [table.c.process_id == process_id]
        if draft is not None:
            conditions.append(table.c.draft == draft)
        return _optional(_process, self._latest(table, *conditions))

    def process_by_version(self, process_id: str, version: int) -> ProcessDefinition | None:
        table = process_definition
        row = self._one(table, table.c.process_id == process_id, table.c.version == version)
        return _optional(_process, row)

    def process_by_tag(self, process_id: str, version_tag: str) -> ProcessDefinition | None:
        """The highest version with the tag."""
        table = process_definition
        found = self._latest(
            table,
            table.c.process_id == process_id,
            table.c.version_tag == version_tag,
            table.c.draft == False,  # noqa: E712
        )
        return _optional(_process, found)

    def process_in_deployment(self, process_id: str, deployment_key: int) -> ProcessDefinition | None:
        return _optional(_process, self._deployed(process_definition, PROCESS, process_id, deployment_key))

    def processes_of(self, deployment_key: int) -> tuple[ProcessDefinition, ...]:
        """The processes that a deployment answered with."""
        chosen = select(deployment_item.c.definition_key).where(
            deployment_item.c.deployment_key == deployment_key, deployment_item.c.kind == PROCESS
        )
        table = process_definition
        rows = self._link.rows(select(*_PROCESS_COLUMNS).where(table.c.key.in_(chosen)))
        return tuple(_process(row) for row in rows)

    def problems(self, key: int) -> list[Mapping[str, Any]]:
        """The lint report of a process definition."""
        found: list[Mapping[str, Any]] | None = self._link.value(
            select(process_definition.c.problems).where(process_definition.c.key == key)
        )
        return found or []

    def search_processes(
        self,
        filter: ProcessDefinitionFilter,
        *,
        order: Order = (),
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessDefinition]:
        return page(
            self._link,
            _narrowed(select(*_PROCESS_COLUMNS), filter),
            fields=_PROCESS_FIELDS,
            key=process_definition.c.key,
            order=order or (("process_id", "asc"), ("version", "asc")),
            limit=limit,
            cursor=cursor,
            value=_process,
        )

    # --- decisions

    def decision(self, key: int) -> DecisionDefinition:
        """Raises DecisionNotFound."""
        row = self._one(decision_definition, decision_definition.c.key == key)
        if row is None:
            raise DecisionNotFound(key)
        return _decision(row)

    def latest_decision(self, decision_id: str) -> DecisionDefinition | None:
        table = decision_definition
        return _optional(_decision, self._latest(table, table.c.decision_id == decision_id))

    def decision_by_tag(self, decision_id: str, version_tag: str) -> DecisionDefinition | None:
        table = decision_definition
        found = self._latest(table, table.c.decision_id == decision_id, table.c.version_tag == version_tag)
        return _optional(_decision, found)

    def decision_in_deployment(self, decision_id: str, deployment_key: int) -> DecisionDefinition | None:
        found = self._deployed(decision_definition, DECISION, decision_id, deployment_key)
        return _optional(_decision, found)

    def decisions(self) -> tuple[DecisionDefinition, ...]:
        """The latest version of each, by id."""
        table = decision_definition
        newest = _newest(table, "decision_id")
        rows = self._link.rows(select(table).where(newest).order_by(table.c.decision_id))
        return tuple(_decision(row) for row in rows)

    def decisions_of(self, requirements_key: int) -> tuple[DecisionDefinition, ...]:
        table = decision_definition
        rows = self._link.rows(select(table).where(table.c.requirements_key == requirements_key))
        return tuple(_decision(row) for row in rows)

    def requirements(self, key: int) -> DecisionRequirements:
        """Raises DecisionRequirementsNotFound."""
        row = self._one(decision_requirements, decision_requirements.c.key == key)
        if row is None:
            raise DecisionRequirementsNotFound(key)
        return _requirements(row)

    def requirements_of(self, deployment_key: int) -> tuple[DecisionRequirements, ...]:
        """The decision requirements that a deployment answered with."""
        chosen = select(deployment_item.c.definition_key).where(
            deployment_item.c.deployment_key == deployment_key, deployment_item.c.kind == REQUIREMENTS
        )
        rows = self._link.rows(select(decision_requirements).where(decision_requirements.c.key.in_(chosen)))
        return tuple(_requirements(row) for row in rows)

    def latest_requirements(self, requirements_id: str) -> DecisionRequirements | None:
        table = decision_requirements
        return _optional(_requirements, self._latest(table, table.c.requirements_id == requirements_id))

    # --- forms

    def form(self, key: int) -> Form:
        """Raises FormNotFound."""
        row = self._one(form, form.c.key == key)
        if row is None:
            raise FormNotFound(key)
        return _form(row)

    def forms(self) -> tuple[Form, ...]:
        """The latest version of each, by id."""
        rows = self._link.rows(select(form).where(_newest(form, "form_id")).order_by(form.c.form_id))
        return tuple(_form(row) for row in rows)

    def latest_form(self, form_id: str) -> Form | None:
        return _optional(_form, self._latest(form, form.c.form_id == form_id))

    def form_by_tag(self, form_id: str, version_tag: str) -> Form | None:
        found = self._latest(form, form.c.form_id == form_id, form.c.version_tag == version_tag)
        return _optional(_form, found)

    def form_in_deployment(self, form_id: str, deployment_key: int) -> Form | None:
        return _optional(_form, self._deployed(form, FORM, form_id, deployment_key))

    # --- files

    def source(self, key: int) -> bytes:
        """The file that a process, decision requirements or form with this key stands in. Raises NotFound."""
        for table in (process_definition, decision_requirements, form):
            content = self._link.value(
                select(resource.c.content)
                .join(table, table.c.resource_key == resource.c.key)
                .where(table.c.key == key)
            )
            if content is not None:
                return bytes(content)
        raise ProcessDefinitionNotFound(key)

    def _one(self, table: Table, *conditions: ColumnElement[bool]) -> Row[Any] | None:
        return self._link.row(select(table).where(*conditions))

    def _latest(self, table: Table, *conditions: ColumnElement[bool]) -> Row[Any] | None:
        query = select(table).where(*conditions).order_by(table.c.version.desc())
        return self._link.row(query.limit(1))

    def _deployed(self, table: Table, kind: str, resource_id: str, deployment_key: int) -> Row[Any] | None:
        item = deployment_item.c
        chosen = select(item.definition_key).where(
            item.deployment_key == deployment_key, item.kind == kind, item.resource_id == resource_id
        )
        return self._link.row(select(table).where(table.c.key.in_(chosen)))


_DEPLOYMENT_LOCK = 0x74656E757265
_PROCESS_COLUMNS = [c for c in process_definition.c if c.name not in ("problems", "resource_key")]
_PROCESS_FIELDS = {
    "key": process_definition.c.key,
    "process_id": process_definition.c.process_id,
    "version": process_definition.c.version,
    "name": process_definition.c.name,
    "version_tag": process_definition.c.version_tag,
    "resource_name": process_definition.c.resource_name,
    "deployed_at": process_definition.c.deployed_at,
}


def _narrowed(query: Select[Any], wanted: ProcessDefinitionFilter) -> Select[Any]:
    table = process_definition
    narrowing = {
        table.c.process_id: wanted.process_id,
        table.c.version: wanted.version,
        table.c.version_tag: wanted.version_tag,
        table.c.resource_name: wanted.resource_name,
        table.c.draft: wanted.draft,
    }
    query = matching(query, narrowing)
    if wanted.keys is not None:
        query = query.where(table.c.key.in_(wanted.keys))
    if wanted.latest:
        query = query.where(_newest(table, "process_id", draft=wanted.draft))
    if wanted.text:
        columns = (table.c.name, table.c.process_id, table.c.names)
        query = query.where(or_(*(contains(column, wanted.text) for column in columns)))
    return query


def _newest(table: Table, by: str, *, draft: bool | None = None) -> ColumnElement[bool]:
    """Whether a row is the highest version of its id; among drafts, or the others, when `draft` is given."""
    other = table.alias()
    same = [other.c[by] == table.c[by]]
    if draft is not None:
        same.append(other.c.draft == draft)
    highest = select(func.max(other.c.version)).where(and_(*same)).scalar_subquery()
    return table.c.version == highest


def _optional(value: Callable[[Row[Any]], T], row: Row[Any] | None) -> T | None:
    return None if row is None else value(row)


def _process(row: Row[Any]) -> ProcessDefinition:
    fields = {c.name: row._mapping[c.name] for c in _PROCESS_COLUMNS}
    return ProcessDefinition(**fields | {"candidate_starters": tuple(row.candidate_starters)})


def _decision(row: Row[Any]) -> DecisionDefinition:
    return DecisionDefinition(**as_dict(row))


def _requirements(row: Row[Any]) -> DecisionRequirements:
    fields = as_dict(row)
    del fields["resource_key"]
    return DecisionRequirements(**fields)


def _form(row: Row[Any]) -> Form:
    fields = as_dict(row)
    del fields["resource_key"]
    return Form(**fields)
