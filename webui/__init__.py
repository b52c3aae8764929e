"""The web UI: server-rendered pages in Chinese and English over the engine's facade."""

from .app import create_app, create_watch_app
from .settings import WebSettings

__all__ = ["WebSettings", "create_app", "create_watch_app"]
