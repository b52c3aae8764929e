"""Nodes, their jobs and their timers: most of these race in processes of their own."""

from __future__ import annotations

from datetime import timedelta

from engine import SYSTEM, IncidentFilter, ProcessInstanceFilter
from engine.commands.jobs import ExtendLocks
from engine.commands.timers import FireTimer
from engine.jobs import JobRunner
from engine.jobs.idle import due_timers
from tests.engine.diagrams import end, node, process, service_task, start, timer_event, user_task

from ..kind import Kind, Results, all_won, expect, one_winner, refused
from ..room import BOSS, Room
from .instances import HOUR

LOCK = timedelta(minutes=5)
WORK = process("work", start(), service_task("do", "outside"), end(), flows="start>do>end")
MANY = process(
    "many",
    start(),
    *[service_task(f"do{n}", "shared") for n in range(6)],
    node("parallelGateway", "split"),
    end(),
    flows="start>split; " + "; ".join(f"split>do{n}>end" for n in range(6)),
)
SENDING = process("sending", start(), service_task("send", "race.send"), end(), flows="start>send>end")
SECOND = process("second", start(), service_task("do", "race.second"), end(), flows="start>do>end")
PAUSE = process(
    "pause",
    start(),
    node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H")),
    service_task("book", "race.book"),
    service_task("send", "race.send"),
    end(),
    flows="start>wait>book>send>end",
)


class OfOneJob(Kind, shared=True):
    """The job of one instance, taken by worker `one`."""

    files = (WORK,)

    def arrange(self, room: Room):
        instance = room.start("work")
        job = room.job("outside", worker="one", lock_time=LOCK)
        return {"instance": instance, "job": job.key, "taken": job}


class TwoCompleteOneJob(OfOneJob):
    """One job is completed twice, by a caller that names no worker."""

    sides = ("a", "b")

    def act(self, side, engine, thing):
        return engine.complete_job(thing["job"], {"by": side}, by=SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "JobNotActivatable")
        (kept,) = [v.value for v in room.engine.variables(thing["instance"], by=SYSTEM) if v.name == "by"]
        expect(kept == winner.side, f"{winner.side} completed, {kept} was kept")
        room.expect(thing["instance"], lines={"complete-job": 1}, passed={"do": 1, "end": 1})
        return winner.side


class CompleteMeetsFail(OfOneJob):
    """One job is completed and failed for good."""

    sides = ("complete", "fail")

    def act(self, side, engine, thing):
        if side == "complete":
            return engine.complete_job(thing["job"], by=SYSTEM)
        return engine.fail_job(thing["job"], retries=0, message="no", worker="one", by=SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["complete"].won, f"completing was told {results['complete'].text}")
        failed = results["fail"].won
        if not failed:
            refused(results["fail"], "JobNotActivatable")
        expect(room.state(thing["instance"]) == "COMPLETED", "it did not go on")
        room.expect(thing["instance"], lines={"complete-job": 1, "fail-job": failed}, passed={"do": 1})
        return "fail" if failed else "complete"


class LateWorkerMeetsTheNext(OfOneJob):
    """A worker comes back after its lock has expired, while the next one takes the job."""

    sides = ("late", "next")
    in_processes = True

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.clock.advance(LOCK)
        return thing

    def act(self, side, engine, thing):
        if side == "late":
            return engine.complete_job(thing["job"], worker="one", by=SYSTEM)
        return [job.key for job in engine.activate_jobs("outside", worker="two", lock_time=LOCK, by=SYSTEM)]

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["next"].won, f"the next was told {results['next'].text}")
        taken = results["next"].value == [thing["job"]]
        if taken:
            refused(results["late"], "JobNotActivatable")
            expect("'two'" in results["late"].text, f"the late one was told {results['late'].text}")
            room.engine.complete_job(thing["job"], worker="two", by=SYSTEM)
        else:
            expect(results["late"].won, f"nobody has it; the late one was told {results['late'].text}")
        room.expect(thing["instance"], lines={"complete-job": 1}, passed={"do": 1, "end": 1})
        return "next" if taken else "late"


class LateWorkerMeetsTheNextResult(OfOneJob):
    """Two workers hold one job one after the other, and both bring a result: that of the later one counts."""

    sides = ("one", "two")
    in_processes = True

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.clock.advance(LOCK)
        room.job("outside", worker="two", lock_time=LOCK)
        return thing

    def act(self, side, engine, thing):
        return engine.complete_job(thing["job"], {"by": side}, worker=side, by=SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["two"].won, f"the holder was told {results['two'].text}")
        refused(results["one"], "JobNotActivatable")
        (kept,) = [v.value for v in room.engine.variables(thing["instance"], by=SYSTEM) if v.name == "by"]
        expect(kept == "two", f"the result of {kept} was kept")
        room.expect(thing["instance"], lines={"complete-job": 1}, passed={"do": 1, "end": 1})
        # Who is refused says whether the holder had come before.
        return "two" if "completed" in results["one"].text else "one"


class LateNodeMeetsTheNext(Kind):
    """A node runs a handler within the step after its lock has expired, while the next takes the job."""

    sides = ("late", "next")
    files = (SECOND,)
    in_processes = True

    def arrange(self, room: Room):
        instance = room.start("second")
        room.clock.advance(LOCK)
        (job,) = JobRunner(room.engine.commands, worker="late").take(1)
        room.clock.advance(LOCK)
        return {"instance": instance, "job": job}

    def act(self, side, engine, thing):
        runner = JobRunner(engine.commands, worker=side)
        jobs = [thing["job"]] if side == "late" else runner.take(1)
        for job in jobs:
            runner.run(job)
        return len(jobs)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        expect(room.state(thing["instance"]) == "COMPLETED", "nobody did it")
        room.expect(thing["instance"], lines={"complete-job": 1}, passed={"do": 1, "end": 1})
        return "next" if results["next"].value else "late"


class ExtensionMeetsFailure(OfOneJob):
    """A node holds its jobs longer while one of them fails for good: it must not be taken again."""

    sides = ("extend", "fail")

    def act(self, side, engine, thing):
        if side == "extend":
            return engine.commands.run(ExtendLocks(jobs=(thing["taken"],), lock_time=LOCK), SYSTEM)
        return engine.fail_job(thing["job"], retries=0, message="no", worker="one", by=SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        with room.database.read() as view:
            job = view.jobs.get(thing["job"])
        expect((job.locked_until, job.worker) == (None, ""), f"the lock is kept until {job.locked_until}")
        room.clock.advance(2 * LOCK)
        free = room.engine.activate_jobs("outside", by=SYSTEM)
        expect(not free, "a job without retries was taken again")
        room.engine.cancel_process_instance(thing["instance"], by=SYSTEM)
        room.expect(thing["instance"], lines={"fail-job": 1}, passed={"do": 0})
        return min(results.values(), key=lambda result: result.ended).side


class ManyWorkersManyJobs(Kind):
    """Four workers take six jobs: each job goes to one."""

    sides = ("w1", "w2", "w3", "w4")
    files = (MANY,)
    share = 0.5

    def arrange(self, room: Room):
        return room.start("many")

    def act(self, side, engine, thing):
        return [job.key for job in engine.activate_jobs("shared", worker=side, max_jobs=2, by=SYSTEM)]

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        taken = [key for result in results.values() for key in result.value]
        expect(len(taken) == len(set(taken)), f"taken twice: {sorted(taken)}")
        left = room.engine.activate_jobs("shared", worker="rest", max_jobs=6, by=SYSTEM)
        expect(len(taken) + len(left) == 6, f"{len(taken)} were taken, {len(left)} are left")
        for side, result in results.items():
            for key in result.value:
                room.engine.complete_job(key, worker=side, by=SYSTEM)
        for job in left:
            room.engine.complete_job(job.key, worker="rest", by=SYSTEM)
        expect(room.state(thing) == "COMPLETED", f"it is {room.state(thing)}")
        room.expect(thing, lines={"complete-job": 6}, passed={"end": 6})
        return next(side for side, result in results.items() if min(taken) in result.value)


class TwoNodesOneJob(Kind):
    """Two nodes take and run one job."""

    sides = ("n1", "n2")
    files = (SENDING,)
    in_processes = True

    def arrange(self, room: Room):
        return room.start("sending")

    def act(self, side, engine, thing):
        runner = JobRunner(engine.commands, worker=side)
        jobs = runner.take(5)
        for job in jobs:
            runner.run(job)
        return len(jobs)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        took = [side for side, result in results.items() if result.value]
        expect(len(took) == 1, f"{took} took it")
        expect(room.state(thing) == "COMPLETED", f"it is {room.state(thing)}")
        room.expect(thing, lines={"complete-job": 1}, passed={"send": 1, "end": 1})
        return took[0]


class TwoNodesOneTimer(Kind):
    """Two nodes fire one timer."""

    sides = ("n1", "n2")
    files = (PAUSE,)
    in_processes = True

    def arrange(self, room: Room):
        instance = room.start("pause")
        return {"instance": instance, "timer": room.due_timer(instance, HOUR)}

    def act(self, side, engine, thing):
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        fired = [side for side, result in results.items() if result.value]
        expect(len(fired) == 1, f"{fired} fired it")
        room.engine.run_until_idle()
        expect(room.state(thing["instance"]) == "COMPLETED", "it did not come to its end")
        passed = {"wait": 1, "book": 1, "send": 1, "end": 1}
        room.expect(thing["instance"], lines={"fire-timer": 1, "complete-job": 1}, passed=passed)
        return fired[0]


class TwoNodesDoAllThatIsDue(Kind):
    """Two nodes do everything that is due: a timer, a job in the step, a job outside any."""

    sides = ("n1", "n2")
    files = (PAUSE,)
    in_processes = True

    def arrange(self, room: Room):
        instance = room.start("pause")
        room.due_timer(instance, HOUR)
        return instance

    def act(self, side, engine, thing):
        return engine.run_until_idle()

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        done = {side: result.value for side, result in results.items()}
        expect(sum(done.values()) == 2, f"a timer and a job were due, they did {done}")
        expect(room.state(thing) == "COMPLETED", f"it is {room.state(thing)}")
        room.expect(thing, lines={"fire-timer": 1, "complete-job": 1}, passed={"wait": 1, "end": 1})
        return max(done, key=lambda side: done[side])


class TwoNodesOneStartTimer(Kind):
    """Two nodes fire one timer start event: one instance starts, the cycle goes on."""

    sides = ("n1", "n2")
    in_processes = True
    files = (
        process(
            "daily",
            start("begin", timer_event("Cycle", "R/P1D")),
            user_task("look"),
            end(),
            flows="begin>look>end",
        ),
    )

    def arrange(self, room: Room):
        room.clock.advance(timedelta(days=1))
        daily = room.engine.latest_process_definition("daily").key
        (timer,) = [t for t in due_timers(room.engine.commands, 500) if t.definition_key == daily]
        wanted = ProcessInstanceFilter(process_id="daily")
        return {"timer": timer, "before": room.engine.process_instances(wanted, limit=1, by=SYSTEM).total}

    def act(self, side, engine, thing):
        return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        fired = [side for side, result in results.items() if result.value]
        expect(len(fired) == 1, f"{fired} fired it")
        wanted = ProcessInstanceFilter(process_id="daily")
        total = room.engine.process_instances(wanted, limit=1, by=SYSTEM).total
        expect(total == thing["before"] + 1, f"{total - thing['before']} instances started")
        return fired[0]


class TimerMeetsSuspension(Kind):
    """A timer fires while an operator suspends its instance: then it waits for the resumption."""

    sides = ("suspend", "timer")
    files = (PAUSE,)

    def arrange(self, room: Room):
        instance = room.start("pause")
        return {"instance": instance, "timer": room.due_timer(instance, HOUR)}

    def act(self, side, engine, thing):
        if side == "timer":
            return engine.commands.run(FireTimer(timer=thing["timer"]), SYSTEM)
        return engine.suspend_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        all_won(results)
        instance, fired = thing["instance"], results["timer"].value
        expect(room.state(instance) == "SUSPENDED", f"it is {room.state(instance)}")
        room.engine.run_until_idle()
        passed = room.passed(instance)
        expect(("wait" in passed) == fired, f"fired: {fired}, and it passed {passed}")
        expect("send" not in passed, "a job of a suspended instance was done")
        room.engine.resume_process_instance(instance, by=SYSTEM)
        room.engine.run_until_idle()
        expect(room.state(instance) == "COMPLETED", f"resumed, it is {room.state(instance)}")
        room.expect(instance, lines={"fire-timer": 1, "complete-job": 1}, passed={"wait": 1, "send": 1})
        return "timer" if fired else "suspend"


class OfOneIncident(OfOneJob, shared=True):
    """The incident of a job without retries."""

    def arrange(self, room: Room):
        thing = super().arrange(room)
        room.engine.fail_job(thing["job"], retries=0, message="no", by=SYSTEM)
        wanted = IncidentFilter(process_instance_key=thing["instance"])
        (incident,) = room.engine.incidents(wanted, by=SYSTEM).items
        return thing | {"incident": incident.key}


class TwoResolveOneIncident(OfOneIncident):
    """Two operators resolve one incident."""

    sides = ("boss", "carl")

    def act(self, side, engine, thing):
        return engine.resolve_incident(thing["incident"], by=BOSS, reason=side)

    def judge(self, room: Room, thing, results: Results) -> str:
        winner = one_winner(results, "IncidentAlreadyResolved", by="boss", at=lambda at: at is not None)
        job = room.job("outside", worker="again")
        room.engine.complete_job(job.key, by=SYSTEM)
        entries = room.engine.timeline(thing["instance"], by=SYSTEM)
        (line,) = [entry for entry in entries if entry.action == "resolve-incident"]
        expect(line.details["reason"] == winner.side, f"the trail tells of {line.details}")
        room.expect(thing["instance"], lines={"complete-job": 1}, passed={"do": 1, "end": 1})
        return winner.side


class ResolveMeetsCancel(OfOneIncident):
    """One operator resolves the incident of an instance that another cancels."""

    sides = ("cancel", "resolve")

    def act(self, side, engine, thing):
        if side == "resolve":
            return engine.resolve_incident(thing["incident"], by=BOSS)
        return engine.cancel_process_instance(thing["instance"], by=BOSS)

    def judge(self, room: Room, thing, results: Results) -> str:
        expect(results["cancel"].won, f"cancelling was told {results['cancel'].text}")
        resolved = results["resolve"].won
        if not resolved:
            refused(results["resolve"], "ProcessInstanceNotActive", state="TERMINATED")
        expect(not room.engine.activate_jobs("outside", by=SYSTEM), "a job of a cancelled instance is free")
        lines = {"resolve-incident": resolved, "cancel-process-instance": 1}
        room.expect(thing["instance"], lines=lines, passed={"do": 0})
        return "resolve" if resolved else "cancel"
