"""People and groups: who is here, what each may do; new accounts and group membership."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import AlreadyExists, InvalidInput

from ..context import actor, engine, require
from ..i18n import gettext as _

blueprint = Blueprint("users", __name__, url_prefix="/users")


@blueprint.get("")
def index() -> str:
    require("administer")
    return _page()


@blueprint.post("")
def create() -> Response | tuple[str, int]:
    require("administer")
    given = {part: request.form.get(part, "").strip() for part in ("user_id", "name", "email")}
    password = request.form.get("password", "")
    mistakes = {part: _("Fill this in.") for part in ("user_id", "name") if not given[part]}
    if len(password) < 10:
        mistakes["password"] = _("Write at least %(limit)s characters.", limit=10)
    if not mistakes:
        try:
            engine().create_user(
                **given, by=actor(), password=password, groups=request.form.getlist("groups")
            )
        except (AlreadyExists, InvalidInput) as refused:
            mistakes["user_id"] = str(refused)
    if mistakes:
        return _page(given, mistakes), 422
    flash(_("%(name)s can sign in now.", name=given["name"]), "done")
    return redirect(url_for("users.index"), 303)


@blueprint.post("/<user_id>/groups")
def groups(user_id: str) -> Response:
    require("administer")
    if joining := request.form.get("join"):
        engine().add_to_group(user_id, joining, by=actor())
    elif leaving := request.form.get("leave"):
        engine().remove_from_group(user_id, leaving, by=actor())
    return redirect(url_for("users.index", _anchor=f"user-{user_id}"), 303)


@blueprint.post("/<user_id>/active")
def active(user_id: str) -> Response:
    require("administer")
    engine().update_user(user_id, active=request.form.get("active") == "yes", by=actor())
    return redirect(url_for("users.index", _anchor=f"user-{user_id}"), 303)


def _page(given: dict[str, str] | None = None, mistakes: dict[str, str] | None = None) -> str:
    return render_template(
        "users.html",
        users=engine().users(text=request.args.get("q", "").strip() or None),
        groups=engine().groups(),
        given=given or {},
        mistakes=mistakes or {},
    )
