"""A whole instance is cancelled, suspended or repaired while somebody works in it."""

from __future__ import annotations

from datetime import timedelta

from engine import SYSTEM, BatchOperationType, BatchRepair, ProcessInstanceFilter
from engine.commands.timers import FireTimer
from tests.engine.diagrams import boundary, end, node, process, start, timer_event, user_task

from ..kind import Kind, Results, all_won, expect, one_winner, refused
from ..room import ANNA, BOSS, Room
from .tasks import OfOneTask

HOUR = timedelta(hours=1)
CHILD = process("called", start(), user_task("approve", groups="racers"), end(), flows="start>approve>end")


def calls(process_id: str, inner: str = "") -> str:
    return node("callActivity", "call", inner, f'<zeebe:calledElement processId="{process_id}" />')


PARENT = process(
    "caller",
    start(),
    calls("called"),
    boundary("late", "call", timer_event("Duration", "PT1H")),
    end(),
    end("given_up"),
    flows="start>call>end; late>given_up",
)
TWO_STEPS = process(
    "two_steps",
    start(),
    user_task("approve", groups="racers"),
    user_task("sign", groups="racers"),
    end(),
    flows="start>approve>sign>end",
)


class TwoCancel(OfOneTask):
    """Two operators cancel one instance."""

    def act(self, side, engine, thing):
        return engine.cancel_process_instance(thing["instance"], by=BOSS, reason=side)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "ProcessInstanceNotActive", state="TERMINATED")
        (line,) = [
            entry
            for entry in room.engine.timeline(thing["instance"], by=SYSTEM)
            if entry.action == "cancel-process-instance"
        ]
        expect(line.details["reason"] == winner.side, f"the trail tells of {line.details}")
        room.expect(thing["instance"], passed={"approve": 0})
        return winner.side


class CompleteMeetsCancel(OfOneTask):
    """One person completes the task of an instance that an operator cancels."""

    sides = ("cancel", "complete")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.cancel_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        return cancelled_or_completed(room, thing["instance"], results)


def cancelled_or_completed(room: Room, instance: int, results: Results) -> str:
    done = results["complete"].won
    expect(done != results["cancel"].won, "both or none won")
    if done:
        refused(results["cancel"], "ProcessInstanceNotActive", state="COMPLETED")
    else:
        refused(results["complete"], "UserTaskCancelled", at=lambda at: at is not None)
    expect(room.state(instance) == ("COMPLETED" if done else "TERMINATED"), f"it is {room.state(instance)}")
    room.expect(instance, lines={"cancel-process-instance": not done})
    return "complete" if done else "cancel"


class ChildCompletesWhileParentIsCancelled(Kind):
    """The last task of a called instance is completed while its caller is cancelled."""

    sides = ("cancel", "complete")
    files = (CHILD, PARENT)

    def arrange(self, room: Room):
        instance = room.start("caller")
        return {"instance": instance, "task": room.task(instance).key}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.cancel_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        return cancelled_or_completed(room, thing["instance"], results)


class ChildCompletesWhileParentsTimerFires(Kind):
    """The last task of a called instance is completed while the time of its caller is up."""

    sides = ("complete", "timer")
    files = (CHILD, PARENT)

    def arrange(self, room: Room):
        instance = room.start("caller")
        task = room.task(instance).key
        return {"instance": instance, "task": task, "timer": room.due_timer(instance, HOUR)}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        instance, done = thing["instance"], results["complete"].won
        if done and not results["timer"].value:
            room.engine.run_until_idle()
        expect(results["timer"].won, f"the timer was told {results['timer'].text}")
        expect(done != results["timer"].value, "both or none won")
        if not done:
            refused(results["complete"], "UserTaskCancelled")
        expect(room.state(instance) == "COMPLETED", f"it is {room.state(instance)}")
        passed = {"end": done, "given_up": not done, "call": done}
        room.expect(instance, lines={"fire-timer": not done}, passed=passed)
        return "complete" if done else "timer"


class SuspendMeetsComplete(OfOneTask):
    """An operator suspends the instance whose task is completed."""

    sides = ("complete", "suspend")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.suspend_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        done = results["complete"].won
        expect(done != results["suspend"].won, "both or none won")
        if done:
            refused(results["suspend"], "ProcessInstanceNotActive", state="COMPLETED")
        else:
            refused(results["complete"], "ProcessInstanceNotActive", state="SUSPENDED")
        room.expect(thing["instance"], lines={"suspend-process-instance": not done}, passed={"end": done})
        return "complete" if done else "suspend"


class OfTwoSteps(Kind, shared=True):
    """The first task of an instance of two steps."""

    files = (TWO_STEPS,)

    def arrange(self, room: Room):
        instance = room.start("two_steps")
        task = room.task(instance)
        return {"instance": instance, "task": task.key, "element": task.element_instance_key}


class SkipMeetsComplete(OfTwoSteps):
    """An operator skips the step that somebody completes."""

    sides = ("complete", "skip")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.skip_element(thing["element"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        done = results["complete"].won
        expect(done != results["skip"].won, "both or none won")
        if done:
            refused(results["skip"], "ElementInstanceNotFound")
        else:
            refused(results["complete"], "UserTaskCancelled")
        expect(room.task(thing["instance"]).element_id == "sign", "the second step does not wait")
        room.expect(thing["instance"], lines={"skip-element": not done}, passed={"approve": 1})
        return "complete" if done else "skip"


class MoveMeetsComplete(OfTwoSteps):
    """An operator moves the token that somebody sends on."""

    sides = ("complete", "move")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.modify_process_instance(thing["instance"], move={thing["element"]: "sign"}, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        done = results["complete"].won
        expect(done != results["move"].won, "both or none won")
        if done:
            refused(results["move"], "ElementInstanceNotFound")
        else:
            refused(results["complete"], "UserTaskCancelled")
        expect(room.task(thing["instance"]).element_id == "sign", "the second step does not wait")
        room.expect(
            thing["instance"], lines={"modify-process-instance": not done}, passed={"approve": int(done)}
        )
        return "complete" if done else "move"


class LocalVariablesMeetComplete(OfTwoSteps):
    """An operator writes a variable of a step that somebody completes."""

    sides = ("complete", "set")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.set_variables(thing["element"], {"note": 1}, local=True, by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        written = results["set"].won
        if not written:
            refused(results["set"], "ElementInstanceNotFound")
        room.expect(thing["instance"], lines={"set-variables": written, "complete-user-task": 1})
        return "set" if written else "complete"


def moving(*steps: str):
    tasks = [user_task(step, groups="racers") for step in steps]
    flows = ">".join(("start", *steps, "end"))
    return process("moving", start(), *tasks, end(), flows=flows, file=f"moving_{len(steps)}.bpmn")


class MigrationMeetsComplete(Kind):
    """An instance is migrated to a version with one more step while its last task is completed."""

    sides = ("complete", "migrate")
    files = (moving("approve"), moving("approve", "sign"))

    def arrange(self, room: Room):
        instance = room.engine.start_process_instance("moving", version=1, by=SYSTEM).key
        target = room.engine.latest_process_definition("moving").key
        return {"instance": instance, "task": room.task(instance).key, "target": target}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.migrate_process_instance(thing["instance"], thing["target"], by=BOSS).problems

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        migrated, instance = results["migrate"].won, thing["instance"]
        seen = room.engine.process_instance(instance, by=SYSTEM)
        if migrated:
            expect((seen.state, seen.process_version) == ("ACTIVE", 2), f"it is {seen}")
            task = room.task(instance)
            expect((task.element_id, task.process_version) == ("sign", 2), f"{task} waits")
        else:
            refused(results["migrate"], "ProcessInstanceNotActive", state="COMPLETED")
            expect((seen.state, seen.process_version) == ("COMPLETED", 1), f"it is {seen}")
        room.expect(instance, lines={"complete-user-task": 1}, passed={"approve": 1, "end": not migrated})
        return "migrate" if migrated else "complete"


class TwoMigrate(Kind):
    """Two operators migrate the version of an instance that both saw."""

    files = MigrationMeetsComplete.files

    def arrange(self, room: Room):
        instance = room.engine.start_process_instance("moving", version=1, by=SYSTEM)
        target = room.engine.latest_process_definition("moving").key
        return {"instance": instance.key, "version": instance.version, "target": target}

    def act(self, side, engine, thing):
        engine.migrate_process_instance(
            thing["instance"], thing["target"], version=thing["version"], by=BOSS, reason=side
        )

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "StaleVersion", seen=thing["version"])
        task = room.task(thing["instance"])
        expect(task.process_version == 2, f"{task} waits")
        (line,) = [
            entry
            for entry in room.engine.timeline(thing["instance"], by=SYSTEM)
            if entry.action.startswith("migrate")
        ]
        expect(line.details["reason"] == winner.side, f"the trail tells of {line.details}")
        return winner.side


class BatchMeetsComplete(OfOneTask):
    """A batch operation cancels what somebody completes: its item fails, or the task is cancelled."""

    sides = ("batch", "complete")

    def arrange(self, room: Room):
        thing = super().arrange(room)
        repair = BatchRepair(type=BatchOperationType.CANCEL_PROCESS_INSTANCE)
        wanted = ProcessInstanceFilter(keys=(thing["instance"],))
        batch = room.engine.create_batch_operation(repair, wanted, by=BOSS)
        return thing | {"batch": batch.key}

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=ANNA)
        return engine.run_until_idle()

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["batch"].won, f"the batch was told {results['batch'].text}")
        room.engine.run_until_idle()
        done, instance = results["complete"].won, thing["instance"]
        if not done:
            refused(results["complete"], "UserTaskCancelled", at=lambda at: at is not None)
        batch = room.engine.batch_operation(thing["batch"], by=SYSTEM)
        expect(batch.state == "COMPLETED", f"the batch is {batch.state}")
        expect((batch.completed, batch.failed) == (not done, done), f"{batch.completed} items done, {done}")
        expect(
            room.state(instance) == ("COMPLETED" if done else "TERMINATED"), f"it is {room.state(instance)}"
        )
        room.expect(instance, lines={"cancel-process-instance": not done, "complete-user-task": done})
        return "complete" if done else "batch"


class TwoNodesOneBatch(Kind):
    """Two nodes work off one batch operation: each item once."""

    sides = ("n1", "n2")
    files = OfOneTask.files
    in_processes = True
    share = 0.5

    def arrange(self, room: Room):
        instances = [room.start("approval") for _ in range(4)]
        repair = BatchRepair(type=BatchOperationType.UPDATE_VARIABLE, variables={"seen": True})
        wanted = ProcessInstanceFilter(keys=tuple(instances))
        batch = room.engine.create_batch_operation(repair, wanted, by=BOSS)
        return {"instances": instances, "batch": batch.key}

    def act(self, side, engine, thing):
        return engine.run_until_idle()

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        room.engine.run_until_idle()
        batch = room.engine.batch_operation(thing["batch"], by=SYSTEM)
        expect((batch.state, batch.completed, batch.failed) == ("COMPLETED", 4, 0), f"it is {batch}")
        for instance in thing["instances"]:
            room.expect(instance, lines={"set-variables": 1})
        done = {side: result.value for side, result in results.items()}
        return max(done, key=lambda side: done[side])
