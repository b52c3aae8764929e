"""The command line: `tenure run`, `serve`, `worker`, `deploy`, `demo`, `user`, `db`, `audit`, ..."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from engine import (
    Actor,
    Channel,
    DeploymentRejected,
    EngineError,
    ProcessEngine,
    Resource,
    SchemaTooOld,
    SystemClock,
    back_up,
    explain_decision,
)
from webui.json_input import to_text

from .audit_seal import SealInvalid, read_seal, write_seal
from .demonstration import interrupted_stories, play_demonstration
from .keys import KeyFileInvalid, read_or_create_key
from .sample_accounts import create_roles, create_sample_accounts
from .serving import executing_node, serve_watch, serve_web, wait_for_stop
from .settings import SettingInvalid, Settings, read_settings
from .shipped import deploy_shipped, read_resources
from .wiring import configure_logging, open_database, open_engine, prepare_home, upgrade

P = ParamSpec("P")
R = TypeVar("R")


def _plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """What the engine refuses is told in one sentence, not as a stack trace."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (EngineError, SettingInvalid, KeyFileInvalid, SealInvalid, OSError) as error:
            raise click.ClickException(str(error)) from error

    return guarded


def _settings() -> Settings:
    settings = read_settings()
    configure_logging(settings)
    return settings


def _administrator() -> Actor:
    """Whoever can run commands on the server is trusted with them; the audit names the login."""
    return Actor(user_id=f"{getpass.getuser()}@command-line", channel=Channel.COMMAND_LINE, is_system=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tenure", prog_name="tenure")
def main() -> None:
    """Tenure runs the life of outsourced services as BPMN processes.

    Start with `tenure run` and open http://127.0.0.1:8080. Settings are environment variables
    (TENURE_HOME, TENURE_DATABASE_URL, ...); the README has them all in one table.
    """


_FORCE_OPTION = click.option(
    "--force", is_flag=True, help="Although the demonstration was interrupted; its timers fire now."
)


@main.command()
@_FORCE_OPTION
@_plain_errors
def run(force: bool) -> None:
    """Everything in one process, for a first look and for small offices.

    Makes the database (SQLite in TENURE_HOME unless TENURE_DATABASE_URL says otherwise) or upgrades it
    after copying it, deploys the shipped processes that were never deployed, creates sample accounts when
    there is no account, and serves pages, REST API, jobs and timers. Ctrl-C stops it.
    """
    settings = _settings()
    prepare_home(settings)
    upgrade(settings)
    _refuse_interrupted_demonstration(settings, force)
    with executing_node(settings, jobs=True) as node:
        engine = node.engine
        create_roles(engine)
        password = create_sample_accounts(engine)
        deployed = deploy_shipped(engine)
        if deployed:
            click.echo(f"Deployed {len(deployed.processes)} processes, {len(deployed.forms)} forms.")
        if password:
            click.echo("Sample accounts: admin, sourcing_manager, cpo, ... (one per role)")
            click.echo(f"Their password, shown this once: {password}")
            click.echo("Change one with: tenure user password NAME")
        click.echo(f"Tenure is at http://{settings.host}:{settings.port} (Ctrl-C stops it)")
        serve_web(settings, node, local_modeler=True)
    click.echo("Stopped.")


@main.command()
@_plain_errors
def serve() -> None:
    """Serve pages and REST API; jobs and timers are left to `tenure worker`.

    For several nodes on one PostgreSQL database. Creates nothing: run `tenure db upgrade` and
    `tenure deploy` first, and add people with `tenure user add`.
    """
    settings = _settings()
    prepare_home(settings)
    with executing_node(settings, jobs=False) as node:
        click.echo(f"Serving http://{settings.host}:{settings.port} (Ctrl-C stops it)")
        serve_web(settings, node, local_modeler=False)


@main.command()
@_FORCE_OPTION
@_plain_errors
def worker(force: bool) -> None:
    """Run jobs and timers without pages; as many nodes as you like on PostgreSQL.

    With TENURE_WATCH_PORT it answers /healthz, /readyz and /metrics there.
    """
    settings = _settings()
    prepare_home(settings)
    _refuse_interrupted_demonstration(settings, force)
    with executing_node(settings, jobs=True) as node:
        if settings.watch_port:
            serve_watch(settings, node)
        click.echo("Working (Ctrl-C stops it)")
        wait_for_stop()


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Report the problems and deploy nothing.")
@click.option("--draft", is_flag=True, help="Keep diagrams that are not meant to run yet.")
@_plain_errors
def deploy(paths: tuple[Path, ...], only_check: bool, draft: bool) -> None:
    """Deploy .bpmn, .dmn and .form files (or folders of them), all or none.

    Every problem is listed with file, line, element and what would help; errors stop the deployment.
    """
    resources: list[Resource] = []
    for path in paths:
        resources += (
            read_resources(path) if path.is_dir() else [Resource(name=path.name, content=path.read_bytes())]
        )
    settings = _settings()
    with _opened(settings) as engine:
        if only_check:
            problems = engine.check(resources)
            for problem in problems:
                click.echo(f"{problem.severity}: {problem}")
            if any(problem.is_error for problem in problems):
                raise SystemExit(1)
            return
        try:
            result = engine.deploy(resources, by=_administrator(), draft=draft)
        except DeploymentRejected as rejected:
            for problem in rejected.problems:
                click.echo(f"{problem.severity}: {problem}", err=True)
            raise SystemExit(1) from rejected
        for problem in result.warnings:
            click.echo(f"{problem.severity}: {problem}", err=True)
        for process in result.processes:
            new = "new" if result.is_new(process.key) else "unchanged"
            click.echo(f"process {process.process_id} version {process.version} ({new})")
            if (earlier := result.earlier.get(process.key)) is not None:
                click.echo(
                    f"  {earlier.running} instances of other versions run;"
                    f" {earlier.could_migrate} of them could migrate to it"
                )
        for decision in result.decisions:
            click.echo(f"decision {decision.decision_id} version {decision.version}")
        for form in result.forms:
            click.echo(f"form {form.form_id} version {form.version}")


@main.command()
@_plain_errors
def demo() -> None:
    """Play two engagements on real public figures into the database that `tenure run` shows.

    Stop `tenure run` first: one process executes at a time on a SQLite file. A demonstration that was
    killed goes on where it was when it is started again.
    """
    settings = _settings()
    prepare_home(settings)
    upgrade(settings)
    play_demonstration(settings)


@main.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.argument("decision")
@click.option("--vars", "variables", default="{}", help="The variables, as a JSON object.")
@_plain_errors
def decide(files: tuple[Path, ...], decision: str, variables: str) -> None:
    """Evaluate DECISION and show the result, the matched rules and every value looked at.

    It is looked for in the .dmn FILEs in their order; give the files that they import as well.
    """
    try:
        given = json.loads(variables, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--vars") from error
    if not isinstance(given, dict):
        raise click.BadParameter("must be a JSON object like '{\"amount\": 5}'", param_hint="--vars")
    sources = {file.name: file.read_bytes() for file in files}
    if len(sources) < len(files):
        raise click.BadParameter("two of the files have the same name", param_hint="FILE...")
    explanation = explain_decision(sources, decision, given)
    click.echo(to_text(explanation))


@main.group()
def user() -> None:
    """People: list them, add them, give a new password."""


@user.command("list")
@_plain_errors
def list_users() -> None:
    """Every account with its groups."""
    with _opened(_settings()) as engine:
        for person in engine.users():
            state = "" if person.active else " (inactive)"
            click.echo(f"{person.user_id}\t{person.name}\t{', '.join(sorted(person.groups))}{state}")


@user.command("add")
@click.argument("user_id")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--group", "groups", multiple=True, help="A group; may be given several times.")
@click.option("--email", default="", help="For notices.")
@_plain_errors
def add_user(user_id: str, name: str, groups: tuple[str, ...], email: str) -> None:
    """Add USER_ID; asks for the password."""
    password = _asked_password()
    with _opened(_settings()) as engine:
        engine.create_user(user_id, name, by=_administrator(), password=password, email=email, groups=groups)
    click.echo(f"Added {user_id}.")


@user.command("password")
@click.argument("user_id")
@_plain_errors
def set_password(user_id: str) -> None:
    """Give USER_ID a new password; asks for it, or reads one line from standard input."""
    password = _asked_password()
    with _opened(_settings()) as engine:
        engine.set_password(user_id, password, by=_administrator())
    click.echo(f"The password of {user_id} is changed; other sessions of that account are signed out.")


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@_plain_errors
def upgrade_database() -> None:
    """Bring the schema up to date. A SQLite file is copied beside itself first."""
    settings = _settings()
    prepare_home(settings)
    upgrade(settings)
    click.echo("The schema is up to date.")


@db.command("check")
@_plain_errors
def check_database() -> None:
    """Whether the schema is this program's; exits with 1 when it must be upgraded."""
    try:
        open_database(_settings(), pool_size=1).close()
    except SchemaTooOld as error:
        raise click.ClickException(str(error)) from error
    click.echo("The schema is up to date.")


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_plain_errors
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE while Tenure runs.

    The keys in TENURE_HOME are not in it: keep copies of them elsewhere. For PostgreSQL there is pg_dump.
    """
    settings = _settings()
    database = open_database(settings, pool_size=1)
    try:
        size = back_up(database, file)
    finally:
        database.close()
    click.echo(f"Copied to {file} ({size:,} bytes).")


@main.group()
def audit() -> None:
    """The audit trail: check its hash chains, and seal them."""


_KEY_OPTION = click.option(
    "--key",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The key that signs seals: 32 bytes, mode 0600 (audit.key in TENURE_HOME, made at first use).",
)


@audit.command()
@click.option("--seal", "seal_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_KEY_OPTION
@_plain_errors
def verify(seal_file: Path | None, key_file: Path | None) -> None:
    """Check every line of the audit trail; name what was changed, removed or put in, and exit with 1.

    Without --seal, a database that was rewritten as a whole, hashes included, goes unnoticed.
    """
    settings = _settings()
    sealed = read_seal(seal_file, key_file or settings.audit_key_file) if seal_file else ()
    with _opened(settings) as engine:
        broken = engine.verify_audit(by=_administrator(), sealed=sealed)
    for sentence in broken:
        click.echo(sentence)
    if broken:
        raise SystemExit(1)
    click.echo("Every line fits." if seal_file is None else f"Every line fits, and fits {seal_file}.")


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_KEY_OPTION
@_plain_errors
def seal(file: Path, key_file: Path | None) -> None:
    """Write the ends of all chains, signed, into FILE. Keep it, and the key, away from the database."""
    settings = _settings()
    with _opened(settings) as engine:
        heads = engine.audit_heads(by=_administrator())
        key = read_or_create_key(key_file or settings.audit_key_file)
        count = write_seal(file, heads, key, SystemClock().now())
    click.echo(f"Sealed {count} chains into {file}.")


class _opened:
    """The engine for one administrative command; needs no executor's lease."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> ProcessEngine:
        prepare_home(self._settings)
        self._database = open_database(self._settings, pool_size=2)
        self._engine = open_engine(self._settings, self._database)
        return self._engine

    def __exit__(self, *error: Any) -> None:
        self._engine.close()
        self._database.close()


def _refuse_interrupted_demonstration(settings: Settings, force: bool) -> None:
    if force:
        return
    with _opened(settings) as engine:
        stories = interrupted_stories(engine)
    if stories:
        raise click.ClickException(
            f"the demonstration was interrupted: {' and '.join(stories)} stand in the past, and running now "
            "would fire all their timers. Play to the end with `tenure demo`, or give --force (and cancel "
            "those process instances)"
        )


def _asked_password() -> str:
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    return sys.stdin.readline().rstrip("\n")
