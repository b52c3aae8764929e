"""Process instances, and the messages and signals that reach them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ..commands.ad_hoc import ActivateAdHocElements
from ..commands.instances import CancelProcessInstance, SetVariables
from ..commands.messages import CorrelateMessage, PublishMessage
from ..commands.signals import BroadcastSignal
from ..commands.start import StartProcessInstance
from ..commands.visibility import own_instances, shown_timeline, visible_instance
from ..filters import ProcessInstanceFilter
from ..identity import OPERATE
from ..model import (
    Actor,
    AuditEntry,
    DecisionEntry,
    ElementActivation,
    ElementInstance,
    FlowTaken,
    MessageSubscription,
    Page,
    ProcessInstance,
    RepairEffect,
    Variable,
    Variables,
)
from .part import EnginePart, order_of


class InstancesPart(EnginePart):
    """Starting, watching and changing process instances."""

    def start_process_instance(
        self,
        process_id: str | None = None,
        *,
        by: Actor,
        definition_key: int | None = None,
        version: int | None = None,
        variables: Variables | None = None,
        business_key: str = "",
        form: bool = False,
    ) -> ProcessInstance:
        """Start the latest version (or the named one) and run to the first wait states.

        With `form` the variables are what somebody typed into the start form: they are validated
        (FormInvalid) and only the form's values are taken.
        """
        return self.commands.run(
            StartProcessInstance(
                process_id=process_id,
                definition_key=definition_key,
                version=version,
                variables=variables or {},
                business_key=business_key,
                form=form,
            ),
            by,
        )

    def cancel_process_instance(
        self, key: int, *, by: Actor, reason: str = "", preview: bool = False
    ) -> RepairEffect:
        """With `preview` nothing is changed; the answer tells what would end."""
        return self.commands.run(CancelProcessInstance(key=key, reason=reason, preview=preview), by)

    def set_variables(
        self,
        scope_key: int,
        variables: Variables,
        *,
        by: Actor,
        local: bool = False,
        reason: str = "",
        preview: bool = False,
    ) -> RepairEffect:
        """Write variables at a process or element instance; not `local`: where each is found already. With
        `preview` nothing is changed."""
        return self.commands.run(
            SetVariables(
                scope_key=scope_key, variables=variables, local=local, reason=reason, preview=preview
            ),
            by,
        )

    def activate_ad_hoc_elements(
        self, key: int, elements: Sequence[ElementActivation], *, by: Actor, cancel_remaining: bool = False
    ) -> None:
        """Activate elements in a running ad-hoc subprocess (`key` is its element instance), each in a scope
        of its own; with `cancel_remaining` in place of what is active there.

        Raises ElementInstanceNotFound, Conflict when it is being left already, InvalidInput for an element
        that it does not have.
        """
        self.commands.run(
            ActivateAdHocElements(key=key, elements=elements, cancel_remaining=cancel_remaining), by
        )

    def process_instances(
        self,
        filter: ProcessInstanceFilter | None = None,
        *,
        by: Actor,
        order: str = "-started_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessInstance]:
        """Those the actor may see: with `operate` all, else those one started or took part in."""
        with self._look() as (view, rights):
            wanted = own_instances(rights, by, filter)
            return view.instances.search(wanted, order=order_of(order), limit=limit, cursor=cursor)

    def process_instance(self, key: int, *, by: Actor) -> ProcessInstance:
        with self._look() as (view, rights):
            return visible_instance(view, rights, by, key)

    def element_instances(self, process_instance_key: int, *, by: Actor) -> list[ElementInstance]:
        """Live and finished ones, in order of activation."""
        with self._look() as (view, rights):
            visible_instance(view, rights, by, process_instance_key)
            return list(view.history.element_instances(process_instance_key))

    def flows_taken(self, process_instance_key: int, *, by: Actor) -> list[FlowTaken]:
        with self._look() as (view, rights):
            visible_instance(view, rights, by, process_instance_key)
            return list(view.history.flows_taken(process_instance_key))

    def variables(self, process_instance_key: int, *, by: Actor) -> list[Variable]:
        """All variables of the instance, of every scope that is live."""
        with self._look() as (view, rights):
            rights.need(by, OPERATE, f"see the variables of process instance {process_instance_key}")
            view.instances.get(process_instance_key)
            return list(view.variables.of_instance(process_instance_key))

    def timeline(self, process_instance_key: int, *, by: Actor) -> list[AuditEntry]:
        """The audit lines of an instance, oldest first."""
        with self._look() as (view, rights):
            visible_instance(view, rights, by, process_instance_key)
            return shown_timeline(view, rights, by, process_instance_key)

    def decisions(self, process_instance_key: int, *, by: Actor) -> list[DecisionEntry]:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, f"see the decisions of process instance {process_instance_key}")
            return list(view.decisions.of_instance(process_instance_key))

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        *,
        by: Actor,
        variables: Variables | None = None,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> int:
        """Correlate now, or keep the message for `time_to_live`. Answers the message's key.

        Raises AlreadyExists when a message with this name, correlation key and `message_id` is kept.
        """
        return self.commands.run(
            PublishMessage(
                name=name,
                correlation_key=correlation_key,
                variables=variables or {},
                time_to_live=time_to_live,
                message_id=message_id,
            ),
            by,
        )

    def correlate_message(
        self, name: str, correlation_key: str = "", *, by: Actor, variables: Variables | None = None
    ) -> int:
        """Like `publish_message`, but raises NotFound when nobody waits. Answers the instance's key."""
        return self.commands.run(
            CorrelateMessage(name=name, correlation_key=correlation_key, variables=variables or {}), by
        )

    def broadcast_signal(self, name: str, *, by: Actor, variables: Variables | None = None) -> int:
        return self.commands.run(BroadcastSignal(name=name, variables=variables or {}), by)

    def message_subscriptions(self, process_instance_key: int, *, by: Actor) -> list[MessageSubscription]:
        with self._look() as (view, rights):
            visible_instance(view, rights, by, process_instance_key)
            return list(view.subscriptions.of_instance(process_instance_key))
