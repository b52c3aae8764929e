"""Two people and one task."""

from __future__ import annotations

from engine import SYSTEM
from tests.engine.diagrams import end, node, process, start, user_task

from ..kind import Kind, Results, all_won, expect, one_winner, refused
from ..room import ANNA, BERT, BOSS, CARL, Room, actor

APPROVAL = process(
    "approval", start(), user_task("approve", groups="racers"), end(), flows="start>approve>end"
)
BOTH_EYES = process(
    "both_eyes",
    start(),
    node("parallelGateway", "split"),
    user_task("one", groups="racers", tenure__excludeActorsOf="two"),
    user_task("two", groups="racers", tenure__excludeActorsOf="one"),
    node("parallelGateway", "join"),
    end(),
    flows="start>split>one>join>end; split>two>join",
)
DONE = {"complete-user-task": 1}


class OfOneTask(Kind, shared=True):
    """The task of one instance."""

    files = (APPROVAL,)

    def arrange(self, room: Room) -> dict[str, int]:
        instance = room.start("approval")
        return {"instance": instance, "task": room.task(instance).key}


def first_of(room: Room, instance: int, actions: dict[str, str]) -> str:
    """The side whose action stands first in the trail; `actions` maps actions to sides."""
    return next(actions[line] for line in room.lines(instance) if line in actions)


class TwoComplete(OfOneTask):
    """Two people complete one task."""

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing["task"], {"by": side}, by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "UserTaskAlreadyCompleted")
        (loser,) = [r for r in results.values() if not r.won]
        refused(loser, "UserTaskAlreadyCompleted", by=winner.side, at=lambda at: at is not None)
        (kept,) = [v for v in room.engine.variables(thing["instance"], by=SYSTEM) if v.name == "by"]
        expect(kept.value == winner.side, f"{winner.side} completed, {kept.value} was kept")
        room.expect(thing["instance"], lines=DONE, passed={"approve": 1, "end": 1})
        return winner.side


class TwoClaim(OfOneTask):
    """Two people claim one task."""

    def act(self, side, engine, thing):
        return engine.claim_user_task(thing["task"], by=actor(side))

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "UserTaskAlreadyClaimed", by=lambda by: by in self.sides)
        (loser,) = [r for r in results.values() if not r.won]
        refused(loser, "UserTaskAlreadyClaimed", by=winner.side)
        task = room.engine.user_task(thing["task"], by=SYSTEM)
        expect((task.assignee, task.version) == (winner.side, 2), f"{task.assignee} has it, {task.version}")
        room.expect(thing["instance"], lines={"claim-user-task": 1})
        return winner.side


class TwoDelegate(OfOneTask):
    """The assignee delegates one task to two people, from two windows."""

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.engine.claim_user_task(thing["task"], by=CARL)
        return thing

    def act(self, side, engine, thing):
        return engine.delegate_user_task(thing["task"], side, by=CARL)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "UserTaskAlreadyClaimed", by=lambda by: by in self.sides)
        (loser,) = [r for r in results.values() if not r.won]
        refused(loser, "UserTaskAlreadyClaimed", by=winner.side)
        assignee = room.engine.user_task(thing["task"], by=SYSTEM).assignee
        expect(assignee == winner.side, f"{assignee} has it")
        room.expect(thing["instance"], lines={"delegate-user-task": 1, "claim-user-task": 1})
        return winner.side


class DelegateMeetsComplete(OfOneTask):
    """The assignee completes in one window what they delegate in the other."""

    sides = ("complete", "delegate")

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.engine.claim_user_task(thing["task"], by=CARL)
        return thing

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_user_task(thing["task"], by=CARL)
        return engine.delegate_user_task(thing["task"], "anna", by=CARL)

    def judge(self, room: Room, thing, results: Results) -> str:
        if results["complete"].won:
            refused(results["delegate"], "UserTaskAlreadyCompleted", by="carl")
        else:
            refused(results["complete"], "UserTaskAlreadyClaimed", by="anna")
            expect(results["delegate"].won, "nobody won")
        done = results["complete"].won
        room.expect(thing["instance"], lines={"complete-user-task": done, "delegate-user-task": not done})
        return "complete" if done else "delegate"


class AssignMeetsClaim(OfOneTask):
    """An operator gives to one person what another claims: the operator may take it away again."""

    sides = ("assign", "claim")

    def act(self, side, engine, thing):
        if side == "claim":
            return engine.claim_user_task(thing["task"], by=BERT)
        return engine.assign_user_task(thing["task"], "carl", by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["assign"].won, f"the operator was told {results['assign'].text}")
        if not results["claim"].won:
            refused(results["claim"], "UserTaskAlreadyClaimed", by="carl")
        task = room.engine.user_task(thing["task"], by=SYSTEM)
        expect(task.assignee == "carl", f"{task.assignee} has it")
        room.expect(thing["instance"], lines={"assign-user-task": 1, "claim-user-task": results["claim"].won})
        return "claim" if results["claim"].won else "assign"


class ClaimMeetsComplete(OfOneTask):
    """One person claims what another completes."""

    sides = ("claim", "complete")

    def act(self, side, engine, thing):
        if side == "claim":
            return engine.claim_user_task(thing["task"], by=ANNA)
        return engine.complete_user_task(thing["task"], by=BERT)

    def judge(self, room: Room, thing, results: Results) -> str:
        claimed = results["claim"].won
        expect(claimed != results["complete"].won, "both or none won")
        if claimed:
            refused(results["complete"], "UserTaskAlreadyClaimed", by="anna")
        else:
            refused(results["claim"], "UserTaskAlreadyCompleted", by="bert", at=lambda at: at is not None)
        lines = {"claim-user-task": claimed, "complete-user-task": not claimed}
        room.expect(thing["instance"], lines=lines, passed={"end": not claimed})
        return "claim" if claimed else "complete"


class GiveBackMeetsComplete(OfOneTask):
    """One person gives back what another tries to complete."""

    sides = ("complete", "give back")

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.engine.claim_user_task(thing["task"], by=ANNA)
        return thing

    def act(self, side, engine, thing):
        if side == "give back":
            return engine.unclaim_user_task(thing["task"], by=ANNA)
        return engine.complete_user_task(thing["task"], by=BERT)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["give back"].won, f"anna was told {results['give back'].text}")
        done = results["complete"].won
        if not done:
            refused(results["complete"], "UserTaskAlreadyClaimed", by="anna")
        room.expect(thing["instance"], lines={"unclaim-user-task": 1, "complete-user-task": done})
        return "give back" if done else "complete"


class GiveBackMeetsClaim(OfOneTask):
    """One person gives back what another tries to claim."""

    sides = ("claim", "give back")

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.engine.claim_user_task(thing["task"], by=ANNA)
        return thing

    def act(self, side, engine, thing):
        if side == "give back":
            return engine.unclaim_user_task(thing["task"], by=ANNA)
        return engine.claim_user_task(thing["task"], by=BERT)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["give back"].won, f"anna was told {results['give back'].text}")
        claimed = results["claim"].won
        if not claimed:
            refused(results["claim"], "UserTaskAlreadyClaimed", by="anna")
        assignee = room.engine.user_task(thing["task"], by=SYSTEM).assignee
        expect(assignee == ("bert" if claimed else None), f"{assignee} has it")
        room.expect(thing["instance"], lines={"unclaim-user-task": 1, "claim-user-task": 1 + claimed})
        return "give back" if claimed else "claim"


class DraftMeetsComplete(OfOneTask):
    """One window saves a draft of what the other completes: no draft is left of a completed task."""

    sides = ("complete", "draft")

    def act(self, side, engine, thing):
        if side == "draft":
            return engine.save_draft(thing["task"], {"a": 1}, by=ANNA)
        return engine.complete_user_task(thing["task"], by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        expect(room.engine.draft(thing["task"], by=ANNA) is None, "a draft is left")
        room.expect(thing["instance"], lines=DONE)
        if results["draft"].won:
            return "draft"
        refused(results["draft"], "UserTaskAlreadyCompleted", by="anna")
        return "complete"


class CommentMeetsComplete(OfOneTask):
    """A comment comes while the task is completed: it is never lost."""

    sides = ("comment", "complete")

    def act(self, side, engine, thing):
        if side == "comment":
            return engine.add_comment(thing["task"], "look", by=ANNA)
        return engine.complete_user_task(thing["task"], by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        expect(len(room.engine.comments(thing["task"], by=SYSTEM)) == 1, "the comment is lost")
        room.expect(thing["instance"], lines=DONE | {"add-comment": 1})
        actions = {"add-comment": "comment", "complete-user-task": "complete"}
        return first_of(room, thing["instance"], actions)


class ChangeMeetsComplete(OfOneTask):
    """A page completes the version it saw while an operator changes the task."""

    sides = ("change", "complete")

    def act(self, side, engine, thing):
        if side == "change":
            return engine.update_user_task(thing["task"], priority=70, by=BOSS)
        return engine.complete_user_task(thing["task"], by=ANNA, version=1)

    def judge(self, room: Room, thing, results: Results) -> str:
        done = results["complete"].won
        expect(done != results["change"].won, "both or none won")
        if done:
            refused(results["change"], "UserTaskAlreadyCompleted", by="anna")
        else:
            refused(results["complete"], "StaleVersion", seen=1, current=2)
        room.expect(thing["instance"], lines={"complete-user-task": done, "update-user-task": not done})
        return "complete" if done else "change"


class VariablesMeetComplete(OfOneTask):
    """An operator sets the variable that the completion writes."""

    sides = ("complete", "set")

    def act(self, side, engine, thing):
        if side == "set":
            return engine.set_variables(thing["instance"], {"amount": 1}, by=BOSS)
        return engine.complete_user_task(thing["task"], {"amount": 2}, by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        if not results["set"].won:
            refused(results["set"], "ProcessInstanceNotActive", state="COMPLETED")
        (kept,) = [v for v in room.engine.variables(thing["instance"], by=SYSTEM) if v.name == "amount"]
        expect(kept.value == 2, f"{kept.value} was kept")
        room.expect(thing["instance"], lines=DONE | {"set-variables": results["set"].won})
        return "set" if results["set"].won else "complete"


class FourEyesAtOnce(Kind):
    """One person completes two tasks that must not be one person's, from two windows."""

    sides = ("one", "two")
    files = (BOTH_EYES,)

    def arrange(self, room: Room):
        instance = room.start("both_eyes")
        return {"instance": instance} | {task.element_id: task.key for task in room.tasks(instance)}

    def act(self, side, engine, thing):
        return engine.complete_user_task(thing[side], by=ANNA)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "FourEyesViolation", actor="anna")
        room.expect(thing["instance"], lines=DONE, passed={winner.side: 1, "join": 0})
        return winner.side
