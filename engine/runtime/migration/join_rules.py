"""Tokens that wait at joining gateways: gateway and flow must lead to where the token shall go on waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...bpmn.model import SequenceFlow
from ...errors import Problem
from ..joins import waiting_flows
from ..records import LiveElement
from .element_rules import not_mapped, same_place, same_type
from .situation import Situation, named


@dataclass(frozen=True, kw_only=True)
class WaitingFlow:
    """A flow on which tokens wait, at the join that it leads to."""

    scope: LiveElement
    flow: SequenceFlow

    def target(self, at: Situation) -> SequenceFlow | None:
        return at.target.flows.get(at.mapping.get(self.flow.id, ""))


def flows_with_tokens(at: Situation) -> list[WaitingFlow]:
    return [
        WaitingFlow(scope=record, flow=at.source.flows[flow_id])
        for record in at.live
        for flow_id in waiting_flows(record)
    ]


def join_problems(at: Situation) -> Iterator[Problem]:
    taken: dict[tuple[int, str], SequenceFlow] = {}
    for waiting in flows_with_tokens(at):
        flow, join = waiting.flow, waiting.flow.target
        becomes = at.target_of(join)
        if becomes is None:
            if join.id not in at.mapping:
                yield not_mapped(at, join, "holds a token that waits")
            continue
        yield from same_type(at, join, becomes)
        yield from same_place(at, join, becomes, at.element_of(waiting.scope))
        if len(becomes.incoming) < len(join.incoming):
            yield at.wrong(
                "JOIN_HAS_FEWER_FLOWS",
                join,
                f"{named(join)} joins {len(join.incoming)} flows, but {named(becomes)} only"
                f" {len(becomes.incoming)}.",
                "map it to a gateway with at least as many incoming flows",
            )
        after = waiting.target(at)
        if after is None:
            if flow.id not in at.mapping:
                yield at.wrong(
                    "FLOW_NOT_MAPPED",
                    join,
                    f"A token waits at {named(join)} on the flow '{flow.id}' from {named(flow.source)}, "
                    "but the mapping does not say on which flow it waits from now on.",
                    f"map '{flow.id}' to an incoming flow of {named(becomes)}",
                )
            continue
        if after.target is not becomes:
            yield at.wrong(
                "FLOW_DETACHED",
                join,
                f"The flow '{flow.id}' holds a token for {named(join)}; '{after.id}', which it is mapped to, "
                f"does not lead to {named(becomes)}.",
                f"map '{flow.id}' to an incoming flow of {named(becomes)}",
            )
        first = taken.setdefault((waiting.scope.key, after.id), flow)
        if first is not flow:
            yield at.wrong(
                "FLOW_MAPPED_TWICE",
                join,
                f"The flows '{first.id}' and '{flow.id}' hold tokens and are both mapped to '{after.id}'.",
                "map each to a flow of its own",
            )
