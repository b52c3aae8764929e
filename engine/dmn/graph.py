"""The requirement graph, compiled: every decision, function and service knows what it reads and how to run.

An element is decided once in a run. What it requires is put into its scope under the name of its variable,
and for imported elements below the name of the import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.dmn import model
from engine.dmn.environment import Step
from engine.dmn.fast_tables import Decide
from engine.dmn.functions import make_function
from engine.dmn.results import DecisionInfo
from engine.dmn.run import DecisionFailed, Nested, Run, Scope
from engine.dmn.tables import CompiledTable
from engine.dmn.types import conform, from_text
from engine.feel import FeelError
from engine.feel.types import ANY, FunctionType, Type


@dataclass(kw_only=True, eq=False)
class InputNode:
    model: model.InputData
    type: Type | None
    strict: bool

    def bind(self, run: Run) -> object:
        """The variable of this name, as its type wants it."""
        if self in run.results:
            return run.results[self]
        value = run.variables.get(self.model.variable, run.variables.get(self.model.name))
        if value is None or self.type is None:
            return value
        found = from_text(value, self.type)
        if found is not None:
            return found
        conforms, converted = conform(value, self.type)
        if conforms:
            return converted
        run.warn("INVALID_TYPE", f"input '{self.model.name}' is no {self.type.name}")
        return None if self.strict else value

    @property
    def names(self) -> tuple[str, ...]:
        return (self.model.variable,)


@dataclass(kw_only=True, eq=False)
class KnowledgeNode:
    """A business knowledge model: a function in the scope of those that require it."""

    model: model.BusinessKnowledge
    make: Step
    requirements: list[Requirement] = field(default_factory=list)

    def bind(self, run: Run) -> object:
        if self not in run.results:
            found: dict[str, object] = {}
            run.results[self] = function = self.make(found, run)
            found[self.model.variable] = function
            _bind_all(self.requirements, found, run)
        return run.results[self]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.model.variable,)


@dataclass(kw_only=True, eq=False)
class DecisionNode:
    model: model.Decision
    step: Step
    type: Type | None
    strict: bool
    info: DecisionInfo
    table: CompiledTable | None = None
    decide: Decide | None = None
    requirements: list[Requirement] = field(default_factory=list)

    def bind(self, run: Run) -> object:
        """The output, decided now unless it was before. Raises DecisionFailed."""
        if self in run.results:
            return run.results[self]
        active = [node for node in run.active if isinstance(node, DecisionNode)]
        if self in active:
            chain = " -> ".join(f"'{node.model.id}'" for node in [*active, self])
            raise DecisionFailed(f"decisions require each other in a circle: {chain}", self.model.id)
        run.active.append(self)
        run.enter()
        try:
            run.results[self] = output = self._decide(run)
        except FeelError as error:
            raise DecisionFailed(error.message, self.model.id) from error
        except DecisionFailed as failed:
            failed.decision_id = failed.decision_id or self.model.id
            raise
        finally:
            run.leave()
            run.active.pop()
        return output

    @property
    def names(self) -> tuple[str, ...]:
        if self.strict:
            return (self.model.variable,)
        return (self.model.id, self.model.name, self.model.variable)

    def _decide(self, run: Run) -> object:
        scope: Scope = run.variables
        if self.requirements or self.strict:
            found: dict[str, object] = {}
            _bind_all(self.requirements, found, run)
            scope = found if self.strict else Nested(found, run.variables)
        trace = None if self.decide is None else self.decide(scope)
        if trace is not None:
            run.trace.append(trace)
            return trace[3]
        outer = run.warnings
        run.warnings, run.table = [], None
        output = self.step(scope, run)
        if self.strict and self.type is not None:
            conforms, output = conform(output, self.type)
            if not conforms:
                run.warn("INVALID_TYPE", f"the output of '{self.model.name}' is no {self.type.name}")
                output = None
        if run.table is not None and self.table is not None:
            run.trace.append((self.info, *run.table, output, run.warnings))
        else:
            seen = [scope.get(column.name) for column in self.info.inputs]
            run.trace.append((self.info, seen, (), output, run.warnings))
        run.warnings = outer
        return output


@dataclass(kw_only=True, eq=False)
class ServiceNode:
    """A decision service: its parameters are its inputs, then its input decisions."""

    model: model.DecisionService
    outputs: list[DecisionNode] = field(default_factory=list)
    parameters: list[InputNode | DecisionNode] = field(default_factory=list)
    type: Type | None = None
    strict: bool = False

    def bind(self, run: Run) -> object:
        names = [parameter.model.variable for parameter in self.parameters]
        types = [parameter.type or ANY for parameter in self.parameters]

        def call(arguments: dict[str, object]) -> object:
            return self.decide(arguments, run)

        return make_function(self.model.name, names, FunctionType(types, ANY), call)

    def decide(self, arguments: Mapping[str, object], outer: Run) -> object:
        """The output of its only output decision, or all of them by name."""
        found = self.outputs_for(arguments, outer)
        output: object = next(iter(found.values())) if len(found) == 1 else found
        return output

    def outputs_for(self, arguments: Mapping[str, object], outer: Run) -> dict[str, object]:
        """Every output decision's output by its name. Only the arguments are visible inside."""
        run = outer.inner(arguments)
        for parameter in self.parameters:
            value = arguments.get(parameter.model.variable)
            if parameter.type is not None:
                conforms, value = conform(value, parameter.type)
                if not conforms:
                    run.warn("INVALID_TYPE", f"'{parameter.model.name}' is no {parameter.type.name}")
                    value = None
            run.results[parameter] = value
        outer.enter()
        try:
            return {node.model.variable: self._typed(node.bind(run), run) for node in self.outputs}
        finally:
            outer.leave()

    def _typed(self, output: object, run: Run) -> object:
        if self.type is None or not self.strict or len(self.outputs) > 1:
            return output
        result = self.type.result if isinstance(self.type, FunctionType) else self.type
        conforms, converted = conform(output, result)
        if not conforms:
            run.warn("INVALID_TYPE", f"the output of '{self.model.name}' is no {result.name}")
        return converted if conforms else None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.model.variable,)


Node: TypeAlias = InputNode | KnowledgeNode | DecisionNode | ServiceNode


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """`path` are the names of the imports that lead to the node, none within one file."""

    node: Node
    path: tuple[str, ...] = ()


def _bind_all(requirements: Sequence[Requirement], found: dict[str, object], run: Run) -> None:
    for requirement in requirements:
        target = found
        for name in requirement.path:
            inner = target.setdefault(name, {})
            assert isinstance(inner, dict)
            target = inner
        value = _bind(requirement.node, run)
        for name in requirement.node.names:
            target[name] = value


def _bind(node: Node, run: Run) -> object:
    """In the standard's meaning a required decision that fails is null."""
    try:
        return node.bind(run)
    except DecisionFailed as failed:
        if not (isinstance(node, DecisionNode) and node.strict):
            raise
        run.warn("DECISION_FAILED", failed.message)
        run.results[node] = None
        return None
