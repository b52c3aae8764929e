"""Process definitions: list, one version with its diagram, upload with the list of problems."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import (
    DeploymentRejected,
    EarlierInstances,
    InstanceState,
    Problem,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessInstanceFilter,
    Resource,
)

from ..context import actor, engine, process_model, require
from ..diagram import element_icon, marks
from ..i18n import gettext as _
from ..i18n import localized

blueprint = Blueprint("definitions", __name__, url_prefix="/definitions")

KINDS = (".bpmn", ".dmn", ".form")


@blueprint.get("")
def index() -> str:
    text = request.args.get("q", "").strip() or None
    wanted = ProcessDefinitionFilter(latest=True, draft=None, text=text)
    cursor = request.args.get("cursor") or None
    page = engine().process_definitions(wanted, by=actor(), limit=100, cursor=cursor)
    return render_template(
        "definitions.html",
        page=page,
        decisions=engine().decision_definitions(latest=True),
        forms=engine().forms(latest=True),
    )


@blueprint.get("/<int:key>")
def show(key: int) -> str:
    definition = engine().process_definition(key)
    versions = engine().process_definitions(
        ProcessDefinitionFilter(process_id=definition.process_id, draft=None),
        by=actor(),
        order="-version",
        limit=100,
    )
    running = engine().process_instances(
        ProcessInstanceFilter(definition_key=key, states=(InstanceState.ACTIVE, InstanceState.SUSPENDED)),
        by=actor(),
        limit=1,
    )
    startable = any(d.key == key for d in engine().startable_processes(by=actor()))
    return render_template(
        "definition.html",
        definition=definition,
        versions=versions.items,
        running=running.total,
        startable=startable,
        elements=_elements(key),
        marks=marks(key, [], [], []),
        element_icon=element_icon,
    )


@blueprint.get("/<int:key>.bpmn")
def source(key: int) -> Response:
    """The file, byte for byte. A version never changes, so browsers may keep it."""
    definition = engine().process_definition(key)
    headers = {
        "Content-Type": "application/xml",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{definition.checksum}"',
    }
    return Response(engine().process_definition_source(key), headers=headers)


@blueprint.get("/upload")
def upload_page() -> str:
    require("deploy")
    return render_template("upload.html", problems=None, names=[])


@blueprint.post("/upload")
def upload() -> Response | str | tuple[str, int]:
    require("deploy")
    resources = [
        Resource(name=f.filename, content=f.read()) for f in request.files.getlist("files") if f.filename
    ]
    names = [resource.name for resource in resources]
    mistake = _mistake(names)
    if mistake:
        return render_template("upload.html", problems=None, names=names, mistake=mistake), 422
    if "check" in request.form:
        return _report(engine().check(resources), names, deployed=False)
    try:
        deployed = engine().deploy(resources, by=actor(), draft="draft" in request.form)
    except DeploymentRejected as rejected:
        return _report(rejected.problems, names, deployed=False), 422
    for definition in deployed.processes:
        if (earlier := deployed.earlier.get(definition.key)) is not None:
            flash(_outlook(definition, earlier), "info")
    if deployed.warnings:
        return _report(deployed.warnings, names, deployed=True)
    flash(_("Deployed: %(names)s.", names=", ".join(names)), "done")
    if len(deployed.processes) == 1:
        return redirect(url_for("definitions.show", key=deployed.processes[0].key), 303)
    return redirect(url_for("definitions.index"), 303)


def _outlook(definition: ProcessDefinition, earlier: EarlierInstances) -> str:
    """How many running instances the new version concerns."""
    return _(
        "%(name)s v%(version)s: of %(running)s instances that run under other versions,"
        " %(possible)s could migrate as they are. Each stays on its own until it is migrated.",
        name=localized(definition.names, definition.name) or definition.process_id,
        version=definition.version,
        running=earlier.running,
        possible=earlier.could_migrate,
    )


def _mistake(names: list[str]) -> str:
    if not names:
        return _("Choose at least one file.")
    wrong = [name for name in names if not name.lower().endswith(KINDS)]
    if wrong:
        return _("%(names)s: only .bpmn, .dmn and .form files can be deployed.", names=", ".join(wrong))
    return ""


def _report(problems: Any, names: list[str], *, deployed: bool) -> str:
    found: list[Problem] = sorted(problems, key=lambda p: (not p.is_error, p.file, p.line or 0))
    counts = Counter("error" if p.is_error else "warning" for p in found)
    return render_template("upload.html", problems=found, counts=counts, names=names, deployed=deployed)


def _elements(key: int) -> list[Any]:
    """The elements of the process in document order, without flows' ends that say nothing in words."""
    model = process_model(key)
    if model is None:
        return []
    return [e for e in model.elements.values() if e is not model.root and (e.name or e.names)]
