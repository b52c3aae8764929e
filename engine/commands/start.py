"""Starting process instances by hand or by a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import FormInvalid, InvalidInput, ProcessDefinitionNotFound
from ..model import ProcessDefinition, ProcessInstance
from .advance import start
from .command import Command, CommandContext
from .values import checked_variables

MAX_BUSINESS_KEY = 256


@dataclass(frozen=True, kw_only=True)
class StartProcessInstance(Command[ProcessInstance]):
    """The latest version of `process_id`, or that `version`, or the definition with `definition_key`.

    With `form` the variables are what was typed into the start form.
    """

    process_id: str | None = None
    definition_key: int | None = None
    version: int | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    business_key: str = ""
    form: bool = False

    def run(self, context: CommandContext) -> ProcessInstance:
        definition = self._definition(context)
        self._check(context, definition)
        variables = self._typed(context, definition)
        key = start(context, definition.key, variables, business_key=self.business_key)
        context.audit(
            "start-process-instance",
            "process-instance",
            key,
            key,
            processId=definition.process_id,
            version=definition.version,
            variables=sorted(variables),
        )
        return context.uow.instances.get(key)

    def _definition(self, context: CommandContext) -> ProcessDefinition:
        found = context.uow.definitions
        if self.definition_key is not None:
            return found.process(self.definition_key)
        if not self.process_id:
            raise InvalidInput("say which process to start: its id or the key of its definition")
        definition = (
            found.latest_process(self.process_id)
            if self.version is None
            else found.process_by_version(self.process_id, self.version)
        )
        if definition is None:
            raise ProcessDefinitionNotFound(self.process_id, "deploy it first, or look at its id")
        return definition

    def _check(self, context: CommandContext, definition: ProcessDefinition) -> None:
        context.rights.check_start(context.actor, definition)
        if definition.draft:
            raise InvalidInput(f"process '{definition.process_id}' is kept as a draft and cannot be started")
        if len(self.business_key) > MAX_BUSINESS_KEY:
            raise InvalidInput(f"a business key has at most {MAX_BUSINESS_KEY} characters")
        if context.definitions.model(definition.key).root.none_start is None:
            raise InvalidInput(
                f"process '{definition.process_id}' has no plain start event;"
                " it is started by a message, a signal or a timer"
            )

    def _typed(self, context: CommandContext, definition: ProcessDefinition) -> dict[str, Any]:
        reference = context.definitions.model(definition.key).start_form
        form = context.definitions.form_of(reference, definition.key) if self.form else None
        if form is None:
            return checked_variables(self.variables)
        result = form.validate(self.variables, {}, context.now, context.engine.zone)
        if result.errors:
            raise FormInvalid(result.errors)
        return checked_variables(result.variables)
