"""Compiles a DMN file: names, types, every decision and function, and the links between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass

from engine.dmn import model
from engine.dmn.boxed import BoxedCompiler
from engine.dmn.environment import Environment, Owner
from engine.dmn.fast_tables import Decide, short_way
from engine.dmn.graph import DecisionNode, InputNode, KnowledgeNode, Node, Requirement, ServiceNode
from engine.dmn.reader import read_dmn
from engine.dmn.results import DecisionInfo, InputInfo
from engine.dmn.table_checks import check_table
from engine.dmn.types import build_types
from engine.errors import Problem, Severity
from engine.feel import UnaryTests
from engine.feel.types import Type


@dataclass(frozen=True, kw_only=True)
class DmnModel:
    """A DMN file ready to be evaluated. With an error among `problems` it must not be deployed.

    `requirements_id` and `name` are those of the whole file (Camunda's decision requirements).
    """

    requirements_id: str
    name: str
    names: Mapping[str, str]
    namespace: str
    decisions: Mapping[str, model.Decision]
    services: Mapping[str, model.DecisionService]
    problems: tuple[Problem, ...]
    nodes: Mapping[str, Node] = field(repr=False)
    definitions: model.Definitions = field(repr=False)
    types: Mapping[str, Type] = field(repr=False)
    short_ways: Mapping[str, Decide] = field(repr=False)

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)


def compile_dmn(
    source: bytes,
    name: str,
    *,
    imports: Sequence[DmnModel] = (),
    strict: bool = False,
    names_with_blanks: bool | None = None,
) -> DmnModel:
    """Read and compile a DMN file. Raises nothing: whatever is wrong is among the problems.

    `imports` are the models that this one may import, found by their namespace. `strict` takes the standard's
    meaning where Camunda's differs. Names of variables may have blanks (`Monthly Salary`) in files that have
    any and are not Camunda's, unless `names_with_blanks` says otherwise.
    """
    definitions, problems = read_dmn(source, name)
    return _Compiler(definitions, name, imports, strict, names_with_blanks, problems).compile()


def compile_dmn_files(
    files: Mapping[str, bytes], *, strict: bool = False, names_with_blanks: bool | None = None
) -> Mapping[str, DmnModel]:
    """Compile files that may import each other: the imported ones first."""
    read = {name: read_dmn(source, name) for name, source in files.items()}
    by_namespace = {definitions.namespace: name for name, (definitions, _) in read.items()}
    compiled: dict[str, DmnModel] = {}

    def compile_one(name: str, importing: tuple[str, ...]) -> None:
        if name in compiled or name in importing:
            return
        definitions, problems = read[name]
        for found in definitions.imports:
            if found.namespace in by_namespace:
                compile_one(by_namespace[found.namespace], (*importing, name))
        imports = list(compiled.values())
        compiled[name] = _Compiler(definitions, name, imports, strict, names_with_blanks, problems).compile()

    for name in files:
        compile_one(name, ())
    return compiled


class _Compiler:
    def __init__(
        self,
        definitions: model.Definitions,
        file: str,
        imports: Sequence[DmnModel],
        strict: bool,
        names_with_blanks: bool | None,
        problems: Sequence[Problem],
    ) -> None:
        self._definitions = definitions
        available = {imported.namespace: imported for imported in imports}
        self._environment = Environment(file=file, strict=strict, known_names=None, problems=list(problems))
        self._imports = [
            (found.name, available[found.namespace])
            for found in definitions.imports
            if found.namespace in available
        ]
        self._report_missing(available)
        names = _names(definitions)
        for import_name, imported in self._imports:
            names |= {import_name} | _names(imported.definitions)
        if names_with_blanks is None:
            names_with_blanks = not definitions.platform and any(not _is_plain(name) for name in names)
        if names_with_blanks:
            self._environment.known_names = frozenset(names)
        self._nodes: dict[str, Node] = {}

    def compile(self) -> DmnModel:
        definitions = self._definitions
        imported = {
            f"{prefix}.{name}" if prefix else name: type_
            for prefix, other in self._imports
            for name, type_ in other.types.items()
        }
        self._environment.types = build_types(definitions.item_definitions, imported, self._allowed)
        for data in definitions.input_data.values():
            self._nodes[data.id] = self._input(data)
        for knowledge in definitions.knowledge.values():
            self._nodes[knowledge.id] = self._knowledge(knowledge)
        for decision in definitions.decisions.values():
            self._nodes[decision.id] = self._decision(decision)
        for service in definitions.services.values():
            self._nodes[service.id] = self._service(service)
        self._link()
        self._check_circles()
        return DmnModel(
            requirements_id=definitions.id,
            name=definitions.name,
            names=next(
                (d.names for d in definitions.decisions.values() if len(definitions.decisions) == 1), {}
            ),
            namespace=definitions.namespace,
            decisions=definitions.decisions,
            services=definitions.services,
            problems=tuple(self._environment.problems),
            nodes=self._nodes,
            definitions=definitions,
            types=self._environment.types,
            short_ways={
                node.model.id: node.decide
                for node in self._nodes.values()
                if isinstance(node, DecisionNode) and node.decide is not None and not node.requirements
            },
        )

    # --- elements ------------------------------------------------------------------------------

    def _input(self, data: model.InputData) -> InputNode:
        return InputNode(model=data, type=self._type(data.type_ref, data), strict=self._environment.strict)

    def _knowledge(self, knowledge: model.BusinessKnowledge) -> KnowledgeNode:
        owner = _owner(knowledge)
        function = knowledge.function or model.Function(parameters=(), body=None)
        make = BoxedCompiler(self._environment, owner).function(function, knowledge.type_ref)
        return KnowledgeNode(model=knowledge, make=make)

    def _decision(self, decision: model.Decision) -> DecisionNode:
        owner = _owner(decision)
        if decision.expression is None:
            self._environment.report(
                owner,
                "DECISION_WITHOUT_LOGIC",
                "the decision has no decision table and no expression; its output is null",
                severity=Severity.WARNING,
            )
        compiler = BoxedCompiler(self._environment, owner)
        step = compiler.step(decision.expression)
        table = compiler.tables[0] if isinstance(decision.expression, model.DecisionTable) else None
        type_ = self._type(decision.type_ref, decision)
        strict = self._environment.strict
        info = _info(decision, self._environment)
        for each in compiler.tables:
            check_table(each, self._environment, owner)
        return DecisionNode(
            model=decision,
            step=step,
            type=type_,
            strict=strict,
            info=info,
            table=table,
            decide=None if table is None or (strict and type_ is not None) else short_way(table, info),
        )

    def _service(self, service: model.DecisionService) -> ServiceNode:
        return ServiceNode(
            model=service, type=self._type(service.type_ref, service), strict=self._environment.strict
        )

    # --- links ---------------------------------------------------------------------------------

    def _link(self) -> None:
        for node in self._nodes.values():
            if isinstance(node, (DecisionNode, KnowledgeNode)):
                required = node.model.requirements
                for href in (*required.knowledge, *required.inputs, *required.decisions):
                    if (found := self._find(href, node.model)) is not None:
                        node.requirements.append(found)
            elif isinstance(node, ServiceNode):
                outputs = [self._find(href, node.model) for href in node.model.output_decisions]
                inputs = [self._find(href, node.model) for href in node.model.input_data]
                inputs += [self._find(href, node.model) for href in node.model.input_decisions]
                node.outputs = [each.node for each in outputs if each and isinstance(each.node, DecisionNode)]
                node.parameters = [
                    each.node for each in inputs if each and isinstance(each.node, (InputNode, DecisionNode))
                ]

    def _find(self, href: str, owner: _Named) -> Requirement | None:
        namespace, _, id_ = href.rpartition("#")
        if not namespace or namespace == self._definitions.namespace:
            if id_ in self._nodes:
                return Requirement(node=self._nodes[id_])
        else:
            for prefix, imported in self._imports:
                if imported.namespace == namespace and id_ in imported.nodes:
                    return Requirement(node=imported.nodes[id_], path=(prefix,) if prefix else ())
        self._environment.report(
            _owner(owner), "REQUIREMENT_NOT_FOUND", f"what is required, '{href}', is not in this file"
        )
        return None

    def _check_circles(self) -> None:
        finished: set[int] = set()
        for node in self._nodes.values():
            circle = _circle(node, finished)
            if circle:
                chain = " -> ".join(f"'{each.model.id}'" for each in circle)
                self._environment.report(
                    _owner(circle[0].model),
                    "DECISION_CIRCLE",
                    f"decisions require each other in a circle: {chain}",
                )
                return

    # --- what they share -----------------------------------------------------------------------

    def _type(self, type_ref: str, owner: _Named) -> Type | None:
        return self._environment.type_of(type_ref, _owner(owner), owner.line)

    def _allowed(self, text: str, definition: model.ItemDefinition) -> UnaryTests | None:
        owner = Owner(id="", name=definition.name, line=definition.line)
        return self._environment.unary_tests(
            text, owner, f"values of type '{definition.name}'", definition.line
        )

    def _report_missing(self, available: Collection[str]) -> None:
        for found in self._definitions.imports:
            if found.namespace not in available and "DMN" in found.type:
                self._environment.report(
                    Owner(id="", name=found.name, line=found.line),
                    "IMPORT_NOT_FOUND",
                    f"the imported model '{found.name}' ({found.namespace}) is not among the files",
                    hint="deploy it together with this file",
                )


_Named = model.Decision | model.BusinessKnowledge | model.DecisionService | model.InputData


def _owner(element: _Named) -> Owner:
    return Owner(id=element.id, name=element.name, line=element.line)


def _info(decision: model.Decision, environment: Environment) -> DecisionInfo:
    expression = decision.expression
    if isinstance(expression, model.DecisionTable):
        return DecisionInfo(
            id=decision.id,
            name=decision.name,
            type="DECISION_TABLE",
            inputs=[InputInfo(column.id, column.name, column.expression) for column in expression.inputs],
            outputs=[(column.id, column.name or column.label) for column in expression.outputs],
            rules=[(rule.id, rule.description or " ".join(rule.annotations)) for rule in expression.rules],
        )
    kind = _KINDS.get(type(expression), "UNSPECIFIED")
    names = sorted(_free_names(expression, environment))
    return DecisionInfo(
        id=decision.id, name=decision.name, type=kind, inputs=[InputInfo("", name, name) for name in names]
    )


def _free_names(boxed: model.Boxed | None, environment: Environment) -> frozenset[str]:
    """The variables that a literal expression reads; those of other boxed expressions are not listed."""
    if not isinstance(boxed, model.Literal) or not boxed.text.strip():
        return frozenset()
    expression = environment.known_expression(boxed.text)
    return frozenset() if expression is None else expression.names


def _circle(start: Node, finished: set[int]) -> list[Node]:
    """A way along requirements that comes back to where it was, or nothing; not recursive."""
    path: list[Node] = []
    on_path: set[int] = set()
    pending: list[tuple[Node, bool]] = [(start, False)]
    while pending:
        node, is_left = pending.pop()
        if is_left:
            path.pop()
            on_path.discard(id(node))
            finished.add(id(node))
        elif id(node) in on_path:
            return [*path[next(n for n, each in enumerate(path) if each is node) :], node]
        elif id(node) not in finished and isinstance(node, DecisionNode):
            path.append(node)
            on_path.add(id(node))
            pending.append((node, True))
            pending.extend((requirement.node, False) for requirement in node.requirements)
    return []


def _names(part: object) -> set[str]:
    """Every name that a file gives to anything: what may stand in its expressions."""
    found: set[str] = set()
    if is_dataclass(part) and not isinstance(part, type):
        for each in fields(part):
            value = getattr(part, each.name)
            if isinstance(value, str):
                if each.name in _NAME_FIELDS:
                    found.add(value)
            elif each.name != "rules":
                found |= _names(value)
    elif isinstance(part, Mapping):
        for value in part.values():
            found |= _names(value)
    elif isinstance(part, (tuple, list)):
        for value in part:
            found |= _names(value)
    return {name for name in found if name and "." not in name}


def _is_plain(name: str) -> bool:
    return all(character.isalnum() or character == "_" for character in name) and not name[0].isdigit()


_NAME_FIELDS = frozenset(("name", "variable"))
_KINDS: dict[type, str] = {
    model.Literal: "LITERAL_EXPRESSION",
    model.Context: "CONTEXT",
    model.Invocation: "INVOCATION",
    model.Function: "FUNCTION",
    model.ListExpression: "LIST",
    model.Relation: "RELATION",
    model.Conditional: "CONDITIONAL",
    model.Filter: "FILTER",
    model.Iteration: "ITERATION",
}
