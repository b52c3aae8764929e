"""What every view needs: the engine, the person who asks, and names for ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from engine import (
    SYSTEM,
    Actor,
    Channel,
    Element,
    JobExecutor,
    ProcessDefinitionFilter,
    ProcessEngine,
    ProcessModel,
    User,
    UserNotFound,
)

from .i18n import localized
from .settings import WebSettings


@dataclass(frozen=True)
class Tenure:
    """What the application was made from. `executor` is there when this process also runs jobs."""

    engine: ProcessEngine
    settings: WebSettings
    executor: JobExecutor | None = None


class MissingPermission(Forbidden):
    """The page is for holders of `permission`; the error page names the groups that have it."""

    def __init__(self, permission: str) -> None:
        self.permission = permission
        super().__init__()


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(may=may, person=person, group_name=group_name, me=me)


def tenure() -> Tenure:
    return cast(Tenure, current_app.extensions["tenure"])


def engine() -> ProcessEngine:
    return tenure().engine


def actor() -> Actor:
    """The person who is signed in, as the engine wants to know them."""
    return Actor(user_id=me(), channel=Channel.WEB, ip=request.remote_addr)


def me() -> str:
    user_id: str = current_user.get_id() or ""
    return user_id


def may(permission: str) -> bool:
    return permission in getattr(current_user, "permissions", frozenset())


def require(permission: str) -> None:
    if not may(permission):
        raise MissingPermission(permission)


def person(user_id: str | None) -> str:
    """The name of a user id; the id itself when the account is gone."""
    if not user_id:
        return ""
    known: dict[str, str] = g.setdefault("people", {})
    if user_id not in known:
        try:
            user: User = engine().user(user_id)
            known[user_id] = user.name or user_id
        except UserNotFound:
            known[user_id] = user_id
    return known[user_id]


def group_name(group_id: str) -> str:
    groups = g.get("group_names")
    if groups is None:
        groups = g.group_names = {group.group_id: group for group in engine().groups()}
    group = groups.get(group_id)
    return localized(group.names, group.name) if group else group_id


def process_model(definition_key: int) -> ProcessModel | None:
    """The compiled process, or None for a draft that cannot be compiled."""
    models: dict[int, Any] = g.setdefault("process_models", {})
    if definition_key not in models:
        models[definition_key] = engine().process_model(definition_key)
    return cast("ProcessModel | None", models[definition_key])


def process_name(definition_key: int, fallback: str = "") -> str:
    model = process_model(definition_key)
    return localized(model.names, model.name or fallback) if model else fallback


def element_name(definition_key: int, element_id: str) -> str:
    """The name of an element in the language of the page; its id when it has none. What an instance went
    through before it was migrated has the name of then."""
    model = process_model(definition_key)
    element = model.elements.get(element_id) if model else None
    if element is None and model is not None:
        element = _earlier_element(definition_key, element_id)
    return localized(element.names, element.name) or element_id if element else element_id


def _earlier_element(definition_key: int, element_id: str) -> Element | None:
    """The element in the newest other version of the process that has it."""
    known: dict[tuple[int, str], Element | None] = g.setdefault("earlier_elements", {})
    if (definition_key, element_id) not in known:
        process_id = engine().process_definition(definition_key).process_id
        versions = engine().process_definitions(
            ProcessDefinitionFilter(process_id=process_id), by=SYSTEM, order="-version", limit=20
        )
        models = (process_model(version.key) for version in versions.items if version.key != definition_key)
        found = (model.elements.get(element_id) for model in models if model is not None)
        known[definition_key, element_id] = next(filter(None, found), None)
    return known[definition_key, element_id]
