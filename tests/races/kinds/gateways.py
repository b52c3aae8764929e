"""Two tokens meet, or two events come to one place."""

from __future__ import annotations

from datetime import timedelta

from engine import SYSTEM
from engine.commands.timers import FireTimer
from tests.engine.diagrams import (
    boundary,
    end,
    extended,
    message,
    message_event,
    node,
    process,
    start,
    timer_event,
    user_task,
)

from ..kind import Kind, Results, all_won, expect, one_winner, refused
from ..room import ANNA, Room, actor
from .instances import CHILD, HOUR


def fork(process_id: str, gateway: str, split_flows: str):
    return process(
        process_id,
        start(),
        node(gateway, "split"),
        user_task("anna", groups="racers"),
        user_task("bert", groups="racers"),
        node(gateway, "join"),
        end(),
        flows=split_flows,
    )


PARALLEL = fork("parallel_fork", "parallelGateway", "start>split>anna>join>end; split>bert>join")
INCLUSIVE = fork(
    "inclusive_fork",
    "inclusiveGateway",
    "start>split; split>anna [=true]; split>bert [=true]; anna>join>end; bert>join",
)


def bodies(condition: str = "", tag: str = "userTask") -> str:
    until = (
        f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:completionCondition>'
    )
    collected = '<zeebe:loopCharacteristics inputCollection="=people" inputElement="person" \
outputCollection="answers" outputElement="=answer" />'
    return (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false">'
        f"{extended(collected)}{until if condition else ''}</bpmn:multiInstanceLoopCharacteristics>"
    )


VOTES = process(
    "votes",
    start(),
    user_task("vote", groups="racers", inner=bodies("=numberOfCompletedInstances &gt;= 1")),
    end(),
    flows="start>vote>end",
)
ANSWERS = process(
    "answers", start(), user_task("answer", groups="racers", inner=bodies()), end(), flows="start>answer>end"
)
CALLS = process(
    "calls",
    start(),
    node(
        "callActivity",
        "call",
        bodies(),
        '<zeebe:calledElement processId="called" propagateAllChildVariables="false" />'
        '<zeebe:ioMapping><zeebe:output source="=answer" target="answer" /></zeebe:ioMapping>',
    ),
    end(),
    flows="start>call>end",
)
WHICH = process(
    "which",
    start(),
    node("eventBasedGateway", "first"),
    node("intermediateCatchEvent", "paid", message_event("m")),
    node("intermediateCatchEvent", "refused", message_event("n")),
    node("intermediateCatchEvent", "late", timer_event("Duration", "PT1H")),
    end("done"),
    end("gone"),
    end("bad"),
    roots=message("m", "paid") + message("n", "refused"),
    flows="start>first>paid>done; first>late>gone; first>refused>bad",
)
DEADLINE = process(
    "deadline",
    start(),
    user_task("approve", groups="racers"),
    boundary("late", "approve", timer_event("Duration", "PT1H")),
    boundary("remind", "approve", timer_event("Duration", "PT2H"), interrupting=False),
    end(),
    end("gone"),
    end("reminded"),
    flows="start>approve>end; late>gone; remind>reminded",
)


class TwoBranches(Kind, shared=True):
    """Two people complete the tasks of two branches."""

    process_id = ""

    def arrange(self, room: Room):
        instance = room.start(self.process_id)
        return {"instance": instance} | {task.element_id: task.key for task in room.tasks(instance)}

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing[side], {side: True}, by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        kept = {v.name for v in room.engine.variables(instance, by=SYSTEM)}
        expect(kept == set(self.sides), f"only {kept} was kept")
        room.expect(
            instance, lines={"complete-user-task": 2}, passed={"anna": 1, "bert": 1, "join": 1, "end": 1}
        )
        return room.completed(instance)[0]


class TwoBranchesOneJoin(TwoBranches):
    """Two branches arrive at one parallel join."""

    files = (PARALLEL,)
    process_id = "parallel_fork"


class TwoBranchesOneInclusiveJoin(TwoBranches):
    """Two branches arrive at one inclusive join."""

    files = (INCLUSIVE,)
    process_id = "inclusive_fork"


class TwoVotesWhereOneIsEnough(Kind):
    """Two bodies of a multi-instance task are completed; the first fulfils its completion condition."""

    files = (VOTES,)

    def arrange(self, room: Room):
        instance = room.start("votes", people=["anna", "bert", "carl"])
        tasks = room.tasks(instance)
        return {"instance": instance, "anna": tasks[0].key, "bert": tasks[1].key}

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing[side], {"answer": side}, by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "UserTaskCancelled", at=lambda at: at is not None)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        answers = answers_of(room, instance)
        given = [answer for answer in answers if answer is not None]
        expect(given == [winner.side], f"the answers are {answers}")
        room.expect(instance, lines={"complete-user-task": 1}, passed={"vote": 1, "end": 1})
        return winner.side


def answers_of(room: Room, instance: int) -> list[str | None]:
    """What the multi-instance handed to the process when it ended."""
    found = room.engine.variables(instance, by=SYSTEM)
    (answers,) = [v.value for v in found if v.name == "answers" and v.scope_key == instance]
    return answers


class LastTwoBodies(Kind):
    """The last two bodies of a multi-instance task are completed: both count, it ends once."""

    files = (ANSWERS,)

    def arrange(self, room: Room):
        instance = room.start("answers", people=["anna", "bert"])
        tasks = room.tasks(instance)
        return {"instance": instance, "anna": tasks[0].key, "bert": tasks[1].key}

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing[side], {"answer": side}, by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        answers = answers_of(room, instance)
        expect(answers == ["anna", "bert"], f"the answers are {answers}")
        room.expect(instance, lines={"complete-user-task": 2}, passed={"answer": 2, "end": 1})
        entries = room.engine.timeline(instance, by=SYSTEM)
        return next(e.actor for e in entries if e.action == "complete-user-task")


class LastTwoChildren(Kind):
    """The last two called instances of one call activity end: their caller goes on once."""

    files = (CHILD, CALLS)

    def arrange(self, room: Room):
        instance = room.start("calls", people=["anna", "bert"])
        tasks = room.tasks(instance)
        return {"instance": instance, "anna": tasks[0].key, "bert": tasks[1].key}

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing[side], {"answer": side}, by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        answers = answers_of(room, instance)
        expect(answers == ["anna", "bert"], f"the answers are {answers}")
        room.expect(instance, passed={"call": 2, "end": 1})
        return min(results.values(), key=lambda result: result.ended).side


class AtOneGateway(Kind, shared=True):
    """Two events come to one event-based gateway."""

    files = (WHICH,)
    ends = {"paid": "done", "late": "gone", "refused": "bad"}

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        instance = room.start("which", orderId=order)
        return {"instance": instance, "order": order, "timer": room.due_timer(instance, HOUR)}

    def act(self, side, engine, thing):
        if side == "late":
            return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)
        return engine.correlate_message(side, thing["order"], by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        instance = thing["instance"]
        if "late" in results and not any(r.won for s, r in results.items() if s != "late"):
            expect(results["late"].value, "neither the message nor the timer came through")
        (end_id,) = room.passed(instance) & set(self.ends.values())
        (winner,) = [event for event, target in self.ends.items() if target == end_id]
        for result in results.values():
            happened = result.value if result.side == "late" else result.won
            expect(bool(happened) == (result.side == winner), f"{result.side} happened, {end_id} was reached")
            if result.side != winner and result.side != "late":
                refused(result, "MessageNotCorrelated")
        passed = {winner: 1, end_id: 1} | {event: 0 for event in self.ends if event != winner}
        room.expect(instance, passed=passed, lines={"fire-timer": winner == "late"})
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        return winner


class MessageMeetsTimer(AtOneGateway):
    """A message and a timer race for one event-based gateway."""

    sides = ("late", "paid")


class MessageMeetsMessage(AtOneGateway):
    """Two messages race for one event-based gateway."""

    sides = ("paid", "refused")


class CompleteMeetsDeadline(Kind):
    """A task is completed at the moment when its time is up."""

    sides = ("complete", "timer")
    files = (DEADLINE,)

    def arrange(self, room: Room):
        instance = room.start("deadline")
        task = room.task(instance).key
        return {"instance": instance, "task": task, "timer": room.due_timer(instance, HOUR)}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        done, fired = results["complete"].won, results["timer"].value
        expect(done != fired, "both or none won")
        if fired:
            refused(results["complete"], "UserTaskCancelled", at=lambda at: at is not None)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        room.expect(instance, lines={"fire-timer": fired}, passed={"end": done, "gone": fired})
        return "complete" if done else "timer"


class CompleteMeetsReminder(Kind):
    """A task is completed at the moment of a reminder, which interrupts nothing."""

    sides = ("complete", "timer")
    files = (DEADLINE,)

    def arrange(self, room: Room):
        instance = room.start("deadline")
        task = room.task(instance).key
        (timer,) = [t for t in room.engine.timers(instance, by=SYSTEM) if t.element_id == "remind"]
        room.clock.advance(timedelta(hours=2))
        return {"instance": instance, "task": task, "timer": timer}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        fired = results["timer"].value
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        room.expect(instance, lines={"fire-timer": fired}, passed={"end": 1, "reminded": fired, "gone": 0})
        return "timer" if fired else "complete"
