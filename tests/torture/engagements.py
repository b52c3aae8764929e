"""Whole engagements, from the wish to the closed register, several at a time: the shipped processes.

One thing after the other is done: what somebody can do now, else a bid, else the end of the contract. When
nothing is left to do but to wait, the clock of the room leaps to the next timer.
"""

from __future__ import annotations

import contextlib
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from engine import (
    SYSTEM,
    Actor,
    AlreadyExists,
    Channel,
    InstanceState,
    JobFilter,
    JobState,
    ProcessEngine,
    ProcessInstance,
    ProcessInstanceFilter,
    ProcessInstanceNotActive,
    Refused,
    UserTask,
    UserTaskAlreadyCompleted,
    UserTaskCancelled,
    UserTaskFilter,
    UserTaskState,
)
from tasks.contract.records import Contract
from tasks.engagement.records import Engagement, EngagementState
from tasks.performance.records import Review, ReviewState
from tasks.records_base import Maker
from tasks.supplier.enlisting import enlist_supplier, enlisted
from tasks.tender.receiving import receive_bid
from tasks.tender.records import Bid, Tender, TenderState
from tasks.tender.sealing import Offer

from .answers import WISH, answer
from .desk import Desk

LIFECYCLE = "engagement_lifecycle"
UNDER_WAY = ProcessInstanceFilter(process_id=LIFECYCLE, states=(InstanceState.ACTIVE,))
SCHEME = "torture"
PRICES = {"A": "1180000", "B": "1050000", "C": "1250000"}
LONG = timedelta(days=9999)
DIRECTOR = Actor(user_id="torture", channel=Channel.API, is_system=True)


def enlist_suppliers(engine: ProcessEngine) -> None:
    """Those who bid for every tender."""
    with engine.transaction(by=SYSTEM, action="enlist suppliers") as transaction:
        maker = Maker(transaction.now, "torture")
        for letter in PRICES:
            enlist_supplier(
                transaction.records,
                maker,
                name=f"Supplier {letter}",
                country="CN",
                scheme=SCHEME,
                scheme_id=letter,
                contacts=[],
            )


class Engage:
    """All that happens to engagements, by one hand; at most `limit` are under way."""

    def __init__(self, desk: Desk, limit: int) -> None:
        self._desk, self._engine, self._limit = desk, desk.engine, limit

    def __call__(self) -> None:
        family = self._family()
        roots = [one for one in family if one.key == one.root_key]
        if len(roots) < self._limit and not self._desk.is_resting:
            self._begin()
        elif family:
            moments = self._moments(family)
            acted = self._do_a_task(roots) or self._bid() or self._leave()
            if not acted and moments and min(moments) > self._desk.clock.now():
                self._desk.clock.leap_to(min(moments))

    def _moments(self, family: list[ProcessInstance]) -> list[datetime]:
        """When timers and jobs are due; what is overdue is being done."""
        open_ones = (JobState.CREATED, JobState.FAILED)
        moments: list[datetime] = []
        for one in family:
            wanted = JobFilter(process_instance_key=one.key, states=open_ones)
            moments += [job.due_at for job in self._engine.jobs(wanted, by=SYSTEM, limit=200).items]
            moments += [timer.due_at for timer in self._engine.timers(one.key, by=SYSTEM)]
        return moments

    def _family(self) -> list[ProcessInstance]:
        """The instances of all engagements that are under way, called ones included."""
        roots = self._engine.process_instances(UNDER_WAY, by=SYSTEM, limit=500).items
        found: list[ProcessInstance] = []
        for root in roots:
            wanted = ProcessInstanceFilter(root_key=root.key, states=(InstanceState.ACTIVE,))
            found += self._engine.process_instances(wanted, by=SYSTEM, limit=500).items
        return found

    def _begin(self) -> None:
        token = uuid.uuid4().hex
        self._desk.tried("start", process=LIFECYCLE, token=token)
        begin = (self._desk.clock.now() + timedelta(days=90)).date()
        started = self._engine.start_process_instance(
            LIFECYCLE,
            by=Actor(user_id="business_owner"),
            variables={**WISH, "targetStart": begin.isoformat()},
            business_key=token,
            form=True,
        )
        self._desk.acknowledged("start", process=LIFECYCLE, token=token, key=started.key)

    # --- tasks -----------------------------------------------------------------------------------

    def _do_a_task(self, roots: list[ProcessInstance]) -> bool:
        """Whether there was any task."""
        tasks = [task for root in roots for task in self._open_tasks(root.key)]
        if tasks:
            self._do(random.choice(tasks))
        return bool(tasks)

    def _open_tasks(self, root: int) -> list[UserTask]:
        wanted = UserTaskFilter(root_process_instance_key=root, state=UserTaskState.CREATED)
        return list(self._engine.user_tasks(wanted, by=SYSTEM, limit=200).items)

    def _do(self, task: UserTask) -> None:
        """Whoever of those it is offered to may do it."""
        refused: Refused | None = None
        try:
            seen = self._engine.user_task_variables(task.key, by=SYSTEM)
            given = answer(task.element_id, seen, self._desk.clock.now())
            for user_id in self._people(task):
                self._desk.tried("decide", key=task.key, by=user_id)
                try:
                    self._engine.complete_user_task(
                        task.key, given.values, by=Actor(user_id=user_id), outcome=given.outcome
                    )
                except Refused as error:
                    refused = error
                    continue
                self._desk.acknowledged("decide", key=task.key, by=user_id)
                return
        except (UserTaskAlreadyCompleted, UserTaskCancelled, ProcessInstanceNotActive):
            return
        self._desk.told("decide", f"nobody may do {task.element_id}: {refused}")

    def _people(self, task: UserTask) -> Iterator[str]:
        people = [task.assignee] if task.assignee else list(task.candidate_users)
        for group in () if task.assignee else task.candidate_groups:
            people += [user.user_id for user in self._engine.users(group=group)]
        yield from (user_id for user_id in dict.fromkeys(people) if user_id not in task.excluded_users)

    # --- beside the tasks ------------------------------------------------------------------------

    def _bid(self) -> bool:
        """A supplier that has not done so yet hands a bid in."""
        with self._engine.records() as records:
            open_ones = list(records.scalars(select(Tender).where(Tender.state == TenderState.PUBLISHED)))
            missing = [
                (tender.id, letter)
                for tender in open_ones
                for letter in PRICES
                if tender.deadline is not None
                and tender.deadline > self._desk.clock.now()
                and not records.scalar(
                    select(Bid.id).where(
                        Bid.tender_id == tender.id,
                        Bid.round == tender.round,
                        Bid.supplier_id == _supplier(records, letter),
                    )
                )
            ]
        if missing:
            self._hand_in(*random.choice(missing))
        return bool(missing)

    def _hand_in(self, tender_id: int, letter: str) -> None:
        self._desk.tried("bid", tender=tender_id, letter=letter)
        offer = Offer(summary="We do it well.", signed=True, validity_days=150)
        with self._engine.transaction(by=DIRECTOR, action="receive bid") as transaction:
            receipt = receive_bid(
                transaction,
                self._engine.services["seal_keys"],
                tender_id=tender_id,
                supplier_id=_supplier(transaction.records, letter),
                actor="supplier_contact1",
                offer=offer,
                price=Decimal(PRICES[letter]),
                currency="CNY",
            )
        self._desk.acknowledged("bid", key=receipt.bid_id)

    def _leave(self) -> bool:
        """After its first review an engagement is ended, once."""
        with self._engine.records() as records:
            query = (
                select(Engagement.id)
                .join(Contract, Contract.engagement_id == Engagement.id)
                .join(Review, Review.contract_id == Contract.id)
                .where(Engagement.state == EngagementState.OPERATING, Review.state == ReviewState.CLOSED)
            )
            reviewed = sorted(set(records.scalars(query)))
        acknowledged = {
            line["engagement"]
            for line in self._desk.notebook.read()
            if (line["act"], line["phase"]) == ("leave", "ack")
        }
        to_end = [one for one in reviewed if one not in acknowledged]
        for engagement_id in to_end[:1]:
            self._publish_exit(engagement_id)
        return bool(to_end)

    def _publish_exit(self, engagement_id: int) -> None:
        self._desk.tried("leave", engagement=engagement_id)
        told = {"trigger": "convenience", "reason": "we do it ourselves", "curable": False}
        with contextlib.suppress(AlreadyExists):
            self._engine.publish_message(
                "exit_triggered",
                str(engagement_id),
                by=Actor(user_id="admin", is_system=True),
                variables={**told, "effectiveDate": None},
                time_to_live=LONG,
                message_id="the end",
            )
        self._desk.acknowledged("leave", engagement=engagement_id)


def _supplier(records: object, letter: str) -> int:
    found = enlisted(records, SCHEME, letter)  # type: ignore[arg-type]
    assert found is not None
    return found.id
