"""Migration: looked at first, then carried out on the live records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ...bpmn.model import Element
from ...errors import Problem
from ..changes import InstanceMigrated, Renamed, SubscriptionMigrated, UserTaskMigrated
from ..failures import Failure
from ..instance import Instance
from ..records import LiveElement, inner_id
from ..sources import DeployedProcess
from ..subscriptions import Opener, close_subscriptions, open_all, prepared, subscriptions_of
from .event_rules import kept_events, new_events
from .names import remember_names
from .plan import MigrationPlan, plan_migration, same_ids
from .records import data_after
from .situation import Situation, named


class Migration:
    """Of one instance to one definition. Making it changes nothing; `plan` says what `carry_out` would do.

    `mapping` None: everything keeps its id. The instance must stand still.
    """

    def __init__(
        self, instance: Instance, target: DeployedProcess, mapping: Mapping[str, str] | None
    ) -> None:
        self._instance, self._target = instance, target
        live = list(instance.elements.values())
        if mapping is None:
            mapping = same_ids(instance.model, target.model, live)
        self._at = Situation(source=instance.model, target=target.model, live=live, mapping=dict(mapping))
        self._openers: dict[int, list[Opener]] = {}
        self._new: list[tuple[LiveElement, Element]] = []
        plan = self._planned()
        if plan.is_possible:
            plan = replace(plan, problems=(*plan.problems, *self._prepare()))
        self.plan = plan

    def carry_out(self) -> list[tuple[LiveElement, Element]]:
        """Put the instance under the target; answers the events that are waited for from now on."""
        instance, at = self._instance, self._at
        becomes = {record.key: at.target_of(at.element_of(record)) for record in at.live}
        for record in at.live:
            closed = set(subscriptions_of(record)) - set(kept_events(at, record))
            if closed:
                close_subscriptions(instance, record, partial(_is_one_of, closed))
        moved = self._moved()
        data = {record.key: data_after(at, record) for record in at.live}
        instance.put_under(self._target)
        for record in at.live:
            element = becomes[record.key]
            assert element is not None
            record.element_id, record.data = inner_id(element.id, record.element_type), data[record.key]
            instance.change(record)
        remember_names(at, instance.root, instance.record.position)
        instance.step.ledger.instance_migrated(instance.record, moved)
        for record in at.live:
            open_all(instance, record, self._openers.get(record.key, ()))
        return self._new

    def _planned(self) -> MigrationPlan:
        return plan_migration(self._at, source_key=self._instance.deployed.key, target_key=self._target.key)

    def _prepare(self) -> Iterator[Problem]:
        """Evaluate what the new events wait for."""
        for record in self._at.live:
            for event in new_events(self._at, record):
                try:
                    opener = prepared(self._instance, record, event)
                except Failure as failure:
                    element = self._at.element_of(record)
                    yield self._at.wrong(
                        "EVENT_NOT_OPENED",
                        element,
                        f"{named(element)} would have to wait for {named(event)}: {failure.message}",
                        failure.hint,
                    )
                else:
                    self._openers.setdefault(record.key, []).append(opener)
                    self._new.append((record, event))

    def _moved(self) -> InstanceMigrated:
        """The rows that hold ids of the definition."""
        at, target = self._at, self._target
        user_tasks, jobs, incidents, timers, messages, signals = [], [], [], [], [], []
        for record in at.live:
            becomes = at.target_of(at.element_of(record))
            assert becomes is not None
            data = record.data
            if "user_task" in data:
                user_tasks.append(
                    UserTaskMigrated(
                        key=data["user_task"], element_id=becomes.id, name=becomes.name, names=becomes.names
                    )
                )
            if "job" in data:
                jobs.append(Renamed(key=data["job"], element_id=becomes.id))
            if "incident" in data:
                incidents.append(Renamed(key=data["incident"], element_id=becomes.id))
            kept = kept_events(at, record)
            for event_id, sub in subscriptions_of(record).items():
                event = kept[event_id]
                if "t" in sub:
                    timers.append(Renamed(key=sub["t"], element_id=event.id))
                elif "m" in sub:
                    messages.append(_subscription(sub["m"], event))
                elif "s" in sub:
                    signals.append(_subscription(sub["s"], event))
        return InstanceMigrated(
            key=self._instance.record.key,
            definition_key=target.key,
            process_id=target.process_id,
            version=target.version,
            elements=[
                Renamed(key=record.key, element_id=becomes.id)
                for record in at.live
                if (becomes := at.target_of(at.element_of(record))) is not None
            ],
            user_tasks=user_tasks,
            jobs=jobs,
            incidents=incidents,
            timers=timers,
            message_subscriptions=messages,
            signal_subscriptions=signals,
        )


def _is_one_of(event_ids: Collection[str], event: Element) -> bool:
    return event.id in event_ids


def _subscription(key: int, event: Element) -> SubscriptionMigrated:
    return SubscriptionMigrated(key=key, element_id=event.id, interrupting=event.interrupting)
