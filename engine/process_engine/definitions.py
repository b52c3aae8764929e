"""Deploying, and looking at what was deployed."""

from __future__ import annotations

from collections.abc import Sequence

from ..bpmn.model import ProcessModel
from ..commands.deploy import Deploy
from ..commands.deployed import StepDefinitions, requested_decision
from ..commands.outlook import with_outlook
from ..commands.resources import all_problems, checksum, read_resources
from ..commands.user_tasks import user_task_form
from ..commands.values import checked_variables
from ..commands.visibility import need_any, startable, visible_user_task
from ..dmn import DecisionResult
from ..errors import FormNotFound, Problem, ProcessDefinitionNotFound
from ..filters import ProcessDefinitionFilter
from ..forms import FormModel
from ..identity import DEPLOY, OPERATE, WORK_JOBS
from ..model import (
    Actor,
    DecisionDefinition,
    DecisionRequirements,
    DeploymentResult,
    Form,
    Page,
    ProcessDefinition,
    Resource,
    Variables,
)
from .part import EnginePart, order_of


class DefinitionsPart(EnginePart):
    """Processes, decisions and forms."""

    def deploy(self, resources: Sequence[Resource], *, by: Actor, draft: bool = False) -> DeploymentResult:
        """Deploy .bpmn, .dmn and .form files, all or none. Raises DeploymentRejected with every problem.

        An unchanged definition keeps its version and is still in the answer. `draft` keeps process
        diagrams that need not be executable: they get no problems that block and cannot be started. The
        answer tells how many running instances of earlier versions could migrate.
        """
        deployed = self.commands.run(Deploy(read=read_resources(resources), draft=draft), by)
        with self.database.read() as view:
            return with_outlook(view, self._definitions, deployed)

    def check(self, resources: Sequence[Resource]) -> list[Problem]:
        """What `deploy` would complain about, changing nothing."""
        read = read_resources(resources)
        with self.database.read() as view:
            return all_problems(read, view, self.handlers, now=self.clock.now(), draft=False)

    def was_deployed(self, resource: Resource) -> bool:
        """Whether these very bytes were deployed before under that name, in any version."""
        with self.database.read() as view:
            return view.definitions.checksum_known(resource.name, checksum(resource))

    def process_definitions(
        self,
        filter: ProcessDefinitionFilter | None = None,
        *,
        by: Actor,
        order: str = "process_id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessDefinition]:
        with self.database.read() as view:
            return view.definitions.search_processes(
                filter or ProcessDefinitionFilter(), order=order_of(order), limit=limit, cursor=cursor
            )

    def startable_processes(self, *, by: Actor) -> list[ProcessDefinition]:
        """The latest versions that this actor may start by hand."""
        with self._look() as (view, rights):
            return startable(view, self._definitions, rights, by)

    def process_definition(self, key: int) -> ProcessDefinition:
        with self.database.read() as view:
            return view.definitions.process(key)

    def latest_process_definition(self, process_id: str) -> ProcessDefinition:
        with self.database.read() as view:
            found = view.definitions.latest_process(process_id)
        if found is None:
            raise ProcessDefinitionNotFound(process_id)
        return found

    def process_definition_source(self, key: int) -> bytes:
        """The .bpmn file, byte for byte."""
        with self.database.read() as view:
            view.definitions.process(key)
            return view.definitions.source(key)

    def process_model(self, key: int) -> ProcessModel:
        """The compiled process, cached."""
        with self.database.read() as view:
            return self._definitions.process(view, key).model

    def decision_definitions(self, *, latest: bool = False) -> list[DecisionDefinition]:
        with self.database.read() as view:
            return list(view.definitions.decisions())

    def decision_requirements(self, key: int) -> DecisionRequirements:
        with self.database.read() as view:
            return view.definitions.requirements(key)

    def decision_source(self, requirements_key: int) -> bytes:
        """The .dmn file, byte for byte."""
        with self.database.read() as view:
            view.definitions.requirements(requirements_key)
            return view.definitions.source(requirements_key)

    def evaluate_decision(
        self, decision_id: str | None = None, *, key: int | None = None, variables: Variables, by: Actor
    ) -> DecisionResult:
        """Evaluate the latest version (or the one with `key`) outside any instance."""
        with self._look() as (view, rights):
            need_any(rights, by, "evaluate decisions", DEPLOY, OPERATE, WORK_JOBS)
            definition = requested_decision(view, decision_id, key)
            definitions = StepDefinitions(self._definitions, view)
            return definitions.evaluate(definition, checked_variables(variables), self.clock.now())

    def forms(self, *, latest: bool = True) -> list[Form]:
        with self.database.read() as view:
            return list(view.definitions.forms())

    def form(self, key: int) -> Form:
        with self.database.read() as view:
            return view.definitions.form(key)

    def form_by_id(self, form_id: str) -> Form:
        """The latest version of a form."""
        with self.database.read() as view:
            found = view.definitions.latest_form(form_id)
        if found is None:
            raise FormNotFound(form_id)
        return found

    def form_source(self, key: int) -> bytes:
        with self.database.read() as view:
            view.definitions.form(key)
            return view.definitions.source(key)

    def start_form(self, definition_key: int) -> FormModel | None:
        """The compiled start form (`FormModel`), or None."""
        with self.database.read() as view:
            definitions = StepDefinitions(self._definitions, view)
            return definitions.form_of(definitions.model(definition_key).start_form, definition_key)

    def user_task_form(self, key: int, *, by: Actor) -> FormModel | None:
        """The compiled form of a user task (`FormModel`), or None."""
        with self._look() as (view, rights):
            task = visible_user_task(view, rights, by, key)
            return user_task_form(StepDefinitions(self._definitions, view), task)
