"""DMN 1.1 to 1.5: decision tables, boxed expressions and requirement graphs; compiled once, run often."""

from __future__ import annotations

from engine.dmn.compiler import DmnModel, compile_dmn, compile_dmn_files
from engine.dmn.evaluation import evaluate_decision, explain_decision
from engine.dmn.results import (
    DecisionResult,
    EvaluatedDecision,
    EvaluatedInput,
    EvaluatedOutput,
    MatchedRule,
)

__all__ = [
    "DecisionResult",
    "DmnModel",
    "EvaluatedDecision",
    "EvaluatedInput",
    "EvaluatedOutput",
    "MatchedRule",
    "compile_dmn",
    "compile_dmn_files",
    "evaluate_decision",
    "explain_decision",
]
