"""Process instances: the list, and one instance with its diagram, steps, variables, timeline and repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import (
    ElementInstance,
    IncidentFilter,
    IncidentState,
    ProcessInstance,
    ProcessInstanceFilter,
    UserTaskFilter,
)

from .. import json_input
from ..bulk import list_filter
from ..context import actor, engine, may, require
from ..diagram import element_icon, marks, steps
from ..i18n import gettext as _
from ..i18n import lazy
from ..incident_inputs import inputs_of
from .batches import steps_of

blueprint = Blueprint("instances", __name__)

PAGE_SIZE = 50
STATES = {
    "active": lazy("Running"),
    "incident": lazy("With incident"),
    "completed": lazy("Completed"),
    "cancelled": lazy("Cancelled"),
    "all": lazy("All"),
}
TABS = {
    "timeline": lazy("Timeline"),
    "variables": lazy("Variables"),
    "incidents": lazy("Incidents"),
    "tasks": lazy("Tasks"),
    "decisions": lazy("Decisions"),
}


_MACHINE_WORK = frozenset({"SERVICE_TASK", "SEND_TASK", "SCRIPT_TASK", "BUSINESS_RULE_TASK"})


@blueprint.record_once
def _init(state: Any) -> None:
    state.app.jinja_env.globals.update(element_icon=element_icon)


@blueprint.get("/instances")
def index() -> str:
    state = request.args.get("state", "active")
    state = state if state in STATES else "active"
    wanted = list_filter(request.args)
    page = engine().process_instances(
        wanted, by=actor(), limit=PAGE_SIZE, cursor=request.args.get("cursor") or None
    )
    processes = engine().process_definitions(by=actor(), limit=500).items
    return render_template(
        "instances.html",
        page=page,
        state=state,
        states=STATES,
        processes={d.process_id: d for d in processes},
        elements=steps_of(request.args.get("process", "")) if may("operate") else {},
        versions=sorted(
            {d.version for d in processes if d.process_id == request.args.get("process")}, reverse=True
        ),
    )


@blueprint.get("/instances/<int:key>")
def show(key: int) -> str:
    return _page(engine().process_instance(key, by=actor()))


@blueprint.post("/instances/<int:key>/variables")
def set_variable(key: int) -> Response | str | tuple[str, int]:
    require("operate")
    name, text = request.form.get("name", "").strip(), request.form.get("value", "")
    scope = request.form.get("scope", "")
    try:
        value = json_input.read(text)
    except json_input.NotJson as wrong:
        instance = engine().process_instance(key, by=actor())
        mistake = {"name": name, "text": text, "scope": scope, "message": str(wrong)}
        return _page(instance, tab="variables", mistake=mistake), 422
    preview = "preview" in request.form
    effect = engine().set_variables(
        int(scope) if scope.isdecimal() else key,
        {name: value},
        by=actor(),
        local=scope.isdecimal(),
        reason=request.form.get("reason", "").strip(),
        preview=preview,
    )
    if preview:
        typed = {"name": name, "text": text, "scope": scope, "message": ""}
        instance = engine().process_instance(key, by=actor())
        return _page(instance, tab="variables", mistake=typed, foreseen={"name": name, "effect": effect})
    flash(_("%(name)s was changed.", name=name), "done")
    return redirect(url_for("instances.show", key=key, tab="variables"), 303)


@blueprint.post("/incidents/<int:key>/retry")
def retry(key: int) -> Response | str | tuple[str, int]:
    """Retry, with those variables changed first whose text differs from what the page showed."""
    incident = engine().incident(key, by=actor())
    names, texts, shown = (request.form.getlist(part) for part in ("name", "value", "shown"))
    edited = {
        name.strip(): text
        for name, text, old in zip(names, texts, shown, strict=False)
        if name.strip() and text != old
    }
    values, wrong = json_input.read_all(edited)
    if wrong:
        instance = engine().process_instance(incident.process_instance_key, by=actor())
        return _page(
            instance, tab="incidents", retrying={"key": key, "texts": edited, "messages": wrong}
        ), 422
    back = request.form.get("instance", "")
    instance_key = int(back) if back.isdecimal() else incident.process_instance_key
    preview = "preview" in request.form
    effect = engine().resolve_incident(
        key,
        by=actor(),
        variables=values or None,
        reason=request.form.get("reason", "").strip(),
        preview=preview,
    )
    if preview:
        instance = engine().process_instance(instance_key, by=actor())
        typed = {"key": key, "texts": edited, "messages": {}} if edited else None
        return _page(instance, tab="incidents", retrying=typed, foreseen={"key": key, "effect": effect})
    flash(_("Retried."), "done")
    return redirect(url_for("instances.show", key=instance_key), 303)


@blueprint.get("/instances/<int:key>/pulse")
def pulse(key: int) -> Response:
    """204 while the instance stands where the page has it, 200 when it has moved on."""
    instance = engine().process_instance(key, by=actor())
    return Response(status=204 if str(instance.version) == request.args.get("seen") else 200)


def _page(
    instance: ProcessInstance,
    *,
    tab: str = "",
    mistake: Mapping[str, str] | None = None,
    retrying: Mapping[str, Any] | None = None,
    foreseen: Mapping[str, Any] | None = None,
) -> str:
    """`mistake` and `retrying` are what was typed and what is wrong with it; `foreseen` is a preview."""
    by, key = actor(), instance.key
    elements = engine().element_instances(key, by=by)
    operator = may("operate")
    incidents = engine().incidents(_incidents_of(instance), by=by, limit=100).items if operator else ()
    open_incidents = [i for i in incidents if i.state is IncidentState.ACTIVE]
    tabs = {key: title for key, title in TABS.items() if operator or key in ("timeline", "tasks")}
    tab = tab or request.args.get("tab", "incidents" if open_incidents else "timeline")
    tab = tab if tab in tabs else "timeline"
    here = [i.element_id for i in open_incidents if i.process_instance_key == key]
    tasks = engine().user_tasks(UserTaskFilter(process_instance_key=key, state=None), by=by, limit=200).items
    children = engine().process_instances(ProcessInstanceFilter(parent_key=key), by=by, limit=100).items
    flows = [flow.flow_id for flow in engine().flows_taken(key, by=by)]
    variables = engine().variables(key, by=by) if tab in ("variables", "incidents") else []
    return render_template(
        "instance.html",
        instance=instance,
        steps=steps(instance, elements, tasks, open_incidents, children),
        busy=_is_busy(elements, here),
        marks=marks(instance.definition_key, elements, here, flows),
        tabs=tabs,
        tab=tab,
        incidents=incidents,
        open_incidents=open_incidents,
        variables=variables,
        scopes={e.key: e for e in elements},
        inputs={
            i.key: inputs_of(i, variables, {e.key: e.scope_key for e in elements})
            for i in open_incidents
            if tab == "incidents"
        },
        tasks=tasks,
        children=children,
        entries=engine().timeline(key, by=by) if tab == "timeline" else [],
        decisions=engine().decisions(key, by=by) if tab == "decisions" else [],
        mistake=mistake,
        retrying=retrying or {},
        foreseen=foreseen or {},
        to_text=json_input.to_text,
    )


def _is_busy(elements: Sequence[ElementInstance], incidents: Sequence[str]) -> bool:
    """Whether the machine works on a step, so that the page will soon be out of date."""
    return any(
        e.element_type in _MACHINE_WORK and not e.state.is_final and e.element_id not in incidents
        for e in elements
    )


def _incidents_of(instance: ProcessInstance) -> IncidentFilter:
    """Its own, and for an outermost instance those of all that it called."""
    if instance.root_key == instance.key:
        return IncidentFilter(root_process_instance_key=instance.key, state=None)
    return IncidentFilter(process_instance_key=instance.key, state=None)
