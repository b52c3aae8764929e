"""Starting a process: cards of what a person may start, the start form, the first look at the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine import FormInvalid, FormModel, PermissionDenied, ProcessDefinition

from .. import form_page
from ..context import actor, engine, process_model
from ..i18n import gettext as _
from ..i18n import localized

blueprint = Blueprint("start", __name__, url_prefix="/start")


@blueprint.get("")
def index() -> str:
    query = request.args.get("q", "").strip().casefold()
    definitions = [d for d in engine().startable_processes(by=actor()) if query in _words(d)]
    return render_template("start.html", definitions=definitions, documentation=_documentation)


@blueprint.get("/<process_id>")
def form(process_id: str) -> str:
    definition = _startable(process_id)
    return _page(definition, engine().start_form(definition.key), None)


@blueprint.post("/<process_id>")
def send(process_id: str) -> Response | str | tuple[str, int]:
    definition = _startable(process_id)
    model = engine().start_form(definition.key)
    submitted = form_page.read_submitted(model) if model else {}
    if form_page.change_rows(submitted):
        return _page(definition, model, submitted)
    try:
        started = engine().start_process_instance(
            definition_key=definition.key,
            variables=submitted,
            business_key=request.form.get("business_key", "").strip(),
            by=actor(),
            form=model is not None,
        )
    except FormInvalid as invalid:
        return _page(definition, model, submitted, errors=invalid.errors), 422
    flash(
        Markup("{}").format(_("Started: %(process)s.", process=localized(definition.names, definition.name))),
        "done",
    )
    return redirect(url_for("instances.show", key=started.key), 303)


@blueprint.post("/<process_id>/fields")
def fields(process_id: str) -> str:
    """The form as it looks with what was typed so far; nothing is kept."""
    model = engine().start_form(_startable(process_id).key)
    submitted = form_page.read_submitted(model) if model else {}
    form_page.change_rows(submitted)
    form = form_page.draw(model, {}, submitted)
    return render_template("_form.html", form=form, open=True, saved=None, fields_url=request.path)


def _page(
    definition: ProcessDefinition,
    model: FormModel | None,
    submitted: Mapping[str, Any] | None,
    errors: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
) -> str:
    return render_template(
        "start_form.html",
        definition=definition,
        documentation=_documentation(definition),
        form=form_page.draw(model, {}, submitted, errors),
        business_key=request.form.get("business_key", ""),
    )


def _startable(process_id: str) -> ProcessDefinition:
    """The latest version. Refuses here already, so that nobody fills in a form in vain."""
    definition = engine().latest_process_definition(process_id)
    if all(d.key != definition.key for d in engine().startable_processes(by=actor())):
        needed = ", ".join(definition.candidate_starters) or "start"
        raise PermissionDenied(actor().user_id, f"start {process_id}", needed)
    return definition


def _documentation(definition: ProcessDefinition) -> str:
    model = process_model(definition.key)
    if model is None:
        return ""
    properties = model.root.properties
    languages = {
        code: properties[f"description:{code}"]
        for code in ("zh", "en")
        if f"description:{code}" in properties
    }
    return localized(languages, model.root.documentation)


def _words(definition: ProcessDefinition) -> str:
    return " ".join([definition.process_id, definition.name, *definition.names.values()]).casefold()
