"""What everybody who uses Tenure in the torture has at hand: the facade, the pages, the notebook."""

from __future__ import annotations

import base64
import json
import random
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import Database, HandlerRegistry, ProcessEngine
from tasks.wiring import handler_services
from tenure.keys import read_or_create_key

from . import outside
from .leaping_clock import LeapingClock
from .notebook import Notebook

USER, PASSWORD = "torturer", "a long enough secret 1"


@dataclass
class Desk:
    """`resting` is a file; while it is there, nothing new is begun."""

    engine: ProcessEngine
    clock: LeapingClock
    pages: list[str]
    notebook: Notebook
    resting: Path

    @classmethod
    def at(cls, url: str, pages: list[str], folder: Path) -> Desk:
        handlers = HandlerRegistry.from_packages("tasks")
        handlers.register_module(outside)
        services = handler_services(seal_key=read_or_create_key(folder / "home" / "seal.key"))
        clock = LeapingClock(folder / "clock")
        engine = ProcessEngine(Database(url, pool_size=8), clock=clock, handlers=handlers, services=services)
        return cls(engine, clock, pages, Notebook(folder / "notebook"), folder / "resting")

    @property
    def is_resting(self) -> bool:
        return self.resting.exists()

    def tried(self, act: str, **facts: Any) -> None:
        self.notebook.write("try", act, **facts)

    def acknowledged(self, act: str, **facts: Any) -> None:
        self.notebook.write("ack", act, **facts)

    def told(self, act: str, text: str) -> None:
        """A user saw an error that nobody should see."""
        self.notebook.write("error", act, text=text)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """What a node answers; None when it died over it, was not there or has no database."""
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            random.choice(self.pages) + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {credentials}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            if error.code != 503:
                self.told("post", f"HTTP {error.code}: {error.read()[:500]!r}")
        except (OSError, EOFError, ValueError, urllib.error.URLError):
            pass
        except Exception as error:  # what http.client makes of a connection that breaks off
            if "http.client" not in type(error).__module__:
                raise
        return None
