"""BPMN diagrams: read once, checked, compiled into a model that the runtime walks.

`read_bpmn` never raises for a wrong file: what is wrong stands in `problems`, every problem at once.
"""

from engine.bpmn.bpmn_file import BpmnFile
from engine.bpmn.deployment_checks import KnownResources, deployment_problems
from engine.bpmn.reader import read_bpmn
from engine.bpmn.report import rejection_text

__all__ = ["BpmnFile", "KnownResources", "deployment_problems", "read_bpmn", "rejection_text"]
