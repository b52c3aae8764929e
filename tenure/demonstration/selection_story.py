"""Story A: a selection with sealed bids on the prices of the Port of Portland, up to the award."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine import Actor, Channel, UserTask
from tasks.engagement.provenance import state_provenance
from tasks.engagement.records import Engagement
from tasks.records_base import Maker
from tasks.tender.records import TenderState
from tasks.tender.sealing import SealKeys

from .answers import SHARED, Answers, approve
from .bidding import count_bids, hand_in, tender_of
from .cast import DIRECTOR
from .facts import PortFacts, RealBid, criteria_of
from .player import Answer, Player


class SelectionStory:
    """`supplier_selection` on its own: one return in the approval, a conflict of interest, a replaced bid, a
    late bid, a bid below the technical threshold, a score that stands out."""

    business_key = "DEMO-PORT-2024-10569"
    steps = 26

    def __init__(self, facts: PortFacts, keys: SealKeys) -> None:
        self.facts, self.keys = facts, keys
        self.start_at = datetime.fromisoformat(facts.invented["start"])
        self.deadline = datetime.fromisoformat(facts.invented["deadline"])
        self._answers: Answers = {
            **SHARED,
            "prepare_tender": self._prepare,
            "approve": self._approve,
            "declare_conflict": self._declare,
            "score_bid": self._score,
        }

    @property
    def letters(self) -> list[str]:
        return [bid.letter for bid in self.facts.bids]

    def start(self, player: Player) -> None:
        player.engine.start_process_instance(
            "supplier_selection",
            by=Actor(user_id="sourcing_manager", channel=Channel.DEMO),
            business_key=self.business_key,
            variables={
                "title": self.facts.title,
                "serviceCategory": "facility",
                "description": f"Demonstration. {self.facts.note}",
                "criticality": "standard",
                "dataClass": "none",
                "budget": self.facts.estimate,
                "currency": self.facts.currency,
            },
            form=True,
        )

    def happen(self, player: Player) -> bool:
        engagement_id = player.engagement_id
        if engagement_id is None:
            return False
        return self._state_source(player, engagement_id) or self._receive(player, engagement_id)

    def next_moment(self, player: Player) -> datetime | None:
        plan = self._next_bid(player)
        return plan[0] if plan else None

    def answer(self, player: Player, task: UserTask) -> Answer | None:
        answer = self._answers.get(task.element_id)
        return answer(player, task) if answer else None

    def _state_source(self, player: Player, engagement_id: int) -> bool:
        with player.engine.records() as records:
            stated = records.get(Engagement, engagement_id).provenance
        if stated:
            return False
        with player.engine.transaction(by=DIRECTOR, action="state the source") as transaction:
            state_provenance(
                transaction.records,
                engagement_id,
                Maker(transaction.now, DIRECTOR.user_id),
                source=self.facts.source,
                note=self.facts.note,
                invented=self.facts.invented["kinds"],
            )
            transaction.audit("engagement", engagement_id)
        return True

    # --- bids -------------------------------------------------------------------------------------

    def _receive(self, player: Player, engagement_id: int) -> bool:
        plan = self._next_bid(player)
        if plan is None or plan[0] > player.clock.now():
            return False
        with player.engine.records() as records:
            tender = tender_of(records, engagement_id)
            assert tender is not None
            tender_id = tender.id
        hand_in(player, self.keys, tender_id, plan[1].letter, plan[2], self.facts.currency)
        return True

    def _next_bid(self, player: Player) -> tuple[datetime, RealBid, Decimal] | None:
        """Who hands in next, when, at which price: first everybody, one twice, at last one too late."""
        engagement_id = player.engagement_id
        if engagement_id is None:
            return None
        with player.engine.records() as records:
            tender = tender_of(records, engagement_id)
            if tender is None or tender.published_at is None or tender.state != TenderState.PUBLISHED:
                return None
            assert tender.deadline is not None
            planned: list[tuple[datetime, RealBid, Decimal]] = []
            for bid in self.facts.bids:
                days = self.facts.invented["days_before_deadline"][bid.letter]
                moment = tender.deadline - timedelta(days=days)
                handed_in = count_bids(records, tender, bid.letter, late=False)
                twice = bid.letter == self.facts.invented["handed_in_twice"]
                if twice and handed_in == 0:
                    planned.append((moment, bid, bid.price + 10_000))
                elif twice and handed_in == 1:
                    planned.append((moment + timedelta(days=4), bid, bid.price))
                elif handed_in == 0:
                    planned.append((moment, bid, bid.price))
                if bid.letter == self.facts.invented["late_again"] and not count_bids(
                    records, tender, bid.letter, late=True
                ):
                    planned.append((tender.deadline + timedelta(minutes=30), bid, bid.price - 50_000))
        return min(planned, key=lambda plan: plan[0]) if planned else None

    # --- answers ----------------------------------------------------------------------------------

    def _prepare(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "method": "open_tender",
                "invited": [],
                "deadline": self.deadline.isoformat(),
                "bidValidityDays": 90,
                "panelSize": 3,
                "budget": self.facts.estimate,
                "ceilingPrice": self.facts.estimate,
                "currency": self.facts.currency,
                "shouldCost": self.facts.estimate,
                "priceFormula": "lowest_price",
                "criteria": criteria_of(self.facts.invented),
                "crossBorder": False,
                "onsiteStaff": True,
                "subcontracting": False,
            }
        )

    def _approve(self, player: Player, task: UserTask) -> Answer:
        """The second level sends the tender back once."""
        if task.candidate_groups == ("cpo",) and not player.completed("approve", "return"):
            return Answer(values={"comment": "Please say why three evaluators are enough."}, outcome="return")
        return approve(player, task)

    def _declare(self, player: Player, task: UserTask) -> Answer:
        """The first who is asked has a conflict of interest and is replaced."""
        if not player.completed("declare_conflict"):
            return Answer(values={"coi": "declared", "relation": "Invented: a brother works for a bidder."})
        return Answer(values={"coi": "none"})

    def _score(self, player: Player, task: UserTask) -> Answer:
        seen = player.variables(task)
        place = seen["panel"].index(task.assignee)
        return Answer(values={"scores": [self._line(line, place) for line in seen["scores"]]})

    def _line(self, line: dict[str, Any], place: int) -> dict[str, Any]:
        """One line of a score sheet: the invented mean, a point less or more by the evaluator's place."""
        letter, criterion = line["bidder"][-1], line["criterion"]
        outlier = self.facts.invented["outlier"]
        score = self.facts.invented["scores"][letter][criterion] + place - 1
        if place == 1 and (letter, criterion) == (outlier["letter"], outlier["criterion"]):
            score = outlier["score"]
        return {**line, "score": score, "comment": "Invented score"}
