"""The web application: `create_app(engine, settings)` wires pages, sign-in, safety and static files."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from engine import JobExecutor, ProcessEngine

from . import accounts, context, failures, formats, health, i18n, metrics, security, static_files, wording
from .api import register_api
from .settings import WebSettings
from .views import (
    batches,
    bids,
    definitions,
    documents,
    engagements,
    inbox,
    instances,
    migration,
    repairs,
    start,
    user_tasks,
    users,
)


def create_app(engine: ProcessEngine, settings: WebSettings, executor: JobExecutor | None = None) -> Flask:
    """The WSGI application. It keeps no state of its own: any number may run on one database. `executor` is
    that of a process which also runs jobs: /readyz and /metrics tell of it."""
    app = Flask("webui", static_folder=None)
    node = app.extensions["tenure"] = context.Tenure(engine, settings, executor)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    failures.init_app(app)
    accounts.init_app(app)
    security.init_app(app, secure=settings.secure_cookies)
    for part in (i18n, formats, context, wording, static_files):
        part.init_app(app)
    app.register_blueprint(health.blueprint)
    metrics.init_app(app, node)
    for view in (
        inbox,
        user_tasks,
        start,
        instances,
        repairs,
        migration,
        batches,
        definitions,
        documents,
        bids,
        engagements,
        users,
    ):
        app.register_blueprint(view.blueprint)
    register_api(app, engine, settings)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def create_watch_app(engine: ProcessEngine, settings: WebSettings, executor: JobExecutor) -> Flask:
    """For a process without pages: /healthz, /readyz and /metrics."""
    app = Flask("webui", static_folder=None)
    node = app.extensions["tenure"] = context.Tenure(engine, settings, executor)
    app.register_blueprint(health.blueprint)
    metrics.init_app(app, node)
    return app
