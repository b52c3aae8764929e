"""What belongs to no instance: deployments, people, keys, the audit trail, records of the business."""

from __future__ import annotations

import hashlib

from engine import SYSTEM, AuditFilter, ProcessInstanceFilter
from engine.commands.timers import FireTimer
from tests.engine.diagrams import (
    end,
    message,
    message_event,
    node,
    process,
    receive,
    service_task,
    start,
    timer_event,
    user_task,
)

from ..kind import Kind, Results, all_won, expect, one_winner
from ..room import ANNA, BOSS, Room
from ..work import keep_record, take_record
from .tasks import APPROVAL, OfOneTask, first_of

RECORDED = process(
    "recorded",
    start(),
    node("parallelGateway", "split"),
    receive("told", "m"),
    user_task("approve", groups="racers"),
    service_task("touch", "race.touch"),
    end(),
    end("heard"),
    roots=message("m", "told"),
    flows="start>split>approve>touch>end; split>told>heard",
)


def version(number: str, process_id: str = "deployed"):
    task = user_task("look", groups=f"group{hashlib.sha256(number.encode()).hexdigest()[:8]}")
    return process(process_id, start(), task, end(), flows="start>look>end")


class OneFileTwice(Kind):
    """One file is deployed twice: it becomes one version."""

    share = 0.5

    def arrange(self, room: Room):
        return f"file {room.number()}"

    def act(self, side, engine, thing):
        result = engine.deploy([version(thing)], by=BOSS)
        (definition,) = result.processes
        return {"key": definition.key, "version": definition.version, "new": result.is_new(definition.key)}

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        one, two = (result.value for result in results.values())
        expect(one["key"] == two["key"], f"one file became {one} and {two}")
        expect(one["new"] != two["new"], f"new is it {one} and {two}")
        return next(side for side, result in results.items() if result.value["new"])


class TwoVersions(Kind):
    """Two versions of one process are deployed: their numbers follow each other."""

    share = 0.5

    def arrange(self, room: Room):
        number = f"file {room.number()}"
        latest = room.engine.process_definitions(by=SYSTEM, limit=500).items
        before = max((d.version for d in latest if d.process_id == "twice"), default=0) if latest else 0
        return {"number": number, "before": before}

    def act(self, side, engine, thing):
        (definition,) = engine.deploy([version(thing["number"] + side, "twice")], by=BOSS).processes
        return definition.version

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        numbers = {side: result.value for side, result in results.items()}
        follow = [thing["before"] + 1, thing["before"] + 2]
        expect(sorted(numbers.values()) == follow, f"they are {numbers}, after {thing['before']}")
        return min(numbers, key=lambda side: numbers[side])


class OfNextVersion(Kind, shared=True):
    """A process that something starts, and its next version."""

    share = 0.5

    def arrange(self, room: Room):
        number = room.number()
        thing = {"process": f"{self.name()}-{number}", "name": f"{self.name()} {number}"}
        room.engine.deploy([self.version(thing, "racers")], by=SYSTEM)
        return thing

    def version(self, thing, groups: str):
        raise NotImplementedError

    def running(self, room: Room, thing) -> list[int]:
        wanted = ProcessInstanceFilter(process_id=thing["process"])
        return [one.process_version for one in room.engine.process_instances(wanted, by=SYSTEM).items]


class DeployMeetsMessageStart(OfNextVersion):
    """A message that starts a process comes while its next version is deployed: one of the two starts."""

    sides = ("deploy", "publish")

    def version(self, thing, groups: str):
        return process(
            thing["process"],
            start("begin", message_event("m")),
            user_task("look", groups=groups),
            end(),
            roots=message("m", thing["name"]),
            flows="begin>look>end",
        )

    def act(self, side, engine, thing):
        if side == "deploy":
            return engine.deploy([self.version(thing, "racers,others")], by=BOSS).key
        return engine.correlate_message(thing["name"], "a", by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        started = self.running(room, thing)
        expect(len(started) == 1, f"versions {started} were started")
        return "publish" if started == [1] else "deploy"


class DeployMeetsStartTimer(OfNextVersion):
    """A timer that starts a process fires while its next version is deployed: one timer goes on."""

    sides = ("deploy", "timer")

    def version(self, thing, groups: str):
        return process(
            thing["process"],
            start("begin", timer_event("Cycle", "R/P1D")),
            user_task("look", groups=groups),
            end(),
            flows="begin>look>end",
        )

    def arrange(self, room: Room):
        thing = super().arrange(room)
        key = room.engine.latest_process_definition(thing["process"]).key
        with room.database.read() as view:
            (timer,) = view.timers.starts_of(key)
        room.clock.set(max(timer.due_at, room.clock.now()))
        return thing | {"timer": timer}

    def act(self, side, engine, thing):
        if side == "deploy":
            return engine.deploy([self.version(thing, "racers,others")], by=BOSS).key
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        fired = results["timer"].value
        expect(self.running(room, thing) == [1] * fired, f"{self.running(room, thing)} were started")
        versions = [
            room.engine.latest_process_definition(thing["process"]).key,
            thing["timer"].definition_key,
        ]
        with room.database.read() as view:
            waiting = [len(view.timers.starts_of(key)) for key in versions]
        expect(waiting == [1, 0], f"{waiting} timers of the new and the old version wait")
        last = process(thing["process"], start(), end(), flows="start>end")
        room.engine.deploy([last], by=SYSTEM)  # no timer is left to fire in other races
        return "timer" if fired else "deploy"


class TwoUsersOneName(Kind):
    """Two administrators create a user with one name."""

    def arrange(self, room: Room):
        return f"user{room.number()}"

    def act(self, side, engine, thing):
        return engine.create_user(thing, side, groups=["racers"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "AlreadyExists")
        expect(room.engine.user(thing).name == winner.side, "the loser's name stands there")
        lines = room.engine.audit(AuditFilter(subject_kind="user", subject_key=thing), by=SYSTEM).items
        expect(len(lines) == 1, f"{len(lines)} lines in the trail")
        return winner.side


class TwoPutOneGroup(Kind):
    """Two administrators put one group: one of the two wishes stands there whole."""

    wishes = {"anna": ["operate", "start"], "bert": ["deploy", "start"]}

    def arrange(self, room: Room):
        group = f"group{room.number()}"
        if room.dice.random() < 0.5:
            room.engine.create_group(group, "before", by=SYSTEM)
        return group

    def act(self, side, engine, thing):
        return engine.create_group(thing, side, permissions=self.wishes[side], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        (group,) = [group for group in room.engine.groups() if group.group_id == thing]
        expect(group.permissions == set(self.wishes[group.name]), f"{group.name} wished {group.permissions}")
        return next(side for side in self.sides if side != group.name)


class OneResetTwice(Kind):
    """One link to set a password is used twice."""

    share = 0.1  # hashing a password takes its time on purpose
    in_gate = False

    def arrange(self, room: Room):
        return room.engine.offer_password_reset("carl", by=SYSTEM)

    def act(self, side, engine, thing):
        return engine.reset_password(thing, f"a long password of {side}").user_id

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "NotAuthenticated")
        expect(room.engine.authenticate("carl", f"a long password of {winner.side}"), "it does not hold")
        return winner.side


class TwoWrongPasswords(Kind):
    """Two guess at one account from two addresses: both guesses are counted."""

    share = 0.1
    in_gate = False

    def arrange(self, room: Room):
        return f"nobody{room.number()}"

    def act(self, side, engine, thing):
        return engine.authenticate(thing, "a wrong password", ip=f"{side} of {thing}")

    def judge(self, room: Room, thing, results: Results) -> str:
        for result in results.values():
            expect(result.error == "NotAuthenticated", f"{result.side} was told {result.text or 'yes'}")
        subject = f"name:{hashlib.sha256(thing.encode()).hexdigest()}"
        with room.database.read() as view:
            throttle = view.identity.throttle(subject)
        failures = throttle.failures if throttle else 0
        expect(failures == 2, f"{failures} of 2 guesses were counted")
        return min(results.values(), key=lambda result: result.ended).side


class KeysOfTwoProcesses(Kind):
    """Two processes start instances and take keys in blocks: no key twice."""

    sides = ("n1", "n2")
    files = (APPROVAL,)
    in_processes = True
    share = 0.5

    def arrange(self, room: Room):
        return None

    def act(self, side, engine, thing):
        with engine.database.write() as unit:
            keys = [unit.keys.next() for _ in range(37)]
        return keys, engine.start_process_instance("approval", by=SYSTEM).key

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        taken = [key for result in results.values() for key in (*result.value[0], result.value[1])]
        expect(len(taken) == len(set(taken)), "a key was handed out twice")
        for result in results.values():
            room.expect(result.value[1], lines={"start-process-instance": 1})
        return min(results.values(), key=lambda result: result.ended).side


class SealMeetsAppend(OfOneTask):
    """The trail is sealed while somebody adds to it: the seal holds."""

    sides = ("complete", "seal")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        heads = engine.audit_heads(by=SYSTEM)
        return [head for head in heads if head.chain in (0, thing["instance"])]

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        heads = results["seal"].value
        entries = {entry.hash: entry for entry in room.engine.timeline(thing["instance"], by=SYSTEM)}
        (head,) = [head for head in heads if head.chain == thing["instance"]]
        expect(head.hash in entries, "the sealed head stands in no line")
        position = list(entries).index(head.hash) + 1
        expect(position == head.length, f"line {position} was sealed as line {head.length}")
        room.expect(thing["instance"], lines={"complete-user-task": 1})
        return "complete" if position == len(entries) else "seal"


class RecordsMeetStep(Kind):
    """A page holds a record and tells the process, which holds itself and wants the record."""

    sides = ("page", "step")
    files = (RECORDED,)
    share = 0.1  # most trials wait for PostgreSQL to see the deadlock: a second

    def prepare(self, room: Room) -> None:
        with room.engine.transaction(by=SYSTEM, action="keep a record") as transaction:
            keep_record(transaction.records)

    def arrange(self, room: Room):
        order = f"order {room.number()}"
        instance = room.start("recorded", orderId=order)
        return {"instance": instance, "order": order, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "step":
            return engine.complete_user_task(thing["task"], by=ANNA)

        def tell(transaction):
            take_record(transaction.records)
            return transaction.publish_message("told", thing["order"])

        return engine.in_transaction(tell, by=BOSS, action="tell")

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance = thing["instance"]
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        room.expect(instance, lines={"receive-message": 1, "complete-user-task": 1}, passed={"touch": 1})
        actions = {"receive-message": "page", "complete-user-task": "step"}
        return first_of(room, instance, actions)
