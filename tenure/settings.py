"""Settings: environment variables, each with a default that suits one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class SettingInvalid(Exception):
    """A setting cannot be used; the message names it, its value and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the program was told. `home` holds the SQLite file, the keys and nothing else of value."""

    home: Path
    database_url: str
    host: str
    port: int
    web_threads: int
    job_threads: int
    proxies: int
    time_zone: ZoneInfo
    language: str
    max_upload_mb: int
    log_level: str
    watch_port: int
    metrics_token: str

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def session_key_file(self) -> Path:
        return self.home / "session.key"

    @property
    def seal_key_file(self) -> Path:
        return self.home / "seal.key"

    @property
    def audit_key_file(self) -> Path:
        return self.home / "audit.key"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the `TENURE_…` variables. Raises SettingInvalid."""
    env = os.environ if environ is None else environ
    home = Path(env.get("TENURE_HOME") or "var").absolute()
    return Settings(
        home=home,
        database_url=_database_url(env.get("TENURE_DATABASE_URL") or f"sqlite:///{home / 'tenure.sqlite'}"),
        host=env.get("TENURE_HOST") or "127.0.0.1",
        port=_whole(env, "TENURE_PORT", 8080, 0, 65535),
        web_threads=_whole(env, "TENURE_WEB_THREADS", 8, 1, 256),
        job_threads=_whole(env, "TENURE_JOB_THREADS", 4, 1, 256),
        proxies=_whole(env, "TENURE_PROXIES", 0, 0, 10),
        time_zone=_zone(env.get("TENURE_TIME_ZONE") or "UTC"),
        language=_language(env.get("TENURE_LANGUAGE") or ""),
        max_upload_mb=_whole(env, "TENURE_MAX_UPLOAD_MB", 25, 1, 1024),
        log_level=_level(env.get("TENURE_LOG_LEVEL") or "INFO"),
        watch_port=_whole(env, "TENURE_WATCH_PORT", 0, 0, 65535),
        metrics_token=env.get("TENURE_METRICS_TOKEN") or "",
    )


def _database_url(url: str) -> str:
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    raise SettingInvalid(
        f"TENURE_DATABASE_URL starts with {url.split(':', 1)[0]!r}; it must be "
        "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
    )


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name)
    if not text:
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise SettingInvalid(f"{name} is {text!r}; it must be a whole number") from error
    if not low <= number <= high:
        raise SettingInvalid(f"{name} is {number}; it must lie between {low} and {high}")
    return number


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingInvalid(
            f"TENURE_TIME_ZONE is {name!r}; it must be a name like Asia/Shanghai or Europe/Berlin"
        ) from error


def _language(language: str) -> str:
    if language not in ("", "zh", "en"):
        raise SettingInvalid(f"TENURE_LANGUAGE is {language!r}; it must be zh, en or empty (the browser's)")
    return language


def _level(level: str) -> str:
    if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingInvalid(f"TENURE_LOG_LEVEL is {level!r}; it must be DEBUG, INFO, WARNING or ERROR")
    return level.upper()
