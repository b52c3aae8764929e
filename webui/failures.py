"""Error pages: what happened, what to do, and a number that leads to the log line."""

from __future__ import annotations

import logging
import re
import secrets
from dataclasses import dataclass, field

from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from engine import (
    Conflict,
    EngineError,
    FourEyesViolation,
    IncidentAlreadyResolved,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ProcessInstanceNotActive,
    Refused,
    StaleVersion,
    Unavailable,
    UserTaskAlreadyClaimed,
    UserTaskAlreadyCompleted,
    UserTaskBusy,
    UserTaskCancelled,
    UserTaskTransitionDenied,
)

from . import formats
from .context import MissingPermission, actor, element_name, engine, group_name, person, process_model
from .i18n import forget_the_person, lazy
from .i18n import gettext as _

log = logging.getLogger(__name__)

RIGHTS = {
    "deploy": lazy("deploy processes"),
    "start": lazy("start processes"),
    "operate": lazy("watch and repair processes"),
    "administer": lazy("administer accounts"),
    "publish_message": lazy("send messages"),
    "work_jobs": lazy("work on jobs"),
    "read_audit": lazy("read the audit trail"),
    "see_all_tasks": lazy("see all tasks"),
}


@dataclass(kw_only=True)
class Failure:
    """One error page. `who` names people or groups that can help."""

    status: int
    title: str
    happened: str
    advice: str
    who: list[str] = field(default_factory=list)


def init_app(app: Flask) -> None:
    @app.before_request
    def number_the_request() -> None:
        g.reference = secrets.token_hex(4)

    @app.errorhandler(EngineError)
    def engine_error(error: EngineError) -> tuple[str, int]:
        return show(explain(error), error)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return show(_http(error), error)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[str, int]:
        log.exception("%s %s failed, reference %s", request.method, request.path, g.get("reference"))
        return show(_ours(), error)


def show(failure: Failure, error: Exception) -> tuple[str, int]:
    """The page of a failure, its status, and a line in the log."""
    if failure.status < 500:
        log.info("%s %s: %s, reference %s", request.method, request.path, error, g.get("reference"))
    elif failure.status == 503:
        log.error("%s %s: %s, reference %s", request.method, request.path, error, g.get("reference"))
    reference = g.get("reference", "")
    if failure.status < 500:
        return render_template("failure.html", failure=failure, reference=reference), failure.status
    # No context of the request: it would ask for the person, and the database may be what failed.
    bare = current_app.jinja_env.get_template("failure_bare.html")
    return bare.render(failure=failure, reference=reference), failure.status


def explain(error: EngineError) -> Failure:
    """An engine error in the words of the page."""
    match error:
        case Unavailable():
            forget_the_person()
            return Failure(
                status=503,
                title=_("The database cannot be reached"),
                happened=_("Tenure is running but its database does not answer. Nothing was changed."),
                advice=_("Wait a moment and try again. If it lasts, tell an administrator."),
            )
        case NotFound():
            return Failure(
                status=404,
                title=_("Not found"),
                happened=_(
                    "There is no %(noun)s with the number %(key)s, or you may not see it.",
                    noun=_(error.noun),
                    key=error.key,
                ),
                advice=_("Check the address, or look for it in the lists."),
            )
        case Conflict():
            return _conflict(error)
        case FourEyesViolation():
            return Failure(
                status=403,
                title=_("Somebody else must do this"),
                happened=_four_eyes(error),
                advice=_("Leave it to a colleague of the group. The rule is drawn in the process."),
            )
        case PermissionDenied():
            return _denied(error.needed)
        case Refused():
            return _denied("")
        case InvalidInput():
            return Failure(
                status=422,
                title=_("This cannot be accepted"),
                happened=str(error),
                advice=_("Go back, correct it and send it again."),
            )
    return _ours()


def _ours() -> Failure:
    forget_the_person()
    return Failure(
        status=500,
        title=_("Something went wrong on our side"),
        happened=_("The program met an error it did not expect. What you sent was not applied."),
        advice=_("Go back and try again. If it happens again, tell an administrator the reference number."),
    )


def _conflict(error: Conflict) -> Failure:
    title, advice = _("Somebody was quicker"), _("Nothing you sent was applied. Go on with the next task.")
    match error:
        case UserTaskAlreadyCompleted():
            by, at = person(error.by) or _("somebody"), formats.moment(error.at)
            happened = _("%(person)s completed this task on %(time)s.", person=by, time=at)
        case UserTaskAlreadyClaimed():
            happened = _("%(person)s has taken this task.", person=person(error.by))
        case UserTaskCancelled():
            title = _("This task is no longer needed")
            time = formats.moment(error.at)
            happened = _("The process went another way, and the task was cancelled on %(time)s.", time=time)
        case UserTaskBusy():
            title = _("The task is being checked")
            happened = _(
                "A check of this task is still under way, and nobody can change it until it is over."
            )
            advice = _("Nothing was changed. Open it again in a while.")
        case UserTaskTransitionDenied():
            title = _("This was not accepted")
            happened = error.reason or _("no reason was given")
            advice = _("Nothing was changed.")
        case StaleVersion():
            title = _("This page is older than the data")
            happened = _("It has changed since you opened the page.")
            advice = _("Open it again and repeat your change.")
        case ProcessInstanceNotActive():
            title = _("This process instance is not active")
            happened = _("Process instance %(key)s is finished, cancelled or suspended.", key=error.key)
            advice = _("Nothing was changed.")
        case IncidentAlreadyResolved():
            by, at = person(error.by) or _("somebody"), formats.moment(error.at)
            happened = _("%(person)s resolved this incident on %(time)s.", person=by, time=at)
            advice = _("Open the instance to see how it went on.")
        case _other:
            title, happened = _("The state has changed"), str(error)
            advice = _("Open it again and look before you repeat it.")
    return Failure(status=409, title=title, happened=happened, advice=advice)


def _denied(needed: str) -> Failure:
    words = re.findall(r"'([^']+)'", needed) or [needed]
    return Failure(
        status=403,
        title=_("You may not do this"),
        happened=_("Your account lacks the right: %(needed)s.", needed=_right_names(words)),
        advice=_("These can do it, or can give you the right:"),
        who=_who_can(set(words)),
    )


def _right_names(words: list[str]) -> str:
    names = [_(RIGHTS[word]) if word in RIGHTS else group_name(word) for word in words]
    return ", ".join(dict.fromkeys(names))


def _who_can(words: set[str]) -> list[str]:
    """Groups that are named or hold the permission, and the administrators, each with some members."""
    names = []
    for group in engine().groups():
        if group.group_id in words or words & group.permissions or "administer" in group.permissions:
            people = ", ".join(user.name for user in engine().users(group=group.group_id)[:3])
            names.append(f"{group_name(group.group_id)} ({people})" if people else group_name(group.group_id))
    return names[:6]


def _four_eyes(error: FourEyesViolation) -> str:
    """Names the steps whose people are kept out, where the person may see the task."""
    try:
        task = engine().user_task(error.key, by=actor())
    except EngineError:
        return _("You took part in an earlier step, and this one needs a second pair of eyes.")
    model = process_model(task.definition_key)
    element = model.elements.get(task.element_id) if model else None
    steps = element.user_task.excluded_elements if element and element.user_task else ()
    if not steps:
        return _("You are excluded from this step.")
    names = ", ".join(element_name(task.definition_key, step.removeprefix("parent:")) for step in steps)
    return _(
        "You took part in an earlier step (%(steps)s), and this one needs a second pair of eyes.", steps=names
    )


def _http(error: HTTPException) -> Failure:
    status = error.code or 500
    if isinstance(error, MissingPermission):
        return _denied(error.permission)
    if status >= 500:
        return _ours()
    if isinstance(error, CSRFError):
        return Failure(
            status=400,
            title=_("The page was too old to be sent"),
            happened=_("Your session ended, or somebody else signed in since. Nothing was changed."),
            advice=_("Press Back, reload the page and send it again."),
        )
    if isinstance(error, RequestEntityTooLarge):
        return Failure(
            status=413,
            title=_("The file is too large"),
            happened=_("What you sent is larger than this server accepts. Nothing was stored."),
            advice=_("Press Back and choose a smaller file."),
        )
    texts: dict[int, tuple[str, str, str]] = {
        404: (
            _("Page not found"),
            _("There is no page at this address."),
            _("Check the address, or start from the inbox."),
        ),
        405: (
            _("This address takes no such request"),
            _("The page was called in a way it does not support."),
            _("Start from the inbox."),
        ),
    }
    title, happened, advice = texts.get(
        status,
        (_("The request was not understood"), error.description or error.name, _("Go back and try again.")),
    )
    return Failure(status=status, title=title, happened=happened, advice=advice)
