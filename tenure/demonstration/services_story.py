"""Story B: the City of Portland's SAP services, from the wish to the closed register."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import Actor, Channel, UserTask
from tasks.contract.importing import import_spend
from tasks.contract.lookups import active_contract, latest_contract, orders_of, payments_of
from tasks.engagement.provenance import state_provenance
from tasks.engagement.records import Engagement, EngagementState
from tasks.exit.lookups import open_grants, running_plan
from tasks.exit.records import AccessGrant
from tasks.performance.lookups import reviews_of
from tasks.records_base import Maker, made
from tasks.tender.records import TenderState
from tasks.tender.sealing import SealKeys

from .answers import SHARED, Answers
from .bidding import count_bids, hand_in, tender_of
from .cast import DIRECTOR
from .facts import CityFacts, criteria_of
from .player import Answer, Player

LETTER = "S"


class ServicesStory:
    """`engagement_lifecycle` whole: one bidder, a clause to negotiate, an exit plan before the signature,
    monthly reviews with a missing value and service credits, an overrun of 24.43 %, exit and hand-over."""

    business_key = "DEMO-CITY-118001"
    steps = 116

    def __init__(self, facts: CityFacts, keys: SealKeys) -> None:
        self.facts, self.keys = facts, keys
        self.start_at = datetime.fromisoformat(facts.invented["start"])
        self._answers: Answers = {
            **SHARED,
            "prepare_tender": self._prepare,
            "score_bid": self._score,
            "draft_contract": self._draft,
            "legal_review": self._legal_review,
            "specialist_review": self._specialist_review,
            "negotiate_clauses": self._negotiate,
            "plan_exit": self._plan_exit,
            "upload_signed": self._sign,
            "enter_measurements": self._enter,
            "verify_measurements": self._verify,
            "hold_review_meeting": self._meet,
            "decide_consequence": self._decide,
            "review_exit": self._stay,
            "freeze_plan": self._freeze,
            "handover_item": self._hand_over,
            "accept_item": self._accept_item,
            "certify_deletion": self._certify,
            "accept_deletion": self._accept_deletion,
            "revoke_manually": self._revoke,
            "final_settlement": self._settle,
            "close_gaps": self._close_gaps,
            "accept_transition": self._accept_transition,
            "lessons_learned": self._learn,
        }

    @property
    def letters(self) -> list[str]:
        return [LETTER]

    def start(self, player: Player) -> None:
        player.engine.start_process_instance(
            "engagement_lifecycle",
            by=_as("business_owner"),
            business_key=self.business_key,
            variables={
                "title": self.facts.title,
                "serviceCategory": "it",
                "description": f"{self.facts.description}. Demonstration. {self.facts.note}",
                "serviceOwner": "service_owner",
                "targetStart": self.facts.contract_start.isoformat(),
                "estimatedAnnualCost": self.facts.tender_value,
                "currency": self.facts.currency,
                "supportsLicensedActivity": False,
                "impactOfFailure": "medium",
                "rtoHours": 24,
                "rpoHours": 24,
                "substitutability": "medium",
                "dataClass": "internal",
            },
            form=True,
        )

    def happen(self, player: Player) -> bool:
        engagement_id = player.engagement_id
        if engagement_id is None:
            return False
        return (
            self._state_source(player, engagement_id)
            or self._receive(player, engagement_id)
            or self._answer_clauses(player, engagement_id)
            or self._grant_access(player, engagement_id)
            or self._spend(player, engagement_id)
            or self._leave(player, engagement_id)
        )

    def next_moment(self, player: Player) -> datetime | None:
        engagement_id = player.engagement_id
        if engagement_id is None:
            return None
        moments = [_at(day) for day in self._days_to_come(player, engagement_id)]
        bid = self._bid_due(player, engagement_id)
        if bid is not None:
            moments.append(bid)
        if self._may_leave(player, engagement_id):
            moments.append(_at(self._leaving_on))
        return min(moments, default=None)

    def answer(self, player: Player, task: UserTask) -> Answer | None:
        answer = self._answers.get(task.element_id)
        return answer(player, task) if answer else None

    # --- what happens beside the tasks --------------------------------------------------------------

    @property
    def _exit(self) -> dict[str, Any]:
        found: dict[str, Any] = self.facts.invented["exit"]
        return found

    @property
    def _leaving_on(self) -> date:
        return date.fromisoformat(self._exit["notice_on"])

    def _state_source(self, player: Player, engagement_id: int) -> bool:
        with player.engine.records() as records:
            if records.get(Engagement, engagement_id).provenance:
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

    def _bid_due(self, player: Player, engagement_id: int) -> datetime | None:
        """A day before the deadline, while the only bidder has not handed in."""
        with player.engine.records() as records:
            tender = tender_of(records, engagement_id)
            if tender is None or tender.state != TenderState.PUBLISHED or tender.deadline is None:
                return None
            if count_bids(records, tender, LETTER, late=False):
                return None
            return tender.deadline - timedelta(days=1)

    def _receive(self, player: Player, engagement_id: int) -> bool:
        due = self._bid_due(player, engagement_id)
        if due is None or due > player.clock.now():
            return False
        with player.engine.records() as records:
            tender = tender_of(records, engagement_id)
            assert tender is not None
            tender_id = tender.id
        hand_in(player, self.keys, tender_id, LETTER, self.facts.award, self.facts.currency)
        return True

    def _answer_clauses(self, player: Player, engagement_id: int) -> bool:
        """After the clauses were negotiated the supplier's comments arrive, once."""
        if player.open_tasks() or player.completed("negotiate_clauses") != 1:
            return False
        with player.engine.records() as records:
            contract = latest_contract(records, engagement_id)
            if contract is None or contract.is_signed or contract.check_rounds != 1:
                return False
            contract_id = contract.id
        player.clock.advance(timedelta(days=2))
        player.engine.publish_message(
            "supplier_comments",
            str(contract_id),
            variables={"supplierComments": "Agreed. (Invented)"},
            by=_as("contract_manager"),
        )
        return True

    def _grant_access(self, player: Player, engagement_id: int) -> bool:
        """Once the contract is in force two consultants get their accounts."""
        with player.engine.records() as records:
            engagement = records.get(Engagement, engagement_id)
            if engagement.state != EngagementState.OPERATING or open_grants(records, engagement_id):
                return False
        with player.engine.transaction(by=_as("it_support"), action="grant access") as transaction:
            maker = Maker(transaction.now, "it_support")
            for grant in self.facts.invented["access"]:
                transaction.records.add(
                    AccessGrant(
                        engagement_id=engagement_id,
                        granted_on=transaction.now.date(),
                        until=self.facts.contract_end,
                        **grant,
                        **made(maker),
                    )
                )
            transaction.audit("engagement", engagement_id, grants=len(self.facts.invented["access"]))
        return True

    def _days_to_come(self, player: Player, engagement_id: int) -> list[date]:
        """When orders and payments that are not in the register yet fall due."""
        with player.engine.records() as records:
            contract = latest_contract(records, engagement_id)
            if contract is None or not contract.is_signed:
                return []
            orders = {order.number for order in orders_of(records, contract.id)}
            payments = {payment.number for payment in payments_of(records, contract.id)}
        days = [o.ordered_on for o in self.facts.orders if o.number not in orders and o.ordered_on]
        return days + [p.paid_on for p in self.facts.payments if p.number not in payments]

    def _spend(self, player: Player, engagement_id: int) -> bool:
        today = player.clock.now().date()
        if not any(day <= today for day in self._days_to_come(player, engagement_id)):
            return False
        with player.engine.transaction(by=_as("finance"), action="import spend") as transaction:
            contract = latest_contract(transaction.records, engagement_id)
            assert contract is not None
            new = import_spend(
                transaction.records,
                contract,
                [o for o in self.facts.orders if o.ordered_on and o.ordered_on <= today],
                [p for p in self.facts.payments if p.paid_on <= today],
                Maker(transaction.now, "finance"),
                source=self.facts.source,
            )
            transaction.audit("contract", contract.id, rows=new)
        return True

    def _may_leave(self, player: Player, engagement_id: int) -> bool:
        with player.engine.records() as records:
            engagement = records.get(Engagement, engagement_id)
            return bool(
                engagement.state == EngagementState.OPERATING
                and active_contract(records, engagement_id) is not None
                and running_plan(records, engagement_id) is None
            )

    def _leave(self, player: Player, engagement_id: int) -> bool:
        """At the end of the term the contract manager begins the exit, when no review is under way."""
        if player.clock.now() < _at(self._leaving_on) or player.open_tasks():
            return False
        if not self._may_leave(player, engagement_id):
            return False
        player.engine.publish_message(
            "exit_triggered",
            str(engagement_id),
            variables={
                "trigger": "expiry",
                "reason": "The term ends on 31 December 2016.",
                "curable": False,
                "effectiveDate": self._exit["requested"],
            },
            by=_as("contract_manager"),
        )
        return True

    # --- selection ----------------------------------------------------------------------------------

    def _prepare(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "method": "competitive_negotiation",
                "invited": [_option(player, task)],
                "deadline": self.facts.deadline.isoformat(),
                "bidValidityDays": 120,
                "panelSize": 3,
                "budget": self.facts.tender_value,
                "ceilingPrice": self.facts.tender_value,
                "currency": self.facts.currency,
                "priceFormula": "lowest_price",
                "criteria": criteria_of(self.facts.invented),
                "crossBorder": False,
                "onsiteStaff": False,
                "subcontracting": True,
            }
        )

    def _score(self, player: Player, task: UserTask) -> Answer:
        scores = self.facts.invented["scores"]
        lines = [
            {**line, "score": scores[line["criterion"]], "comment": "Invented score"}
            for line in player.variables(task)["scores"]
        ]
        return Answer(values={"scores": lines})

    # --- contract -----------------------------------------------------------------------------------

    def _draft(self, player: Player, task: UserTask) -> Answer:
        seen = player.variables(task)
        terms = {
            **{name: value for name, value in seen["terms"].items() if value is not None},
            "value": self.facts.award,
            "currency": self.facts.currency,
            "startDate": self.facts.contract_start.isoformat(),
            "endDate": self.facts.contract_end.isoformat(),
            "noticeDaysUs": 90,
            "noticeDaysSupplier": 90,
            "atRiskPct": Decimal("0.10"),
            "liabilityCap": self.facts.award,
            "governingLaw": "Oregon",
            "serviceCountry": "US",
            "dataCountry": "US",
            "processingCountry": "US",
        }
        return Answer(
            values={"terms": terms, "kpis": seen["kpis"], "clauses": self._clauses(seen["clauses"], gap=True)}
        )

    def _clauses(self, clauses: list[dict[str, Any]], *, gap: bool) -> list[dict[str, Any]]:
        """All present with a paragraph each, but one while there is the gap."""
        missing = self.facts.invented["first_gap"] if gap else ""
        return [
            {
                **clause,
                "status": "missing" if clause["clause"] == missing else "present",
                "textRef": "" if clause["clause"] == missing else f"§ {number} (invented)",
            }
            for number, clause in enumerate(clauses, start=1)
        ]

    def _legal_review(self, player: Player, task: UserTask) -> Answer:
        clauses = player.variables(task)["clauses"]
        return Answer(values={"clauses": clauses, "legalComment": ""}, outcome="approve")

    def _specialist_review(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"comment": "In order"}, outcome="approve")

    def _negotiate(self, player: Player, task: UserTask) -> Answer:
        clauses = self._clauses(player.variables(task)["clauses"], gap=False)
        return Answer(
            values={"clauses": clauses, "negotiationNotes": "Sub-outsourcing needs our consent. (Invented)"}
        )

    def _plan_exit(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "exitPlan": {
                    "targetService": "insource",
                    "durationDays": 180,
                    "cost": 20_000,
                    "plannedScenario": "Invented: the city's own team takes the forms over in six months.",
                    "stressedScenario": "Invented: paper forms until the team can run the system.",
                }
            }
        )

    def _sign(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "signedOn": player.clock.now().date().isoformat(),
                "ourSignatory": "Contract manager (invented)",
                "supplierSignatory": "Supplier S (invented)",
            },
            outcome="signed",
        )

    # --- reviews ------------------------------------------------------------------------------------

    def _enter(self, player: Player, task: UserTask) -> Answer | None:
        """The supplier's reading of the month; nobody answers where the reading is missing."""
        kpi = player.variables(task)["kpi"]
        engagement_id = player.engagement_id
        assert engagement_id is not None
        with player.engine.records() as records:
            contract = active_contract(records, engagement_id)
            assert contract is not None
            month = len(reviews_of(records, contract.id)) - 1
        readings = self.facts.invented["readings"][kpi["code"]]
        reading = readings[month % len(readings)]
        if reading is None:
            return None
        whole = 100 if kpi["unit"] == "%" else 1
        return Answer(values={"numerator": Decimal(reading), "denominator": whole})

    def _verify(self, player: Player, task: UserTask) -> Answer:
        seen = player.variables(task)
        return Answer(values={"measurements": seen["measurements"], "invoiceAmount": seen["invoiceAmount"]})

    def _meet(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "attendees": "Contract manager, service owner, Supplier S",
                "minutes": "Readings of the half-year looked at. (Invented)",
                "actions": [],
            }
        )

    def _decide(self, player: Player, task: UserTask) -> Answer:
        verdict = player.variables(task)["verdict"]
        return Answer(values={"consequence": verdict["consequence"], "newOrders": verdict["newOrders"]})

    def _stay(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"exitReason": "One bad month is no pattern. (Invented)"}, outcome="continue")

    # --- exit ---------------------------------------------------------------------------------------

    def _freeze(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "targetService": "insource",
                "cost": 20_000,
                "items": self._exit["items"],
                "communications": "Invented: users are told a month before.",
            }
        )

    def _hand_over(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"deliverable": "Handed over in the city's document store. (Invented)"})

    def _accept_item(self, player: Player, task: UserTask) -> Answer:
        item = player.variables(task)["item"]
        rejected = item["title"] == self._exit["rejected_once"]
        if rejected and not player.completed("accept_item", "reject"):
            return Answer(values={"rejectReason": "Two forms are missing. (Invented)"}, outcome="reject")
        return Answer(values={"rejectReason": ""}, outcome="accept")

    def _certify(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "deletionMethod": "overwrite",
                "deletionSystems": "Test copies of the HCM system (invented)",
                "deletedOn": player.clock.now().date().isoformat(),
                "deletionSigner": "Supplier S (invented)",
            }
        )

    def _accept_deletion(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"deletionComment": ""}, outcome="accept")

    def _revoke(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"allRevoked": True})

    def _settle(self, player: Player, task: UserTask) -> Answer | None:
        """Finance waits for the last payments to fall due."""
        engagement_id = player.engagement_id
        assert engagement_id is not None
        if self._days_to_come(player, engagement_id):
            return None
        seen = player.variables(task)
        return Answer(
            values={
                "settledAmount": Decimal(seen["dueToSupplier"]) - Decimal(seen["dueToUs"]),
                "settledOn": player.clock.now().date().isoformat(),
                "settlementRemarks": "Service credits are deducted. (Invented)",
            }
        )

    def _close_gaps(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"gapNotes": "The open items are not mandatory. (Invented)"})

    def _accept_transition(self, player: Player, task: UserTask) -> Answer:
        return Answer(values={"serviceStable": True, "transitionRemarks": ""})

    def _learn(self, player: Player, task: UserTask) -> Answer:
        return Answer(
            values={
                "lessons": "Spend ran 24.43 % over the award: extensions need the change process. (Invented)",
                "wouldUseAgain": "yes",
            }
        )


def _as(user_id: str) -> Actor:
    return Actor(user_id=user_id, channel=Channel.DEMO)


def _at(day: date) -> datetime:
    """The working morning of a day."""
    return datetime.combine(day, time(16), tzinfo=UTC)


def _option(player: Player, task: UserTask) -> Any:
    """Supplier S as the form offers it."""
    for option in player.variables(task)["supplierOptions"]:
        if option["label"] == f"Supplier {LETTER}":
            return option["value"]
    raise LookupError(f"Supplier {LETTER} is not offered for invitation")
