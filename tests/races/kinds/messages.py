"""Publishers and those who wait: nothing is lost, nothing comes twice."""

from __future__ import annotations

from datetime import timedelta

from engine import SYSTEM, InstanceState, ProcessInstanceFilter
from engine.commands.messages import ExpireMessages
from tests.engine.diagrams import (
    end,
    message,
    message_event,
    node,
    process,
    receive,
    signal,
    signal_event,
    start,
    user_task,
)

from ..kind import Kind, Results, all_won, expect, one_winner, refused
from ..room import ANNA, BOSS, Room

KEPT = timedelta(hours=1)
WAITS = process(
    "waits",
    start(),
    receive("news", "m"),
    user_task("after", groups="racers"),
    end(),
    roots=message("m", "news"),
    flows="start>news>after>end",
)
WILL_WAIT = process(
    "will_wait",
    start(),
    user_task("before", groups="racers"),
    receive("news", "m"),
    end(),
    roots=message("m", "later-news"),
    flows="start>before>news>end",
)


def crossed(process_id: str, first: str, second: str):
    return process(
        process_id,
        start(),
        receive("first", "m"),
        receive("second", "n"),
        end(),
        roots=message("m", "cross", f"={first}") + message("n", "cross", f"={second}"),
        flows="start>first>second>end",
    )


CROSSED = (crossed("there", "one", "two"), crossed("back", "two", "one"))
INTAKE = process(
    "intake",
    start("begin", message_event("m")),
    user_task("look", groups="racers"),
    end(),
    roots=message("m", "application"),
    flows="begin>look>end",
)
ALARM = process(
    "alarm",
    start(),
    user_task("before", groups="racers"),
    node("intermediateCatchEvent", "heard", signal_event("s")),
    user_task("after", groups="racers"),
    end(),
    roots=signal("s", '="alarm " + name'),
    flows="start>before>heard>after>end",
)


class TwoMessagesOneSubscription(Kind):
    """Two messages are correlated with one that waits."""

    files = (WAITS,)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        return {"instance": room.start("waits", orderId=order), "order": order}

    def act(self, side, engine, thing):
        return engine.correlate_message("news", thing["order"], variables={"from": side}, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "MessageNotCorrelated")
        (kept,) = [v.value for v in room.engine.variables(thing["instance"], by=SYSTEM) if v.name == "from"]
        expect(kept == winner.side, f"{winner.side} was told yes, the message of {kept} came")
        room.expect(thing["instance"], lines={"receive-message": 1}, passed={"news": 1})
        return winner.side


class OneMessageIdTwice(Kind):
    """One message id is published twice."""

    files = (WAITS,)

    def arrange(self, room: Room):
        return f"id {room.number()}"

    def act(self, side, engine, thing):
        return engine.publish_message("kept", thing, message_id=thing, time_to_live=KEPT, by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        return one_winner(results, "AlreadyExists").side


class PublishMeetsSubscribe(Kind):
    """A message is published while the one who waits for it comes: it is never lost."""

    sides = ("arrive", "publish")
    files = (WILL_WAIT,)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        instance = room.start("will_wait", orderId=order)
        return {"instance": instance, "order": order, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "arrive":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.publish_message("later-news", thing["order"], time_to_live=KEPT, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"the message is lost: it is {room.state(instance)}")
        room.expect(instance, lines={"receive-message": 1}, passed={"news": 1, "end": 1})
        entries = room.engine.timeline(instance, by=SYSTEM)
        (line,) = [entry for entry in entries if entry.action == "receive-message"]
        return "publish" if "publishedAt" in line.details else "arrive"


class PassingMessageMeetsSubscribe(Kind):
    """A message that nobody keeps is published while the one who waits for it comes."""

    sides = ("arrive", "publish")
    files = (WILL_WAIT,)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        instance = room.start("will_wait", orderId=order)
        return {"instance": instance, "order": order, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "arrive":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.correlate_message("later-news", thing["order"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["arrive"].won, f"completing was told {results['arrive'].text}")
        heard = results["publish"].won
        if not heard:
            refused(results["publish"], "MessageNotCorrelated")
        state = room.state(thing["instance"])
        expect(state == ("COMPLETED" if heard else "ACTIVE"), f"it is {state}")
        room.expect(thing["instance"], lines={"receive-message": heard}, passed={"news": heard})
        return "arrive" if heard else "publish"


class CrossedMessages(Kind):
    """Two messages wake two instances that each wait for the other message next: both come to their end."""

    sides = ("one", "two")
    files = CROSSED
    share = 0.1  # each trial waits for PostgreSQL to see the deadlock: a second

    def arrange(self, room: Room):
        keys = {side: f"{side} {room.number()}" for side in self.sides}
        return keys | {"instances": [room.start("there", **keys), room.start("back", **keys)]}

    def act(self, side, engine, thing):
        return engine.publish_message("cross", thing[side], time_to_live=KEPT, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        for instance in thing["instances"]:
            expect(room.state(instance) == "COMPLETED", f"{instance} is {room.state(instance)}")
            room.expect(instance, lines={"receive-message": 2}, passed={"first": 1, "second": 1})
        return min(results.values(), key=lambda result: result.ended).side


class TwoMessagesStartOneInstance(Kind):
    """Two messages with one correlation key come to one message start event: one instance runs."""

    files = (INTAKE,)

    def arrange(self, room: Room):
        return f"order {room.number()}"

    def act(self, side, engine, thing):
        return engine.publish_message(
            "application", thing, variables={"from": side}, time_to_live=KEPT, by=BOSS
        )

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instances = started_by_message(room)
        expect(len(instances) == 1, f"{len(instances)} instances run")
        (kept,) = [v.value for v in room.engine.variables(instances[0], by=SYSTEM) if v.name == "from"]
        for instance in (instances[0], None):
            instance = instance or started_by_message(room)[0]
            room.engine.complete_user_task(room.task(instance).key, by=ANNA)
            room.expect(instance, lines={"start-process-instance": 1}, passed={"end": 1})
        left = started_by_message(room)
        expect(not left, f"a third instance runs: {left}")
        return str(kept)


class OneEndsAsTheNextMessageComes(Kind):
    """What a message started ends while the next message with its key comes: that starts the next."""

    sides = ("end", "publish")
    files = (INTAKE,)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        room.engine.publish_message("application", order, by=SYSTEM)
        (instance,) = started_by_message(room)
        return {"instance": instance, "order": order, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "end":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.publish_message("application", thing["order"], time_to_live=KEPT, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        running = started_by_message(room)
        expect(len(running) == 1 and running[0] != thing["instance"], f"{running} run")
        room.engine.complete_user_task(room.task(running[0]).key, by=ANNA)
        expect(not started_by_message(room), "a third instance runs")
        room.expect(running[0], lines={"start-process-instance": 1}, passed={"end": 1})
        # A message that found the key taken was kept, and started its instance in the name of who ended.
        (line,) = [
            entry
            for entry in room.engine.timeline(running[0], by=SYSTEM)
            if entry.action == "start-process-instance"
        ]
        return "publish" if line.actor == "anna" else "end"


def started_by_message(room: Room) -> list[int]:
    wanted = ProcessInstanceFilter(process_id="intake", states=(InstanceState.ACTIVE,))
    return [one.key for one in room.engine.process_instances(wanted, by=SYSTEM).items]


class MessageExpiresAsItsReaderComes(Kind):
    """A node whose clock is ahead throws away the message that somebody is about to take."""

    sides = ("arrive", "expire")
    files = (WILL_WAIT,)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        instance = room.start("will_wait", orderId=order)
        room.engine.publish_message("later-news", order, time_to_live=timedelta(seconds=2), by=SYSTEM)
        room.clock.advance(timedelta(seconds=1))
        return {"instance": instance, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "arrive":
            return engine.complete_user_task(thing["task"], by=ANNA)
        engine.clock.advance(timedelta(seconds=5))
        return engine.commands.run(ExpireMessages(), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        heard = room.state(thing["instance"]) == "COMPLETED"
        room.clock.advance(timedelta(minutes=1))
        room.engine.commands.run(ExpireMessages(), SYSTEM)
        room.expect(thing["instance"], lines={"receive-message": heard}, passed={"before": 1, "news": heard})
        return "arrive" if heard else "expire"


class SignalMeetsSubscription(Kind):
    """A signal is broadcast while somebody comes who waits for it: heard or not, and nothing between."""

    sides = ("arrive", "broadcast")
    files = (ALARM,)

    def arrange(self, room: Room):
        name = str(room.number())
        instance = room.start("alarm", name=name)
        return {"instance": instance, "signal": f"alarm {name}", "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "arrive":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.broadcast_signal(thing["signal"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        heard = bool(room.tasks(instance))
        room.expect(
            instance, lines={"receive-signal": heard, "complete-user-task": 1}, passed={"heard": heard}
        )
        if not heard:
            room.engine.cancel_process_instance(instance, by=SYSTEM)
        return "arrive" if heard else "broadcast"


class OfHearing(Kind, shared=True):
    """An instance that waits for a signal."""

    files = (ALARM,)

    def arrange(self, room: Room):
        name = str(room.number())
        instance = room.start("alarm", name=name)
        room.engine.complete_user_task(room.task(instance).key, by=ANNA)
        return {"instance": instance, "signal": f"alarm {name}"}


class TwoSignalsOneCatch(OfHearing):
    """A signal is broadcast twice to one that waits for it once."""

    def act(self, side, engine, thing):
        return engine.broadcast_signal(thing["signal"], variables={"from": side}, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.task(instance).element_id == "after", "it did not go on")
        (kept,) = [v.value for v in room.engine.variables(instance, by=SYSTEM) if v.name == "from"]
        room.expect(instance, lines={"receive-signal": 1}, passed={"heard": 1})
        return str(kept)


class SignalMeetsCancel(OfHearing):
    """A signal reaches an instance that is being cancelled."""

    sides = ("broadcast", "cancel")

    def act(self, side, engine, thing):
        if side == "broadcast":
            return engine.broadcast_signal(thing["signal"], by=BOSS)
        return engine.cancel_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "TERMINATED", f"it is {room.state(instance)}")
        heard = "heard" in room.passed(instance)
        room.expect(instance, lines={"receive-signal": heard, "cancel-process-instance": 1})
        return "broadcast" if heard else "cancel"
