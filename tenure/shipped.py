"""The processes that come with Tenure, and how a start brings them into the database."""

from __future__ import annotations

from pathlib import Path

from engine import SYSTEM, DeploymentResult, ProcessEngine, Resource

PROCESSES = Path(__file__).resolve().parent.parent / "processes"
SUFFIXES = frozenset({".bpmn", ".dmn", ".form"})


def read_resources(folder: Path = PROCESSES) -> list[Resource]:
    """Every diagram, table and form below `folder`, in a stable order."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return [Resource(name=path.name, content=path.read_bytes()) for path in files]


def deploy_shipped(engine: ProcessEngine, folder: Path = PROCESSES) -> DeploymentResult | None:
    """Deploy the shipped files that were never deployed before, in one deployment.

    A file whose bytes were deployed at any time is left alone, so that an analyst's newer version of it
    is not superseded at the next start. Answers None when there was nothing new.
    """
    fresh = [resource for resource in read_resources(folder) if not engine.was_deployed(resource)]
    return engine.deploy(fresh, by=SYSTEM) if fresh else None
