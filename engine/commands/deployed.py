"""What was deployed, compiled once and shared by every thread; and the runtime's view of it in one step."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from ..bpmn import read_bpmn
from ..bpmn.model import Binding, FormReference, ProcessModel
from ..dmn import DecisionResult, DmnModel, compile_dmn, compile_dmn_files, evaluate_decision
from ..errors import DecisionNotFound, FormNotFound, ProcessDefinitionNotFound
from ..forms import FormModel, compile_form
from ..model import DecisionDefinition
from ..runtime.sources import DeployedDecision, DeployedProcess
from ..storage import View

V = TypeVar("V")


class _Cache(Generic[V]):
    """The most recently used values; the same object for the same key while it is kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[int, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: int, make: Callable[[], V]) -> V:
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
                return found
        made = make()
        with self._lock:
            kept = self._values.setdefault(key, made)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
            return kept


class DefinitionCache:
    """Compiled definitions by key. A definition never changes, so nothing is ever thrown out as stale."""

    def __init__(self, size: int = 1_000) -> None:
        self._processes: _Cache[DeployedProcess] = _Cache(size)
        self._decisions: _Cache[DmnModel] = _Cache(size)
        self._forms: _Cache[FormModel] = _Cache(size)

    def process(self, view: View, key: int) -> DeployedProcess:
        """Raises ProcessDefinitionNotFound."""

        def read() -> DeployedProcess:
            definition = view.definitions.process(key)
            file = read_bpmn(view.definitions.source(key), definition.resource_name)
            for model in file.processes:
                if model.process_id == definition.process_id:
                    return DeployedProcess(
                        key=key,
                        process_id=definition.process_id,
                        version=definition.version,
                        deployment_key=definition.deployment_key,
                        model=model,
                    )
            raise ProcessDefinitionNotFound(key, "its file no longer holds the process")

        return self._processes.get(key, read)

    def decisions(self, view: View, requirements_key: int) -> DmnModel:
        """The compiled .dmn file, with those of its deployment that it imports. Raises DecisionNotFound."""

        def read() -> DmnModel:
            definitions = view.definitions
            requirements = definitions.requirements(requirements_key)
            model = compile_dmn(definitions.source(requirements_key), requirements.resource_name)
            if not model.definitions.imports:
                return model
            together = definitions.requirements_of(requirements.deployment_key)
            files = {str(each.key): definitions.source(each.key) for each in together}
            return compile_dmn_files(files)[str(requirements_key)]

        return self._decisions.get(requirements_key, read)

    def form(self, view: View, key: int) -> FormModel:
        """Raises FormNotFound."""

        def read() -> FormModel:
            form = view.definitions.form(key)
            return compile_form(view.definitions.source(key), form.resource_name)

        return self._forms.get(key, read)


class StepDefinitions:
    """`engine.runtime.sources.Definitions` over one transaction."""

    def __init__(self, cache: DefinitionCache, view: View) -> None:
        self._cache, self._view = cache, view

    def process(self, definition_key: int) -> DeployedProcess:
        return self._cache.process(self._view, definition_key)

    def model(self, definition_key: int) -> ProcessModel:
        return self.process(definition_key).model

    def find_process(self, process_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        found = self._view.definitions
        if binding is Binding.VERSION_TAG:
            definition = found.process_by_tag(process_id, version_tag)
        elif binding is Binding.DEPLOYMENT:
            definition = found.process_in_deployment(process_id, self.process(caller).deployment_key)
        else:
            definition = found.latest_process(process_id)
        return None if definition is None or definition.draft else definition.key

    def find_decision(
        self, decision_id: str, *, binding: Binding, version_tag: str, caller: int
    ) -> DeployedDecision | None:
        found = self._view.definitions
        if binding is Binding.VERSION_TAG:
            definition = found.decision_by_tag(decision_id, version_tag)
        elif binding is Binding.DEPLOYMENT:
            definition = found.decision_in_deployment(decision_id, self.process(caller).deployment_key)
        else:
            definition = found.latest_decision(decision_id)
        return None if definition is None else self.decision(definition)

    def decision(self, definition: DecisionDefinition) -> DeployedDecision:
        return DeployedDecision(
            key=definition.key,
            decision_id=definition.decision_id,
            version=definition.version,
            evaluate=partial(self.evaluate, definition),
        )

    def evaluate(
        self, definition: DecisionDefinition, variables: Mapping[str, object], now: datetime
    ) -> DecisionResult:
        """Run the decision and those it requires."""
        model = self._cache.decisions(self._view, definition.requirements_key)
        return evaluate_decision(model, definition.decision_id, variables, now=now)

    def find_form(self, form_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        found = self._view.definitions
        if binding is Binding.VERSION_TAG:
            form = found.form_by_tag(form_id, version_tag)
        elif binding is Binding.DEPLOYMENT:
            form = found.form_in_deployment(form_id, self.process(caller).deployment_key)
        else:
            form = found.latest_form(form_id)
        return None if form is None else form.key

    def form(self, key: int) -> FormModel:
        return self._cache.form(self._view, key)

    def form_of(self, reference: FormReference | None, caller: int) -> FormModel | None:
        """The compiled form that an element of the process `caller` refers to. None: it has none of ours.

        Raises FormNotFound when it names one that was not deployed.
        """
        if reference is None or reference.external_key:
            return None
        if reference.embedded:
            return compile_form(reference.embedded.encode(), f"{reference.form_id or 'embedded'}.form")
        if not reference.form_id:
            return None
        key = self.find_form(
            reference.form_id, binding=reference.binding, version_tag=reference.version_tag, caller=caller
        )
        if key is None:
            raise FormNotFound(reference.form_id, "deploy the .form file together with the process")
        return self.form(key)

    def eligible_users(self, groups: Collection[str], users: Collection[str]) -> set[str]:
        return set(self._view.identity.eligible(groups, users))


def requested_decision(view: View, decision_id: str | None, key: int | None) -> DecisionDefinition:
    """The one with `key`, else the latest version of `decision_id`. Raises DecisionNotFound."""
    if key is not None:
        return view.definitions.decision(key)
    found = view.definitions.latest_decision(decision_id or "")
    if found is None:
        raise DecisionNotFound(decision_id)
    return found
