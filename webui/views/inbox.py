"""The inbox: work for a person by due date, with filters in the URL and a preview beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import Page, UserTask, UserTaskFilter, UserTaskState

from .. import formats
from ..context import actor, engine, may, me
from ..i18n import lazy

blueprint = Blueprint("inbox", __name__)

PAGE_SIZE = 50
VIEWS = {
    "todo": lazy("To do"),
    "mine": lazy("Mine"),
    "groups": lazy("My groups"),
    "done": lazy("Done by me"),
    "all": lazy("Everybody's"),
}
GROUPS = (
    ("overdue", lazy("Overdue")),
    ("today", lazy("Today")),
    ("week", lazy("This week")),
    ("later", lazy("Later")),
    ("none", lazy("No due date")),
)
ORDERS = {
    "due_at": lazy("Due"),
    "-priority": lazy("Priority"),
    "created_at": lazy("Oldest first"),
    "name": lazy("Name"),
}


@dataclass(frozen=True, kw_only=True)
class TaskGroup:
    id: str
    title: str
    tasks: tuple[UserTask, ...]


@blueprint.get("/")
def home() -> Response:
    return redirect(url_for("inbox.index"), 302)


@blueprint.get("/inbox")
def index() -> str:
    view = _view()
    page = _tasks(view)
    grouped = _by_due_date(page.items) if view != "done" and _order(view) == "due_at" else []
    processes = engine().process_definitions(by=actor(), limit=500).items
    return render_template(
        "inbox.html",
        view=view,
        views={
            key: title
            for key, title in VIEWS.items()
            if key != "all" or may("see_all_tasks") or may("operate")
        },
        page=page,
        groups=grouped or [TaskGroup(id="list", title="", tasks=page.items)],
        processes={d.process_id: d for d in processes},
        orders=ORDERS,
        order=_order(view),
        filtered=bool(request.args.get("q") or request.args.get("process")),
        pulse=_pulse(page),
    )


@blueprint.get("/inbox/pulse")
def pulse() -> Response | str:
    """204 while the list is as the page has it; else the line that offers to show the new one."""
    seen = request.args.get("seen", "")
    if _pulse(_tasks(_view())) == seen:
        return Response(status=204)
    return render_template("_inbox_changed.html", address=url_for("inbox.index", **_filters()))


def _view() -> str:
    view = request.args.get("view", "todo")
    return view if view in VIEWS else "todo"


def _order(view: str) -> str:
    if view == "done":
        return "-completed_at"
    order = request.args.get("order", "due_at")
    return order if order in ORDERS else "due_at"


def _filters() -> dict[str, Any]:
    return {key: value for key in ("view", "q", "process", "order") if (value := request.args.get(key))}


def _tasks(view: str) -> Page[UserTask]:
    wanted = UserTaskFilter(
        state=UserTaskState.COMPLETED if view == "done" else UserTaskState.CREATED,
        workable_by=me() if view in ("todo", "groups") else None,
        assignee=me() if view == "mine" else None,
        assigned=False if view == "groups" else None,
        completed_by=me() if view == "done" else None,
        process_id=request.args.get("process") or None,
        text=request.args.get("q", "").strip() or None,
    )
    cursor = request.args.get("cursor") or None
    return engine().user_tasks(wanted, by=actor(), order=_order(view), limit=PAGE_SIZE, cursor=cursor)


def _by_due_date(tasks: Iterable[UserTask]) -> list[TaskGroup]:
    found: dict[str, list[UserTask]] = {key: [] for key, _title in GROUPS}
    for task in tasks:
        found[_due_group(task)].append(task)
    return [TaskGroup(id=key, title=title, tasks=tuple(found[key])) for key, title in GROUPS if found[key]]


def _due_group(task: UserTask) -> str:
    if task.due_at is None:
        return "none"
    if task.due_at < formats.now():
        return "overdue"
    days = formats.days_until(task.due_at)
    return "today" if days <= 0 else "week" if days < 7 else "later"


def _pulse(page: Page[UserTask]) -> str:
    state = repr([(task.key, task.version) for task in page.items]) + str(page.total)
    return hashlib.sha256(state.encode()).hexdigest()[:16]
