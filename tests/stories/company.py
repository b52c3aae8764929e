"""A company that lives with Tenure: its people do their tasks, its clock runs, suppliers send bids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine import (
    SYSTEM,
    Actor,
    FixedClock,
    HandlerRegistry,
    IncidentFilter,
    JobContext,
    ProcessEngine,
    ProcessInstance,
    ProcessInstanceFilter,
    UserTask,
    UserTaskFilter,
)
from tasks.supplier.records import Supplier, SupplierContact, SupplierState
from tasks.tender.receiving import receive_bid
from tasks.tender.sealing import Offer

HANDLERS = HandlerRegistry.from_packages("tasks")

Form = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Company:
    engine: ProcessEngine
    clock: FixedClock
    _steps: int = 0

    # --- processes --------------------------------------------------------------------------------

    def start(self, process_id: str, by: str, **form: Any) -> ProcessInstance:
        """Start from the start form, as a person."""
        started = self.engine.start_process_instance(
            process_id, variables=form, by=Actor(user_id=by), form=True
        )
        self.engine.run_until_idle()
        return started

    def run(self, process_id: str, **variables: Any) -> ProcessInstance:
        """Start as the program does, with any variables."""
        started = self.engine.start_process_instance(process_id, variables=variables, by=SYSTEM)
        self.engine.run_until_idle()
        return started

    def state(self, instance: ProcessInstance) -> str:
        return str(self.engine.process_instance(instance.key, by=SYSTEM).state)

    def ended_at(self, instance: ProcessInstance) -> list[str]:
        """The ids of the end events that the instance came to."""
        elements = self.engine.element_instances(instance.key, by=SYSTEM)
        return [e.element_id for e in elements if e.element_type == "END_EVENT" and e.ended_at]

    def passed(self, instance: ProcessInstance) -> list[str]:
        """The ids of all elements that were entered, in order."""
        elements = self.engine.element_instances(instance.key, by=SYSTEM)
        return [e.element_id for e in sorted(elements, key=lambda e: e.started_position)]

    def variables(self, instance: ProcessInstance) -> dict[str, Any]:
        found = self.engine.variables(instance.key, by=SYSTEM)
        return {v.name: v.value for v in found if v.scope_key == instance.key}

    def instance_of(self, process_id: str) -> ProcessInstance:
        """The latest instance of a process."""
        found = self.engine.process_instances(
            ProcessInstanceFilter(process_id=process_id), by=SYSTEM, limit=200
        ).items
        return max(found, key=lambda instance: instance.key)

    def incidents(self) -> list[str]:
        return [
            f"{i.element_id}: {i.message}"
            for i in self.engine.incidents(IncidentFilter(), by=SYSTEM, limit=200).items
        ]

    def publish(self, name: str, key: object, by: str = "admin", **variables: Any) -> None:
        self.engine.publish_message(name, str(key), variables=variables, by=Actor(user_id=by))
        self.engine.run_until_idle()

    # --- people -----------------------------------------------------------------------------------

    def tasks(self) -> list[UserTask]:
        """Open tasks, oldest first."""
        found = self.engine.user_tasks(UserTaskFilter(), by=SYSTEM, limit=200).items
        return sorted((t for t in found if t.state == "CREATED"), key=lambda task: task.key)

    def inbox(self) -> list[str]:
        """The elements of the open tasks."""
        return sorted(task.element_id for task in self.tasks())

    def task(self, element_id: str, by: str = "") -> UserTask:
        """The oldest open task of an element (for a person who is named in it, when `by` is given)."""
        of_element = [task for task in self.tasks() if task.element_id == element_id]
        own = [t for t in of_element if not by or not t.assignee or t.assignee == by]
        assert own, f"no task {element_id} for {by or 'anybody'}; open: {self.inbox()}; {self.incidents()}"
        return own[0]

    def groups_of(self, user_id: str) -> frozenset[str]:
        return self.engine.user(user_id).groups

    def do(
        self, by: str, element_id: str, form: Form | None = None, *, outcome: str | None = None
    ) -> UserTask:
        """Complete a task as a person: `form` is what is typed, or a function of what the form shows."""
        actor = Actor(user_id=by)
        task = self._for(by, element_id)
        if callable(form):
            form = form(self.engine.user_task_variables(task.key, by=actor))
        done = self.engine.complete_user_task(task.key, dict(form or {}), by=actor, outcome=outcome)
        self.engine.run_until_idle()
        return done

    def _for(self, by: str, element_id: str) -> UserTask:
        """The oldest task that this person may do; else the oldest, so that the engine refuses."""
        groups = self.groups_of(by)
        of_element = [task for task in self.tasks() if task.element_id == element_id]
        for task in of_element:
            if task.assignee == by or by in task.candidate_users or groups & set(task.candidate_groups):
                return task
        return self.task(element_id)

    # --- time -------------------------------------------------------------------------------------

    def wait(self, **time: int) -> None:
        """Let time pass, every timer at its own moment."""
        self.wait_until(self.clock.now() + timedelta(**time))

    def wait_until(self, moment: datetime) -> None:
        self.engine.run_until_idle()
        while (due := self.engine.next_due()) is not None and due <= moment:
            self.clock.set(max(due, self.clock.now()))
            if not self.engine.run_until_idle():
                break
        self.clock.set(moment)
        self.engine.run_until_idle()

    @property
    def today(self) -> date:
        return self.clock.now().date()

    # --- steps without a process ------------------------------------------------------------------

    def step(self, job_type: str, by: str = "admin", **variables: Any) -> dict[str, Any]:
        """Do one service step by itself, to set a scene."""
        self._steps += 1
        with self.engine.transaction(by=SYSTEM, action=job_type) as transaction:
            context = JobContext(
                key=self._steps,
                type=job_type,
                process_instance_key=self._steps,
                root_process_instance_key=self._steps,
                definition_key=1,
                process_id="scene",
                element_id="step",
                element_instance_key=self._steps,
                business_key="",
                headers={},
                variables=variables,
                retries=3,
                now=self.clock.now(),
                actor=by,
                idempotency_key=f"scene-{self._steps}",
                services=dict(self.engine.services),
                open_records=lambda: transaction.records,
                members_of=lambda group: [],
            )
            result = HANDLERS[job_type].run(context)
            transaction.records.flush()
        return dict(result)

    # --- suppliers --------------------------------------------------------------------------------

    def supplier(self, name: str, contact: str = "") -> int:
        """A qualified supplier; `contact` is a user who acts for it."""
        now = self.clock.now()
        common = {"created_at": now, "created_by": "story", "updated_at": now}
        with self.engine.transaction(by=SYSTEM, action="add supplier") as transaction:
            supplier = Supplier(name=name, state=SupplierState.QUALIFIED, country="CN", **common)
            transaction.records.add(supplier)
            transaction.records.flush()
            if contact:
                transaction.records.add(SupplierContact(supplier_id=supplier.id, user_id=contact, **common))
            return supplier.id

    def suppliers(self, names: Sequence[str]) -> list[int]:
        return [self.supplier(name) for name in names]

    def bid(self, tender_id: int, supplier_id: int, price: str | Decimal, **offer: Any) -> int:
        """Hand a bid in, as the bid page does. Answers its id."""
        with self.engine.transaction(by=SYSTEM, action="receive bid") as transaction:
            receipt = receive_bid(
                transaction,
                self.engine.services["seal_keys"],
                tender_id=tender_id,
                supplier_id=supplier_id,
                actor="supplier_contact1",
                offer=Offer(**{"summary": "We do it well.", "signed": True, "validity_days": 120, **offer}),
                price=Decimal(price),
                currency="CNY",
            )
        self.engine.run_until_idle()
        return receipt.bid_id
