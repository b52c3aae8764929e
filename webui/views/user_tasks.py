"""One task: its form, the decision buttons, and the process, history, comments and documents beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine import (
    EngineError,
    FormInvalid,
    FormModel,
    Refused,
    StaleVersion,
    UserTask,
    UserTaskAlreadyCompleted,
    UserTaskFilter,
    UserTaskState,
    UserTaskTransitionDenied,
)

from .. import form_page
from ..context import actor, engine, me, person
from ..diagram import marks
from ..i18n import gettext as _
from ..i18n import lazy, localized

blueprint = Blueprint("user_tasks", __name__, url_prefix="/tasks")

TABS = {
    "process": lazy("Process"),
    "history": lazy("History"),
    "comments": lazy("Comments"),
    "documents": lazy("Documents"),
}


def may_work(task: UserTask) -> bool:
    """Whether the form is open for this person: it is theirs and not finished."""
    return task.state is UserTaskState.CREATED and task.assignee == me()


@blueprint.get("/<int:key>")
def show(key: int) -> str:
    task = engine().user_task(key, by=actor())
    model = engine().user_task_form(key, by=actor())
    draft = engine().draft(key, by=actor()) if may_work(task) else None
    return _page(task, model, draft.values if draft else None, saved=draft.saved_at if draft else None)


@blueprint.get("/<int:key>/preview")
def preview(key: int) -> str:
    task = engine().user_task(key, by=actor())
    comments = engine().comments(key, by=actor())
    return render_template("_preview.html", task=task, comments=comments)


@blueprint.post("/<int:key>")
def send(key: int) -> Response | str | tuple[str, int]:
    task = engine().user_task(key, by=actor())
    model = engine().user_task_form(key, by=actor())
    submitted = form_page.read_submitted(model, task.process_instance_key) if model else {}
    if form_page.change_rows(submitted):
        return _page(task, model, submitted)
    if "save" in request.form:
        engine().save_draft(key, submitted, by=actor())
        return redirect(url_for("user_tasks.show", key=key), 303)
    try:
        completed = engine().complete_user_task(
            key, submitted, by=actor(), outcome=request.form.get("outcome") or None, version=_seen()
        )
    except FormInvalid as invalid:
        return _page(task, model, submitted, errors=invalid.errors), 422
    except UserTaskTransitionDenied as denied:
        return _page(task, model, submitted, denied=denied), 409
    except (StaleVersion, UserTaskAlreadyCompleted) as conflict:
        return _conflict(task, model, submitted, conflict)
    if completed.state.is_open:
        flash(_("Sent: %(task)s. It counts when it has been checked.", task=_name(task)), "done")
        return redirect(url_for("inbox.index"), 303)
    link = url_for("instances.show", key=task.root_process_instance_key)
    flash(
        Markup('{} <a href="{}">{}</a>').format(
            _("Completed: %(task)s.", task=_name(task)), link, _("See where it went")
        ),
        "done",
    )
    return redirect(url_for("inbox.index"), 303)


@blueprint.post("/<int:key>/fields")
def fields(key: int) -> str:
    """What the page asks for while somebody types: keeps the draft, answers the form as it now looks."""
    task = engine().user_task(key, by=actor())
    model = engine().user_task_form(key, by=actor())
    submitted = form_page.read_submitted(model, task.process_instance_key) if model else {}
    form_page.change_rows(submitted)
    draft = engine().save_draft(key, submitted, by=actor())
    form = form_page.draw(model, _data(task, model), submitted)
    return render_template("_form.html", form=form, saved=draft.saved_at, open=True, fields_url=request.path)


@blueprint.post("/<int:key>/claim")
def claim(key: int) -> Response:
    engine().claim_user_task(key, by=actor())
    return redirect(_back(key), 303)


@blueprint.post("/<int:key>/unclaim")
def unclaim(key: int) -> Response:
    engine().unclaim_user_task(key, by=actor())
    return redirect(_back(key), 303)


@blueprint.post("/<int:key>/delegate")
def delegate(key: int) -> Response:
    to = request.form.get("to", "").strip()
    engine().delegate_user_task(key, to, by=actor(), comment=request.form.get("comment", ""))
    flash(_("Handed over to %(person)s.", person=person(to)), "done")
    return redirect(url_for("inbox.index"), 303)


@blueprint.post("/<int:key>/discard")
def discard(key: int) -> Response:
    engine().discard_draft(key, by=actor())
    return redirect(url_for("user_tasks.show", key=key), 303)


@blueprint.post("/<int:key>/comments")
def comment(key: int) -> Response:
    text = request.form.get("text", "").strip()
    if text:
        engine().add_comment(key, text, by=actor())
    return redirect(url_for("user_tasks.show", key=key, tab="comments"), 303)


def _page(
    task: UserTask,
    model: FormModel | None,
    submitted: Mapping[str, Any] | None,
    *,
    errors: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
    saved: Any = None,
    denied: UserTaskTransitionDenied | None = None,
) -> str:
    data = _data(task, model)
    tab = request.args.get("tab", "process")
    return render_template(
        "task.html",
        task=task,
        form=form_page.draw(model, data, submitted, errors),
        open=may_work(task),
        claimable=_claimable(task),
        saved=saved,
        denied=denied,
        tabs=TABS,
        tab=tab if tab in TABS else "process",
        side=_side(tab, task),
        colleagues=_colleagues(task) if may_work(task) else [],
    )


def _name(task: UserTask) -> str:
    return localized(task.names, task.name)


def _data(task: UserTask, model: FormModel | None) -> dict[str, Any]:
    """The variables that the form asks for, and no more."""
    if model is None:
        return {}
    return engine().user_task_variables(task.key, by=actor(), names=sorted(model.variable_names()))


def _claimable(task: UserTask) -> bool:
    """Whether this person, or as a substitute, may take the task now."""
    if task.state is not UserTaskState.CREATED or task.assignee:
        return False
    wanted = UserTaskFilter(keys=(task.key,), workable_by=me())
    return bool(engine().user_tasks(wanted, by=actor(), limit=1).items)


def _side(tab: str, task: UserTask) -> dict[str, Any]:
    """What the open tab shows; a person who may not see the instance gets the tab's explanation instead."""
    by, instance = actor(), task.process_instance_key
    try:
        if tab == "history":
            return {"entries": engine().timeline(instance, by=by)}
        if tab == "comments":
            return {"comments": engine().comments(task.key, by=by)}
        if tab == "documents":
            return {}
        flows = [flow.flow_id for flow in engine().flows_taken(instance, by=by)]
        elements = engine().element_instances(instance, by=by)
        return {"marks": marks(task.definition_key, elements, [], flows)}
    except Refused:
        return {"refused": True}


def _colleagues(task: UserTask) -> list[Any]:
    """Whom the task may be handed to: the members of its groups."""
    found = {user.user_id: user for group in task.candidate_groups for user in engine().users(group=group)}
    return [
        user for user in found.values() if user.user_id != me() and user.user_id not in task.excluded_users
    ]


def _conflict(
    task: UserTask, model: FormModel | None, submitted: Mapping[str, Any], error: EngineError
) -> tuple[str, int]:
    """Nothing typed is lost: the page shows it beside what is stored now."""
    now = engine().user_task(task.key, by=actor())
    data = _data(now, model) if now.state is UserTaskState.CREATED else {}
    if may_work(now):
        engine().save_draft(task.key, submitted, by=actor())
    mine = form_page.draw(model, data, submitted).fields
    stored = {f.path: f for f in form_page.flatten(form_page.draw(model, data).fields)}
    pairs = [(f, stored.get(f.path)) for f in form_page.flatten(mine) if f.key and not f.readonly]
    page = render_template("task_conflict.html", task=now, pairs=pairs, error=error, kept=may_work(now))
    return page, 409


def _seen() -> int | None:
    seen = request.form.get("version", "")
    return int(seen) if seen.isdecimal() else None


def _back(key: int) -> str:
    back = request.form.get("back", "")
    return back if back.startswith("/inbox") else url_for("user_tasks.show", key=key)
