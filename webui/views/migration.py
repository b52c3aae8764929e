"""Migration of an instance: choose the target, map what is active, look at what it comes to, apply it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import (
    MigrationPlan,
    MigrationRefused,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessInstance,
)

from ..context import actor, engine, require
from ..diagram import element_icon, marks
from ..i18n import gettext as _
from ..migration_page import event_names, problem_title, rows

blueprint = Blueprint("migration", __name__, url_prefix="/instances/<int:key>/migration")

PREFIX = "map:"


@blueprint.get("")
def show(key: int) -> str:
    """The chosen target, or the newest other version, with everything under its own id."""
    require("operate")
    instance = engine().process_instance(key, by=actor())
    chosen = request.args.get("target", "")
    targets = _targets(instance)
    target = int(chosen) if chosen.isdecimal() else next((d.key for d in targets), None)
    plan = None if target is None else engine().migration_plan(key, target, by=actor())
    return _page(instance, targets, plan)


@blueprint.post("")
def apply(key: int) -> Response | str | tuple[str, int]:
    """Check the mapping (`do=check`), or carry it out."""
    require("operate")
    target = request.form.get("target", type=int) or 0
    mapping = {
        name.removeprefix(PREFIX): chosen
        for name, chosen in request.form.items()
        if name.startswith(PREFIX) and chosen
    }
    reason = request.form.get("reason", "").strip()
    if request.form.get("do") == "check":
        return _checked(key, target, mapping)
    try:
        engine().migrate_process_instance(
            key,
            target,
            mapping=mapping,
            version=request.form.get("seen", type=int),
            reason=reason,
            by=actor(),
        )
    except MigrationRefused:
        return _checked(key, target, mapping), 409
    definition = engine().process_definition(target)
    flash(_("The instance goes on under version %(version)s.", version=definition.version), "done")
    return redirect(url_for("instances.show", key=key), 303)


def _checked(key: int, target: int, mapping: Mapping[str, str]) -> str:
    instance = engine().process_instance(key, by=actor())
    plan = engine().migration_plan(key, target, mapping=mapping, by=actor())
    return _page(instance, _targets(instance), plan, checked=True)


def _targets(instance: ProcessInstance) -> list[ProcessDefinition]:
    """The other versions of the process, newest first, then the newest of every other process."""
    own = engine().process_definitions(
        ProcessDefinitionFilter(process_id=instance.process_id), by=actor(), order="-version", limit=100
    )
    others = engine().process_definitions(ProcessDefinitionFilter(latest=True), by=actor(), limit=200)
    found = [d for d in own.items if d.key != instance.definition_key]
    return [*found, *(d for d in others.items if d.process_id != instance.process_id)]


def _page(
    instance: ProcessInstance,
    targets: list[ProcessDefinition],
    plan: MigrationPlan | None,
    *,
    checked: bool = False,
) -> str:
    if plan is None:
        return render_template("migration.html", instance=instance, targets=targets, plan=None)
    source, target = engine().process_model(plan.source_key), engine().process_model(plan.target_key)
    drawn = marks(plan.target_key, [], [], [])
    drawn["active"] = {
        moved.target_id: moved.count for moved in plan.elements if moved.target_id in target.elements
    }
    errors = [problem for problem in plan.problems if problem.is_error]
    return render_template(
        "migration.html",
        instance=instance,
        targets=targets,
        plan=plan,
        definition=engine().process_definition(plan.target_key),
        rows=rows(plan, source, target),
        problems=sorted(plan.problems, key=lambda problem: not problem.is_error),
        errors=errors,
        problem_title=problem_title,
        closed=event_names(plan.closed, source),
        kept=event_names(plan.kept, target),
        opened=event_names(plan.opened, target),
        marks=drawn,
        checked=checked,
        element_icon=element_icon,
    )
