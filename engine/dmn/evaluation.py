"""Evaluates decisions and decision services, and explains what came out and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.dmn.compiler import DmnModel, compile_dmn_files
from engine.dmn.graph import DecisionNode, ServiceNode
from engine.dmn.results import DecisionResult, FailedDecision
from engine.dmn.run import DecisionFailed, Run
from engine.errors import DecisionNotFound, DeploymentRejected
from engine.feel import FeelError


def evaluate_decision(
    model: DmnModel, decision_id: str, variables: Mapping[str, object], *, now: datetime | None = None
) -> DecisionResult:
    """The output of a decision (or decision service) over `variables`, and all that was looked at.

    Raises DecisionNotFound. What goes wrong in the evaluation is the result's `failure`.
    """
    short_way = model.short_ways.get(decision_id)
    if short_way is not None:
        trace = short_way(variables)
        if trace is not None:
            return DecisionResult(trace[3], (trace,))
    node = model.nodes.get(decision_id)
    run = Run(variables, now)
    try:
        if isinstance(node, DecisionNode):
            return DecisionResult(node.bind(run), run.trace)
        if isinstance(node, ServiceNode):
            return DecisionResult(node.decide(_arguments(node, variables), run), run.trace)
    except DecisionFailed as failed:
        return FailedDecision(run.trace, failed.message, failed.decision_id or decision_id)
    except FeelError as error:
        return FailedDecision(run.trace, error.message, decision_id)
    except RecursionError:
        return FailedDecision(run.trace, "the evaluation nests too deep", decision_id)
    known = ", ".join(sorted(model.decisions)) or "none"
    raise DecisionNotFound(decision_id, f"the decisions of '{model.requirements_id}' are: {known}")


def evaluate_service_outputs(
    model: DmnModel, service_id: str, variables: Mapping[str, object], *, now: datetime | None = None
) -> Mapping[str, object]:
    """Every output decision of a decision service by name; an empty mapping when the evaluation fails."""
    node = model.nodes.get(service_id)
    if not isinstance(node, ServiceNode):
        raise DecisionNotFound(service_id, f"the services of '{model.name}' are: {', '.join(model.services)}")
    try:
        return node.outputs_for(_arguments(node, variables), Run(variables, now))
    except (DecisionFailed, FeelError, RecursionError):
        return {}


def explain_decision(
    files: Mapping[str, bytes],
    decision_id: str,
    variables: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> Mapping[str, Any]:
    """Evaluates a decision of the first of these files that has it; they may import each other and need not
    be deployed. JSON values in, the JSON explanation out.

    Raises DeploymentRejected when a file has errors, and DecisionNotFound.
    """
    compiled = compile_dmn_files(files)
    models = [compiled[name] for name in files]
    found = [problem for model in models for problem in model.problems]
    if any(model.has_errors for model in models):
        raise DeploymentRejected(found)
    owner = next((model for model in models if decision_id in model.nodes), models[0])
    result = evaluate_decision(owner, decision_id, exact(variables), now=now)
    problems = [str(problem) for problem in found]
    return {"decisionId": decision_id, **result.explanation(), "problems": problems}


def exact(variables: Mapping[str, Any]) -> dict[str, object]:
    """JSON values with decimals instead of binary fractions."""
    return {name: _exact(value) for name, value in variables.items()}


def _exact(value: Any) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {str(key): _exact(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exact(entry) for entry in value]
    return value


def _arguments(service: ServiceNode, variables: Mapping[str, object]) -> Mapping[str, object]:
    names = [parameter.model.variable for parameter in service.parameters]
    return {name: variables[name] for name in names if name in variables}
