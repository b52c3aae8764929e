"""Which class runs which element."""

from __future__ import annotations

from ...bpmn.model import Element, ElementType
from .activities import task_class
from .ad_hoc import AdHocSpec
from .base import ElementSpec
from .bodies import body_class
from .call_activity import CallActivitySpec
from .containers import ContainerSpec, EventSubProcessSpec, ProcessSpecRoot
from .events import event_class
from .gateways import EventGatewaySpec, ExclusiveGatewaySpec, InclusiveGatewaySpec, ParallelGatewaySpec
from .user_tasks import UserTaskJobSpec, UserTaskSpec


def spec_class(element: Element) -> type[ElementSpec]:
    """The class of the element itself (inside its body, when it repeats)."""
    if element.type in _BY_TYPE:
        return _BY_TYPE[element.type]
    if element.type is ElementType.USER_TASK:
        is_job = element.user_task is not None and element.user_task.is_job
        return UserTaskJobSpec if is_job else UserTaskSpec
    return event_class(element) if element.type.is_event else task_class(element)


_BY_TYPE: dict[ElementType, type[ElementSpec]] = {
    ElementType.PROCESS: ProcessSpecRoot,
    ElementType.SUB_PROCESS: ContainerSpec,
    ElementType.EVENT_SUB_PROCESS: EventSubProcessSpec,
    ElementType.TRANSACTION: ContainerSpec,
    ElementType.AD_HOC_SUB_PROCESS: AdHocSpec,
    ElementType.CALL_ACTIVITY: CallActivitySpec,
    ElementType.EXCLUSIVE_GATEWAY: ExclusiveGatewaySpec,
    ElementType.PARALLEL_GATEWAY: ParallelGatewaySpec,
    ElementType.INCLUSIVE_GATEWAY: InclusiveGatewaySpec,
    ElementType.EVENT_BASED_GATEWAY: EventGatewaySpec,
}

__all__ = ["body_class", "spec_class"]
