"""What an evaluation of a decision says: its output, and everything that was looked at on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.feel import Warning_, to_json


@dataclass(frozen=True, kw_only=True)
class EvaluatedInput:
    """A column of a table, or a variable that an expression read, and the value it had."""

    id: str
    name: str
    expression: str
    value: object


@dataclass(frozen=True, kw_only=True)
class EvaluatedOutput:
    id: str
    name: str
    value: object


@dataclass(frozen=True, kw_only=True)
class MatchedRule:
    """`index` counts from 1, as the table shows it."""

    index: int
    id: str
    outputs: tuple[EvaluatedOutput, ...]
    annotation: str = ""


@dataclass(frozen=True, kw_only=True)
class EvaluatedDecision:
    """One decision of the requirement graph. `type` is Camunda's word: DECISION_TABLE, LITERAL_EXPRESSION."""

    id: str
    name: str
    type: str
    inputs: tuple[EvaluatedInput, ...]
    matched_rules: tuple[MatchedRule, ...]
    output: object
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecisionInfo:
    """What is known of a decision before it runs: ids and names of its columns and rules."""

    id: str
    name: str
    type: str
    inputs: Sequence[InputInfo] = ()
    outputs: Sequence[tuple[str, str]] = ()
    rules: Sequence[tuple[str, str]] = ()


class InputInfo(NamedTuple):
    id: str
    name: str
    expression: str


Trace = tuple[
    DecisionInfo, Sequence[object], Sequence[tuple[int, tuple[object, ...]]], object, Sequence[Warning_]
]
"""A decision, the values it looked at, the rules that matched (from 0), its output and its warnings."""


class DecisionResult:
    """What an evaluation came to. Values are FEEL's: dates stay dates; `json_output` is for variables.

    `failure` says why there is no output.
    """

    __slots__ = ("_trace", "output")

    failure: str | None = None
    failed_decision_id: str | None = None

    def __init__(self, output: object, trace: Sequence[Trace]) -> None:
        self.output, self._trace = output, trace

    @property
    def decisions(self) -> tuple[EvaluatedDecision, ...]:
        """In the order in which they were evaluated, the one that was asked for at the end."""
        return tuple(_evaluated(trace) for trace in self._trace)

    @property
    def json_output(self) -> Any:
        return to_json(self.output)

    @property
    def warnings(self) -> tuple[Warning_, ...]:
        return tuple(warning for trace in self._trace for warning in trace[4])

    def explanation(self) -> Mapping[str, Any]:
        """All of this as one JSON value, for the decision log and the command line."""
        return {
            "output": to_json(self.output),
            "failure": self.failure,
            "failedDecisionId": self.failed_decision_id,
            "evaluatedDecisions": [_explain(decision) for decision in self.decisions],
        }


class FailedDecision(DecisionResult):
    """An evaluation without an output; its decisions are those that were evaluated before the failure."""

    __slots__ = ("failed_decision_id", "failure")

    def __init__(self, trace: Sequence[Trace], failure: str, failed_decision_id: str) -> None:
        super().__init__(None, trace)
        self.failure, self.failed_decision_id = failure, failed_decision_id


def _evaluated(trace: Trace) -> EvaluatedDecision:
    info, values, matched, output, warnings = trace
    return EvaluatedDecision(
        id=info.id,
        name=info.name,
        type=info.type,
        inputs=tuple(
            EvaluatedInput(id=column.id, name=column.name, expression=column.expression, value=value)
            for column, value in zip(info.inputs, values, strict=True)
        ),
        matched_rules=tuple(
            MatchedRule(
                index=index + 1,
                id=info.rules[index][0],
                annotation=info.rules[index][1],
                outputs=tuple(
                    EvaluatedOutput(id=id_, name=name, value=value)
                    for (id_, name), value in zip(info.outputs, outputs, strict=True)
                ),
            )
            for index, outputs in matched
        ),
        output=output,
        warnings=tuple(warnings),
    )


def _explain(decision: EvaluatedDecision) -> Mapping[str, Any]:
    return {
        "decisionId": decision.id,
        "decisionName": decision.name,
        "decisionType": decision.type,
        "output": to_json(decision.output),
        "evaluatedInputs": [
            {
                "inputId": seen.id,
                "inputName": seen.name,
                "expression": seen.expression,
                "inputValue": to_json(seen.value),
            }
            for seen in decision.inputs
        ],
        "matchedRules": [
            {
                "ruleId": rule.id,
                "ruleIndex": rule.index,
                "annotation": rule.annotation,
                "evaluatedOutputs": [
                    {"outputId": out.id, "outputName": out.name, "outputValue": to_json(out.value)}
                    for out in rule.outputs
                ],
            }
            for rule in decision.matched_rules
        ],
        "warnings": [{"code": warning.code, "message": warning.message} for warning in decision.warnings],
    }
