"""The files of a deployment, read and compiled before any transaction begins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..bpmn import BpmnFile, KnownResources, deployment_problems, read_bpmn
from ..dmn import DmnModel, compile_dmn_files
from ..errors import Problem, Severity
from ..filters import ProcessDefinitionFilter
from ..forms import FormModel, compile_form
from ..handlers import HandlerRegistry
from ..model import Resource
from ..runtime.starting import start_failures
from ..storage import View

KINDS = (".bpmn", ".dmn", ".form")
MAX_BYTES = 10_000_000
MAX_KNOWN = 1_000


@dataclass(frozen=True, kw_only=True)
class ReadResources:
    """`problems` are those of the files themselves; what they miss in each other is checked later."""

    bpmn: tuple[tuple[Resource, BpmnFile], ...] = ()
    dmn: tuple[tuple[Resource, DmnModel], ...] = ()
    forms: tuple[tuple[Resource, FormModel], ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def read_resources(resources: Sequence[Resource]) -> ReadResources:
    """Read every file, each with every problem. Never raises for a wrong file."""
    problems = list(_problems_of_names(resources))
    usable = [r for r in resources if r.name.lower().endswith(KINDS) and len(r.content) <= MAX_BYTES]
    bpmn = tuple((r, read_bpmn(r.content, r.name)) for r in usable if _is(r, ".bpmn"))
    dmn = _compile_together([r for r in usable if _is(r, ".dmn")])
    forms = tuple((r, compile_form(r.content, r.name)) for r in usable if _is(r, ".form"))
    problems += [p for _, file in bpmn for p in file.problems]
    problems += [p for _, model in dmn for p in model.problems]
    problems += [p for _, form in forms for p in form.problems]
    problems += _twice("decision", ((d, r.name) for r, m in dmn for d in m.decisions))
    problems += _twice("form", ((f.form_id, r.name) for r, f in forms if f.form_id))
    return ReadResources(bpmn=bpmn, dmn=dmn, forms=forms, problems=tuple(problems))


def all_problems(
    read: ReadResources, view: View, handlers: HandlerRegistry, *, now: datetime, draft: bool
) -> list[Problem]:
    """Every problem, also what the files miss among what is deployed. Diagrams kept as drafts never block."""
    files = [file for _, file in read.bpmn]
    found = [*read.problems, *deployment_problems(files, _known(read, view, handlers)), *_starts(files, now)]
    if not draft:
        return found
    drawn = {file.name for file in files}
    return [replace(p, severity=Severity.WARNING) if p.file in drawn else p for p in found]


def checksum(resource: Resource) -> str:
    """SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(resource.content).hexdigest()


def _starts(files: Iterable[BpmnFile], now: datetime) -> Iterator[Problem]:
    for file in files:
        for process in file.executable_processes:
            for element, failure in start_failures(process, now):
                yield Problem(
                    file=file.name,
                    code="START_EVENT_INVALID",
                    message=failure.message,
                    hint="a start event has no variables to read; " + failure.hint,
                    element_id=element.id,
                    element_name=element.name,
                    line=element.line,
                )


def _known(read: ReadResources, view: View, handlers: HandlerRegistry) -> KnownResources:
    """What these files may name: what is deployed, what comes along, who there is."""
    models = [p for _, file in read.bpmn for p in file.executable_processes]
    definitions, groups = view.definitions, view.identity.groups()
    latest = definitions.search_processes(ProcessDefinitionFilter(latest=True), limit=MAX_KNOWN)
    return KnownResources(
        job_types=handlers.types,
        processes={d.process_id for d in latest.items} | {p.process_id for p in models},
        decisions={d.decision_id for d in definitions.decisions()}
        | {d for _, m in read.dmn for d in m.decisions},
        forms={form.form_id for form in definitions.forms()} | {form.form_id for _, form in read.forms},
        groups={group.group_id for group in groups if view.identity.eligible([group.group_id], [])},
        elements_of_processes={p.process_id: set(p.elements) for p in models},
    )


def _compile_together(resources: Sequence[Resource]) -> tuple[tuple[Resource, DmnModel], ...]:
    """What a file imports is compiled, and stands, before it."""
    files = {resource.name: resource for resource in resources}
    models = compile_dmn_files({name: resource.content for name, resource in files.items()})
    return tuple((files[name], model) for name, model in models.items())


def _is(resource: Resource, kind: str) -> bool:
    return resource.name.lower().endswith(kind)


def _problems_of_names(resources: Sequence[Resource]) -> Iterator[Problem]:
    seen: set[str] = set()
    for resource in resources:
        name = resource.name
        if not name.strip() or "/" in name or "\\" in name or len(name) > 255:
            yield Problem(file=name[:255], code="BAD_FILE_NAME", message="this is no plain file name")
        if not name.lower().endswith(KINDS):
            yield Problem(
                file=name,
                code="UNKNOWN_FILE_TYPE",
                message="the ending tells nothing that could be deployed",
                hint=f"deploy files ending in {', '.join(KINDS)}",
            )
        if len(resource.content) > MAX_BYTES:
            yield Problem(
                file=name,
                code="FILE_TOO_LARGE",
                message=f"the file has {len(resource.content):,} bytes; at most {MAX_BYTES:,} are read",
            )
        if name in seen:
            yield Problem(file=name, code="DUPLICATE_FILE", message="two files have this name")
        seen.add(name)


def _twice(noun: str, ids: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for identifier, file in ids:
        if identifier in first:
            yield Problem(
                file=file,
                code="DUPLICATE_ID",
                message=f"the {noun} id '{identifier}' stands in '{first[identifier]}' as well",
                hint="give one of them another id",
            )
        first.setdefault(identifier, file)
