"""Who is signed in: sign-in and sign-out pages, the session, and the choice of language."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from engine import NotAuthenticated, User, UserNotFound

from .context import actor, engine, tenure
from .i18n import COOKIE, LANGUAGES
from .i18n import gettext as _

blueprint = Blueprint("accounts", __name__)
login_manager = LoginManager()


class Account(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """An engine user as Flask-Login wants it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return self.user.user_id

    @property
    def name(self) -> str:
        return self.user.name or self.user.user_id

    @property
    def language(self) -> str:
        return self.user.language

    @property
    def permissions(self) -> frozenset[str]:
        return self.user.permissions

    @property
    def groups(self) -> frozenset[str]:
        return self.user.groups


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.session_protection = "basic"
    app.register_blueprint(blueprint)
    app.before_request(_sign_in_first)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_account(user_id: str) -> Account | None:
    try:
        user = engine().user(user_id)
    except UserNotFound:
        return None
    return Account(user) if user.active else None


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    if current_user.is_authenticated:
        return redirect(_inside(request.args.get("next")), 303)
    return render_template("sign_in.html", next=request.args.get("next", ""), user_id="")


@blueprint.post("/sign-in")
def check_password() -> Response | tuple[str, int]:
    user_id = request.form.get("user_id", "").strip()
    try:
        user = engine().authenticate(user_id, request.form.get("password", ""), ip=request.remote_addr)
    except NotAuthenticated:
        wrong = _("Name or password is wrong, or there were too many attempts. Wait a minute and try again.")
        page = render_template(
            "sign_in.html", next=request.form.get("next", ""), user_id=user_id, wrong=wrong
        )
        return page, 401
    session.clear()
    login_user(Account(user))
    session.permanent = True
    session["csrf_token"] = _form_secret(user.user_id)
    return redirect(_inside(request.form.get("next")), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    logout_user()
    session.clear()
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.post("/language")
def choose_language() -> Response:
    code = request.form.get("language", "")
    answer = redirect(_inside(request.form.get("back")), 303)
    if code in LANGUAGES:
        if current_user.is_authenticated:
            engine().update_user(current_user.get_id(), language=code, by=actor())
        answer.set_cookie(
            COOKIE, code, max_age=365 * 86400, samesite="Lax", secure=tenure().settings.secure_cookies
        )
    return answer


def _sign_in_first() -> Response | None:
    """Every page needs a person, unless its blueprint or view says otherwise."""
    if (
        request.endpoint is None
        or request.blueprint in ("accounts", "health", "metrics", "api")
        or (request.blueprint or "").startswith("api.")
    ):
        return None
    if current_user.is_authenticated:
        return None
    if request.method != "GET":
        flash(_("Your session has ended. Sign in, then press Back twice in the browser and send again."))
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    answer = redirect(url_for("accounts.sign_in", next=wanted or None), 303)
    if request.headers.get("HX-Request"):
        answer = Response(status=401)  # the page says so and keeps what was typed
    return answer


def _inside(target: str | None) -> str:
    """`target` when it is a path of ours, else the inbox."""
    parts = urlsplit(target or "")
    ours = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if target and ours and not parts.netloc and not parts.scheme else url_for("inbox.index")


def _form_secret(user_id: str) -> str:
    """The same for each session of a user: a form that was open when the session ended can still be sent
    after signing in again."""
    key = tenure().settings.secret_key
    return hmac.new(key, f"forms of {user_id}".encode(), hashlib.sha256).hexdigest()
