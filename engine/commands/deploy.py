"""Deployment: files become versions of processes, decisions and forms, all or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..bpmn.model import Element, EventType, ProcessModel
from ..dmn import DmnModel
from ..errors import DeploymentRejected, Problem
from ..forms import FormModel
from ..identity import DEPLOY
from ..model import (
    DecisionDefinition,
    DecisionRequirements,
    DeploymentResult,
    Form,
    MessageSubscription,
    ProcessDefinition,
    Resource,
)
from ..runtime.starting import start_name
from ..storage import SignalSubscription
from .command import Command, CommandContext
from .resources import ReadResources, all_problems, checksum
from .timers import open_start_timers


@dataclass(frozen=True, kw_only=True)
class Deploy(Command[DeploymentResult]):
    """A definition whose file, and what it imports, has not changed keeps its latest version."""

    read: ReadResources
    draft: bool = False

    def run(self, context: CommandContext) -> DeploymentResult:
        context.need(DEPLOY, "deploy")
        context.uow.definitions.lock()
        problems = all_problems(
            self.read, context.uow, context.engine.handlers, now=context.now, draft=self.draft
        )
        if not (self.read.bpmn or self.read.dmn or self.read.forms) or any(p.is_error for p in problems):
            raise DeploymentRejected(problems)
        deployment = _Deployment(context, self.draft, problems)
        for resource, form in self.read.forms:
            deployment.add_form(resource, form)
        for resource, model in self.read.dmn:
            deployment.add_decisions(resource, model)
        for resource, file in self.read.bpmn:
            for process in file.processes if self.draft else file.executable_processes:
                deployment.add_process(resource, process)
        return deployment.finish()


@dataclass
class _Deployment:
    """One deployment while it is written."""

    context: CommandContext
    draft: bool
    problems: list[Problem]
    key: int = 0
    processes: list[ProcessDefinition] = field(default_factory=list)
    decisions: list[DecisionDefinition] = field(default_factory=list)
    requirements: list[DecisionRequirements] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    new_keys: set[int] = field(default_factory=set)
    _resource_keys: dict[str, int] = field(default_factory=dict)
    _new_namespaces: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.key = self.context.uow.keys.next()
        self.context.uow.definitions.add_deployment(
            self.key, at=self.context.now, by=self.context.actor.user_id
        )

    def add_form(self, resource: Resource, form: FormModel) -> None:
        known = self.context.uow.definitions.latest_form(form.form_id)
        if known is None or known.checksum != checksum(resource):
            known = Form(
                key=self._new_key(),
                form_id=form.form_id,
                version=known.version + 1 if known else 1,
                version_tag=form.version_tag,
                resource_name=resource.name,
                checksum=checksum(resource),
                deployment_key=self.key,
                deployed_at=self.context.now,
                schema=form.schema,
            )
            self.context.uow.definitions.add_form(known, resource_key=self._keep(resource))
        self.forms.append(known)
        self._answer("form", known.form_id, known.key)

    def add_decisions(self, resource: Resource, model: DmnModel) -> None:
        definitions = self.context.uow.definitions
        known = definitions.latest_requirements(model.requirements_id)
        imports_changed = any(one.namespace in self._new_namespaces for one in model.definitions.imports)
        if known is not None and known.checksum == checksum(resource) and not imports_changed:
            self.requirements.append(known)
            self._answer("requirements", known.requirements_id, known.key)
            for decision in definitions.decisions_of(known.key):
                self.decisions.append(decision)
                self._answer("decision", decision.decision_id, decision.key)
            return
        requirements = DecisionRequirements(
            key=self._new_key(),
            requirements_id=model.requirements_id,
            version=known.version + 1 if known else 1,
            name=model.name,
            resource_name=resource.name,
            checksum=checksum(resource),
            deployment_key=self.key,
            deployed_at=self.context.now,
        )
        self._new_namespaces.add(model.namespace)
        definitions.add_requirements(requirements, resource_key=self._keep(resource))
        self.requirements.append(requirements)
        self._answer("requirements", requirements.requirements_id, requirements.key)
        for decision_id in model.decisions:
            self._add_decision(model, decision_id, requirements)

    def add_process(self, resource: Resource, process: ProcessModel) -> None:
        definitions = self.context.uow.definitions
        latest = definitions.latest_process(process.process_id, draft=None)
        known = definitions.latest_process(process.process_id, draft=self.draft)
        if known is not None and known.checksum == checksum(resource):
            self.processes.append(known)
            self._answer("process", known.process_id, known.key)
            return
        definition = ProcessDefinition(
            key=self._new_key(),
            process_id=process.process_id,
            version=latest.version + 1 if latest else 1,
            name=process.name,
            names=process.names,
            version_tag=process.version_tag,
            resource_name=resource.name,
            checksum=checksum(resource),
            deployment_key=self.key,
            deployed_at=self.context.now,
            deployed_by=self.context.actor.user_id,
            draft=self.draft,
            candidate_starters=process.candidate_starters,
            start_form_id=process.start_form.form_id if process.start_form else "",
        )
        report = [_report(p) for p in self.problems if p.file == resource.name]
        definitions.add_process(definition, resource_key=self._keep(resource), problems=report)
        self.processes.append(definition)
        self._answer("process", definition.process_id, definition.key)
        if not self.draft:
            _open_starts(self.context, definition)

    def finish(self) -> DeploymentResult:
        versioned: list[ProcessDefinition | DecisionRequirements | Form]
        versioned = [*self.processes, *self.requirements, *self.forms]
        self.context.audit(
            "deploy",
            "deployment",
            self.key,
            draft=self.draft,
            new=[f"{d.resource_name} version {d.version}" for d in versioned if d.key in self.new_keys],
            unchanged=sorted({d.resource_name for d in versioned if d.key not in self.new_keys}),
        )
        return DeploymentResult(
            key=self.key,
            deployed_at=self.context.now,
            processes=tuple(self.processes),
            decisions=tuple(self.decisions),
            requirements=tuple(self.requirements),
            forms=tuple(self.forms),
            new_keys=frozenset(self.new_keys),
            warnings=tuple(self.problems),
        )

    def _add_decision(self, model: DmnModel, decision_id: str, requirements: DecisionRequirements) -> None:
        decision, definitions = model.decisions[decision_id], self.context.uow.definitions
        known = definitions.latest_decision(decision_id)
        definition = DecisionDefinition(
            key=self._new_key(),
            decision_id=decision_id,
            version=known.version + 1 if known else 1,
            name=decision.name,
            names=decision.names,
            version_tag=decision.version_tag,
            requirements_key=requirements.key,
            requirements_id=requirements.requirements_id,
            deployment_key=self.key,
        )
        definitions.add_decision(definition)
        self.decisions.append(definition)
        self._answer("decision", decision_id, definition.key)

    def _keep(self, resource: Resource) -> int:
        """The file, once however many processes stand in it."""
        if resource.name not in self._resource_keys:
            self._resource_keys[resource.name] = self.context.uow.definitions.add_resource(
                self.key, name=resource.name, checksum=checksum(resource), content=resource.content
            )
        return self._resource_keys[resource.name]

    def _new_key(self) -> int:
        key = self.context.uow.keys.next()
        self.new_keys.add(key)
        return key

    def _answer(self, kind: str, resource_id: str, definition_key: int) -> None:
        self.context.uow.definitions.add_item(
            self.key,
            kind=kind,
            resource_id=resource_id,
            definition_key=definition_key,
            is_new=definition_key in self.new_keys,
        )


def _open_starts(context: CommandContext, definition: ProcessDefinition) -> None:
    """Only the latest version waits for timers, messages and signals that start it."""
    context.uow.timers.close_starts(definition.process_id)
    context.uow.subscriptions.close_starts(definition.process_id)
    open_start_timers(context, definition.key)
    for element in context.definitions.model(definition.key).root.start_events:
        if element.event.type is EventType.MESSAGE:
            context.uow.subscriptions.open_message(
                MessageSubscription(
                    message_name=start_name(element, context.now),
                    correlation_key="",
                    **_start(context, definition, element),
                )
            )
        elif element.event.type is EventType.SIGNAL:
            context.uow.subscriptions.open_signal(
                SignalSubscription(
                    signal_name=start_name(element, context.now), **_start(context, definition, element)
                )
            )


def _start(context: CommandContext, definition: ProcessDefinition, element: Element) -> dict[str, Any]:
    return {
        "key": context.uow.keys.next(),
        "element_id": element.id,
        "element_instance_key": None,
        "process_instance_key": None,
        "root_process_instance_key": None,
        "definition_key": definition.key,
        "process_id": definition.process_id,
        "interrupting": True,
        "created_at": context.now,
    }


def _report(problem: Problem) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(problem).items() if value not in ("", None)}
