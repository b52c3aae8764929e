"""Business rule tasks that evaluate a deployed decision."""

from __future__ import annotations

from typing import Any

from .. import feel
from ..bpmn.model import CalledDecision
from .changes import DecisionEvaluated
from .expressions import text
from .failures import Failure, IncidentType
from .instance import Instance
from .records import LiveElement


def evaluate_called_decision(instance: Instance, live: LiveElement, called: CalledDecision) -> Any:
    """The output as a process variable; every evaluated decision is written down, also when one fails."""
    step = instance.step
    seen, now = instance.visible(live), step.now()
    decision_id = text(called.decision_id, seen, now)
    decision = step.definitions.find_decision(
        decision_id,
        binding=called.binding,
        version_tag=called.version_tag,
        caller=instance.record.definition_key,
    )
    if decision is None:
        raise Failure(
            IncidentType.CALLED_DECISION_ERROR,
            f"Expected to evaluate decision '{decision_id}', but no decision found for id '{decision_id}'",
            "deploy the decision, then try again",
        )
    outcome = decision.evaluate(seen, now)
    explained = outcome.explanation()["evaluatedDecisions"]
    for evaluated, explanation in zip(outcome.decisions, explained, strict=True):
        step.ledger.decisions_evaluated.append(
            DecisionEvaluated(
                decision_id=evaluated.id,
                decision_key=decision.key,
                decision_version=decision.version,
                process_instance_key=instance.record.key,
                element_id=live.element_id,
                element_instance_key=live.key,
                evaluated_at=now,
                inputs={item.name: feel.to_json(item.value) for item in evaluated.inputs},
                output=feel.to_json(evaluated.output),
                matched_rules=tuple(rule.index for rule in evaluated.matched_rules),
                explanation=explanation,
            )
        )
    if outcome.failure is not None:
        raise Failure(
            IncidentType.DECISION_EVALUATION_ERROR,
            f"Expected to evaluate decision '{decision_id}', but {outcome.failure}",
            "correct the variables that the decision reads, or the decision itself, then try again",
        )
    return feel.to_json(outcome.output)
