"""Rules of tasks, call activities and compensation handlers."""

from __future__ import annotations

from engine.bpmn.model import Element, ElementType, EventType, ProcessModel
from engine.bpmn.problem_list import ProblemList


def check_activities(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        _check_work(element, problems)
        if element.is_for_compensation:
            _check_handler(element, model, problems)
        if element.multi_instance is not None and element.standard_loop is not None:
            problems.error("TWO_LOOPS", "an activity is either a loop or multi-instance, not both", element)


def _check_work(element: Element, problems: ProblemList) -> None:
    match element.type:
        case ElementType.SERVICE_TASK if element.job is None:
            _missing(element, "taskDefinition", problems)
        case ElementType.SEND_TASK if element.job is None and element.event.correlation_key is None:
            _missing_message(element, problems)
        case ElementType.END_EVENT | ElementType.INTERMEDIATE_THROW_EVENT if (
            element.event.type is EventType.MESSAGE
            and element.job is None
            and element.event.correlation_key is None
        ):
            _missing_message(element, problems)
        case ElementType.BUSINESS_RULE_TASK:
            _exactly_one(
                element,
                "calledDecision",
                element.called_decision is not None,
                problems,
            )
        case ElementType.SCRIPT_TASK:
            _exactly_one(element, "script", element.script is not None, problems)
        case ElementType.CALL_ACTIVITY if element.called_element is None:
            _missing(element, "calledElement", problems)
        case _:
            pass


def _missing(element: Element, extension: str, problems: ProblemList) -> None:
    if problems.has(element, extension) or problems.has(element, "camunda:"):
        return
    hint = (
        "choose the process to call"
        if extension == "calledElement"
        else "name the job type of the handler that does the work"
    )
    problems.error(
        "WORK_MISSING", f"Must have exactly one 'zeebe:{extension}' extension element", element, hint=hint
    )


def _missing_message(element: Element, problems: ProblemList) -> None:
    if not problems.has(element, "taskDefinition"):
        problems.error(
            "WORK_MISSING",
            "Must have exactly one 'zeebe:publishMessage' or 'zeebe:taskDefinition' extension element",
            element,
            hint="name the job type of the handler that sends the message",
        )


def _exactly_one(element: Element, extension: str, has: bool, problems: ProblemList) -> None:
    if has == (element.job is not None) and not problems.has(element):
        problems.error(
            "WORK_MISSING",
            f"Must have either one 'zeebe:{extension}' or one 'zeebe:taskDefinition' extension element",
            element,
        )


def _check_handler(handler: Element, model: ProcessModel, problems: ProblemList) -> None:
    if handler.incoming or handler.outgoing:
        problems.error(
            "COMPENSATION_HANDLER_FLOW",
            "A compensation handler should have no incoming or outgoing sequence flows",
            handler,
        )
    if handler.boundaries:
        problems.error(
            "COMPENSATION_HANDLER_BOUNDARY", "A compensation handler should have no boundary events", handler
        )
    if not any(element.handler is handler for element in model.elements.values()):
        problems.warning(
            "COMPENSATION_HANDLER_UNUSED", "no compensation boundary event leads to this handler", handler
        )
