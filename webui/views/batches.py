"""Repair of many instances at once: the preview, the confirmation, and how far a batch operation has come."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import (
    BatchItemFilter,
    BatchItemState,
    BatchOperation,
    BatchPreview,
    BatchSelectionGrew,
    EngineError,
    NothingChosen,
    ProcessDefinition,
    ProcessDefinitionFilter,
)

from .. import bulk
from ..context import actor, engine, process_model, require
from ..i18n import gettext as _
from ..i18n import lazy, localized

blueprint = Blueprint("batches", __name__)

PAGE_SIZE = 50
BATCH_STATES = {
    "ACTIVE": (lazy("Running"), "info", "half"),
    "SUSPENDED": (lazy("Paused"), "warn", "lock"),
    "COMPLETED": (lazy("Completed"), "good", "check"),
    "CANCELED": (lazy("Stopped"), "quiet", "cross"),
}


@blueprint.record_once
def _init(state: Any) -> None:
    state.app.jinja_env.globals.update(batch_kinds=bulk.KINDS, batch_states=BATCH_STATES)


@blueprint.get("/instances/bulk")
def preview() -> str | tuple[str, int]:
    """The choice, the fields that the repair needs, and what would come of it. Changes nothing."""
    require("operate")
    return _preview(bulk.asked())


@blueprint.post("/instances/bulk")
def create() -> Response | str | tuple[str, int]:
    require("operate")
    asked = bulk.asked()
    if asked.repair is None:
        return _preview(asked, 422)
    if not asked.reason:
        return _preview(asked, 422, {"reason": _("This is needed.")})
    if asked.means_everything and not asked.everything:
        return _preview(asked, 422, {"everything": _("Tick this if all of them are meant.")})
    expected = request.form.get("expected", "")
    try:
        batch = engine().create_batch_operation(
            asked.repair,
            asked.filter,
            by=actor(),
            everything=True,
            expected=int(expected) if expected.isdecimal() else 0,
        )
    except BatchSelectionGrew as grown:
        more = _("There are %(found)s now, not %(expected)s.", found=grown.found, expected=grown.expected)
        return _preview(asked, 409, {"expected": more})
    flash(_("It runs in the background. You may leave this page."), "done")
    return redirect(url_for("batches.show", key=batch.key), 303)


@blueprint.get("/batches")
def index() -> str:
    require("operate")
    page = engine().batch_operations(by=actor(), limit=PAGE_SIZE, cursor=request.args.get("cursor") or None)
    return render_template("batches.html", page=page)


@blueprint.get("/batches/<int:key>")
def show(key: int) -> str:
    require("operate")
    return render_template("batch.html", **_progress(engine().batch_operation(key, by=actor())))


@blueprint.get("/batches/<int:key>/progress")
def progress(key: int) -> str:
    """The part of the page that changes while the batch runs."""
    require("operate")
    return render_template("_batch_progress.html", **_progress(engine().batch_operation(key, by=actor())))


@blueprint.post("/batches/<int:key>/suspend")
def suspend(key: int) -> Response:
    engine().suspend_batch_operation(key, by=actor())
    return redirect(url_for("batches.show", key=key), 303)


@blueprint.post("/batches/<int:key>/resume")
def resume(key: int) -> Response:
    engine().resume_batch_operation(key, by=actor())
    return redirect(url_for("batches.show", key=key), 303)


@blueprint.post("/batches/<int:key>/cancel")
def cancel(key: int) -> Response:
    engine().cancel_batch_operation(key, by=actor())
    flash(_("Stopped. What was done stays done."), "done")
    return redirect(url_for("batches.show", key=key), 303)


def _progress(batch: BatchOperation) -> dict[str, Any]:
    wanted = BatchItemFilter(batch_operation_key=batch.key, states=(BatchItemState.FAILED,))
    failed = engine().batch_operation_items(
        wanted, by=actor(), limit=PAGE_SIZE, cursor=request.args.get("cursor") or None
    )
    return {"batch": batch, "failed": failed, "again": bulk.failed_again(batch)}


def _preview(asked: bulk.Bulk, status: int = 200, mistakes: dict[str, str] | None = None) -> tuple[str, int]:
    found: BatchPreview | None = None
    nothing = ""
    wrong = {**asked.wrong, **(mistakes or {})}
    if asked.repair is not None:
        try:
            found = engine().preview_batch_operation(asked.repair, asked.filter, by=actor(), everything=True)
        except NothingChosen:
            nothing = _("None of the chosen instances can be repaired this way.")
        except EngineError as error:
            nothing = str(error)
    if not asked.by_filter and not asked.filter.keys:
        nothing = _("No instance is chosen. Go back and tick some, or choose all of the filter.")
    page = render_template(
        "bulk.html",
        asked=asked,
        found=found,
        nothing=nothing,
        wrong=wrong,
        refusals=bulk.REFUSALS,
        definitions=_definitions(asked),
        elements=_elements(asked),
    )
    return page, status


def _definitions(asked: bulk.Bulk) -> list[ProcessDefinition]:
    """The versions that instances may migrate to."""
    if asked.kind != "MIGRATE_PROCESS_INSTANCE":
        return []
    wanted = ProcessDefinitionFilter(process_id=asked.process_id or None)
    found = engine().process_definitions(wanted, by=actor(), limit=500).items
    return sorted(found, key=lambda d: (d.process_id, -d.version))


def _elements(asked: bulk.Bulk) -> dict[str, str]:
    """Steps by id, for the fields that name one: those of the process that the choice is narrowed to."""
    return steps_of(asked.process_id) if asked.kind == "MODIFY_PROCESS_INSTANCE" else {}


def steps_of(process_id: str) -> dict[str, str]:
    """The steps of the latest version of a process, by id, in the order of the diagram."""
    if not process_id:
        return {}
    try:
        model = process_model(engine().latest_process_definition(process_id).key)
    except EngineError:
        return {}
    elements = model.elements.values() if model else ()
    return {
        e.id: localized(e.names, e.name) or e.id
        for e in elements
        if e.parent is not None and e.type not in ("START_EVENT", "BOUNDARY_EVENT", "EVENT_SUB_PROCESS")
    }
