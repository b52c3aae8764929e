"""Repair of one instance: each change is looked at first, then confirmed with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import (
    ElementInstance,
    ElementInstanceNotFound,
    EngineError,
    InvalidInput,
    ProcessInstance,
    RepairEffect,
)

from ..bulk import read_object
from ..context import actor, element_name, engine, process_model, require
from ..diagram import names
from ..i18n import gettext as _
from ..i18n import lazy, localized

blueprint = Blueprint("repairs", __name__)

WHOLE = {
    "suspend": (
        lazy("Suspend the instance"),
        lazy("Nothing of it goes on until it is resumed: no task, service, timer or message."),
        lazy("The instance was suspended."),
    ),
    "resume": (
        lazy("Resume the instance"),
        lazy("It goes on. What fell due meanwhile happens at once."),
        lazy("The instance goes on."),
    ),
    "cancel": (
        lazy("Cancel instance"),
        lazy("Open tasks and timers of this instance are cancelled. This cannot be undone."),
        lazy("The instance was cancelled."),
    ),
}
_SILENT = ("PROCESS", "MULTI_INSTANCE_BODY")
_NOT_BY_HAND = ("START_EVENT", "BOUNDARY_EVENT", "EVENT_SUB_PROCESS")


@blueprint.get("/instances/<int:key>/<any(suspend, resume, cancel):what>")
def look(key: int, what: str) -> str:
    """What suspending, resuming or cancelling would come to."""
    require("operate")
    instance = engine().process_instance(key, by=actor())
    return _whole(instance, what)


@blueprint.post("/instances/<int:key>/<any(suspend, resume, cancel):what>")
def apply(key: int, what: str) -> Response | tuple[str, int]:
    instance = engine().process_instance(key, by=actor())
    reason = request.form.get("reason", "").strip()
    if not reason:
        require("operate")
        return _whole(instance, what, {"reason": _("This is needed.")}), 422
    _change(what)(key, by=actor(), reason=reason)
    flash(_(WHOLE[what][2]), "done")
    return redirect(url_for("instances.show", key=key), 303)


@blueprint.get("/instances/<int:key>/tokens")
def tokens(key: int) -> str:
    """Move, end and start tokens: the form."""
    require("operate")
    return _tokens(engine().process_instance(key, by=actor()))


@blueprint.post("/instances/<int:key>/tokens")
def change_tokens(key: int) -> Response | str | tuple[str, int]:
    require("operate")
    instance = engine().process_instance(key, by=actor())
    wrong: dict[str, str] = {}
    change: dict[str, Any] = {"start": [], "cancel": [], "move": {}, "variables": {}}
    for token in _live(instance):
        wish = request.form.get(f"token-{token.key}", "")
        if wish == "end":
            change["cancel"].append(token.key)
        elif wish:
            change["move"][token.key] = wish
    if request.form.get("start"):
        change["start"].append(request.form["start"])
    begun = [*change["start"], *change["move"].values()]
    if request.form.get("variables", "").strip():
        values, mistake = read_object(request.form["variables"])
        if mistake:
            wrong["variables"] = mistake
        elif not begun:
            wrong["variables"] = _("Variables are for a step that begins; none does.")
        change["variables"] = {element: values for element in begun}
    if not begun and not change["cancel"]:
        wrong["form"] = _("Choose what to do with at least one token.")
    if wrong:
        return _tokens(instance, wrong=wrong), 422
    return _preview_or_apply(
        instance,
        lambda **more: engine().modify_process_instance(key, by=actor(), **change, **more),
        lambda effect, mistakes: _tokens(instance, effect=effect, wrong=mistakes),
        _("The tokens were changed."),
    )


@blueprint.get("/instances/<int:key>/skip/<int:element_instance_key>")
def skip(key: int, element_instance_key: int) -> str:
    """Go on behind a step: the form for what it should have said."""
    require("operate")
    instance = engine().process_instance(key, by=actor())
    return _skip(instance, _one(instance, element_instance_key))


@blueprint.post("/instances/<int:key>/skip/<int:element_instance_key>")
def skip_step(key: int, element_instance_key: int) -> Response | str | tuple[str, int]:
    require("operate")
    instance = engine().process_instance(key, by=actor())
    token = _one(instance, element_instance_key)
    text = request.form.get("variables", "")
    values, mistake = read_object(text) if text.strip() else ({}, "")
    if mistake:
        return _skip(instance, token, wrong={"variables": mistake}), 422
    return _preview_or_apply(
        instance,
        lambda **more: engine().skip_element(token.key, values, by=actor(), **more),
        lambda effect, mistakes: _skip(instance, token, effect=effect, wrong=mistakes),
        _("%(step)s was skipped.", step=element_name(instance.definition_key, token.element_id)),
    )


def _preview_or_apply(
    instance: ProcessInstance,
    change: Callable[..., RepairEffect],
    page: Callable[[RepairEffect | None, dict[str, str]], str],
    done: str,
) -> Response | str | tuple[str, int]:
    """Show what would come of a change; or, confirmed and with a reason, apply it."""
    reason = request.form.get("reason", "").strip()
    confirmed = "apply" in request.form
    try:
        if not confirmed or not reason:
            effect = change(preview=True)
            mistakes = {"reason": _("This is needed.")} if confirmed else {}
            return (page(effect, mistakes), 422) if mistakes else page(effect, {})
        change(reason=reason)
    except (InvalidInput, ElementInstanceNotFound) as refused:
        return page(None, {"form": str(refused)}), 422
    flash(done, "done")
    return redirect(url_for("instances.show", key=instance.key), 303)


def _change(what: str) -> Callable[..., RepairEffect]:
    return {
        "suspend": engine().suspend_process_instance,
        "resume": engine().resume_process_instance,
        "cancel": engine().cancel_process_instance,
    }[what]


def _whole(instance: ProcessInstance, what: str, wrong: dict[str, str] | None = None) -> str:
    effect, refused = None, ""
    try:
        effect = _change(what)(instance.key, by=actor(), preview=True)
    except EngineError as error:
        refused = str(error)
    title, text, _done = WHOLE[what]
    return render_template(
        "repair_whole.html",
        instance=instance,
        what=what,
        title=_(title),
        text=_(text),
        effect=effect,
        refused=refused,
        wrong=wrong or {},
    )


def _tokens(
    instance: ProcessInstance,
    *,
    effect: RepairEffect | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    model = process_model(instance.definition_key)
    elements = model.elements.values() if model else ()
    live = _live(instance)
    return render_template(
        "repair_tokens.html",
        instance=instance,
        tokens=live,
        elements={
            e.id: localized(e.names, e.name) or e.id
            for e in elements
            if e.parent is not None and e.type not in _NOT_BY_HAND
        },
        effect=effect,
        wrong=wrong or {},
        marks=_marks(instance, live, effect),
    )


def _skip(
    instance: ProcessInstance,
    token: ElementInstance,
    *,
    effect: RepairEffect | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    return render_template(
        "repair_skip.html",
        instance=instance,
        token=token,
        effect=effect,
        wrong=wrong or {},
        marks=_marks(instance, _live(instance), effect),
    )


def _marks(
    instance: ProcessInstance, live: list[ElementInstance], effect: RepairEffect | None
) -> dict[str, Any]:
    """The tokens as they are; with an effect, as they would be, and where they have gone from."""
    now = Counter(token.element_id for token in live)
    gone: Counter[str] = Counter()
    if effect is not None:
        gone = Counter(element for element, _state in effect.ended if element in now)
        now = now - gone + Counter(effect.started)
    return {
        "active": dict(now),
        "done": dict(gone),
        "incidents": {},
        "flows": [],
        "names": names(instance.definition_key),
    }


def _live(instance: ProcessInstance) -> list[ElementInstance]:
    elements = engine().element_instances(instance.key, by=actor())
    return [e for e in elements if not e.state.is_final and e.element_type not in _SILENT]


def _one(instance: ProcessInstance, element_instance_key: int) -> ElementInstance:
    for token in _live(instance):
        if token.key == element_instance_key:
            return token
    raise ElementInstanceNotFound(element_instance_key, "it may have ended")
