"""The service steps of the exit, of the approval chain and of the engagement's own life."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import BpmnError, HandlerFailed
from tasks.approval.records import LateApproval
from tasks.contract.records import ContractState, Payment, PurchaseOrder
from tasks.engagement.records import Engagement, EngagementState
from tasks.exit.access import ACCESS_SYSTEMS
from tasks.exit.records import AccessGrant, ExitPlan, HandoverItem
from tasks.performance.records import ServiceCredit
from tasks.records_base import InvariantBroken, made
from tests.tasks.signed import CLAUSES, REQUIRED, signed
from tests.tasks.test_review_handlers import GOOD, review

ITEMS = [
    {"kind": "knowledge", "title": "Runbooks", "mandatory": True, "weight": D(5), "due": "2026-06-30"},
    {"kind": "asset", "title": "Laptops", "mandatory": False, "weight": D(2)},
]


@pytest.fixture
def contract(desk):
    return signed(desk)


def opened(desk, contract, **changes):
    return desk.run(
        "exit.open",
        engagementId=contract.engagement_id,
        trigger="convenience",
        reason="insourcing",
        **changes,
    )


def planned(desk, contract):
    """A running exit with its items; answers the plan's id and the items the supplier hands over."""
    plan_id = opened(desk, contract)["exitPlanId"]
    saved = desk.run("exit.save_plan", exitPlanId=plan_id, targetService="insource", cost=D(100), items=ITEMS)
    return plan_id, saved["items"]


def refuse(desk, type, code, **variables):
    with pytest.raises(BpmnError) as refused:
        desk.run(type, **variables)
    assert refused.value.code == code
    return refused.value


# --- the engagement -------------------------------------------------------------------------------------


def start_form(**changes):
    return {
        "title": "SAP services",
        "serviceCategory": "it",
        "description": "",
        "targetStart": "2026-05-01",
        "estimatedAnnualCost": 400_000,
        "currency": "USD",
        "dataClass": "personal",
        "rtoHours": 24,
        "substitutability": "medium",
        **changes,
    }


def test_an_engagement_belongs_to_whoever_started_it(desk):
    created = desk.run("engagement.create", actor="olga", **start_form())

    found = desk.records.get(Engagement, created["engagementId"])
    assert created["code"] == "OUT-2026-0001"
    assert (found.business_owner, found.service_owner, found.state) == ("olga", "olga", "strategy")
    assert found.estimated_annual_cost == D(400_000)


def test_creating_again_in_the_same_job_takes_no_second_number(desk):
    first = desk.run("engagement.create", job_key=5, **start_form())
    second = desk.run("engagement.create", job_key=5, **start_form())
    third = desk.run("engagement.create", **start_form(serviceOwner="sven"))

    assert first == second
    assert third["code"] == "OUT-2026-0002"


def test_a_wrong_input_names_the_variable(desk):
    with pytest.raises(HandlerFailed, match="serviceCategory"):
        desk.run("engagement.create", **start_form(serviceCategory="magic"))


def test_the_profile_is_what_the_table_said(desk):
    engagement_id = desk.run("engagement.create", **start_form())["engagementId"]

    desk.run(
        "engagement.set_profile",
        engagementId=engagement_id,
        criticality="critical",
        ddLevel="enhanced",
        exitPlanRequired=True,
        regulatorNotice=True,
    )

    found = desk.records.get(Engagement, engagement_id)
    assert (found.criticality, found.dd_level, found.exit_plan_required) == ("critical", "enhanced", True)


def test_a_service_goes_live_with_an_active_contract_only(desk, contract):
    without = desk.run("engagement.create", **start_form())["engagementId"]

    refuse(desk, "engagement.go_live", "CONTRACT_NOT_ACTIVE", engagementId=without)
    desk.run("engagement.go_live", engagementId=contract.engagement_id)

    assert desk.records.get(Engagement, contract.engagement_id).state == EngagementState.OPERATING


def test_an_engagement_does_not_close_with_a_mandatory_item_open(desk, contract):
    planned(desk, contract)

    refused = refuse(
        desk, "engagement.close", "OPEN_ITEMS", engagementId=contract.engagement_id, outcome="closed"
    )

    assert "Runbooks" in refused.variables["openItems"]
    assert "Laptops" not in refused.variables["openItems"]


def test_an_engagement_may_be_cancelled_before_it_is_live(desk):
    engagement_id = desk.run("engagement.create", **start_form())["engagementId"]

    desk.run("engagement.close", engagementId=engagement_id, outcome="cancelled")

    assert desk.records.get(Engagement, engagement_id).state == EngagementState.CANCELLED


# --- the approval chain ---------------------------------------------------------------------------------


def test_extra_reviewers_come_first_and_nobody_twice(desk):
    ordered = desk.run("approval.order", base=["dept_head", "cpo", "cfo"], extra=["internal_audit", "cfo"])

    assert ordered == {"levels": ["internal_audit", "cfo", "dept_head", "cpo"]}


def test_without_any_level_there_is_no_eligible_approver(desk):
    refuse(desk, "approval.order", "NO_ELIGIBLE_APPROVER", base=[], extra=None)


def test_a_late_approval_is_noted_once_per_level(desk):
    late = {"level": "cfo", "docType": "tender", "docId": 1, "docTitle": "Canteen"}
    desk.run("task.escalate", **late)
    desk.wait(days=1)
    desk.run("task.escalate", **late)

    found = desk.records.scalars(select(LateApproval)).all()
    assert [(f.level, f.noticed_at) for f in found] == [("cfo", desk.now)]


# --- the exit -------------------------------------------------------------------------------------------


def test_triggering_publishes_the_message_for_the_engagement(desk):
    desk.run("exit.trigger", engagementId=7, trigger="grade_e", reason="bad", curable=False)

    assert desk.messages == [
        ("exit_triggered", "7", {"trigger": "grade_e", "reason": "bad", "curable": False})
    ]


def test_opening_an_exit_takes_up_the_approved_plan(desk, contract):
    plan = ExitPlan(
        engagement_id=contract.engagement_id,
        mode="planned",
        state="approved",
        approved_on=date(2026, 3, 1),
        **made(desk),
    )
    desk.records.add(plan)
    desk.records.flush()

    result = opened(desk, contract, requestedDate="2026-12-31")

    assert result["exitPlanId"] == plan.id
    assert (plan.state, plan.requested_on) == ("running", date(2026, 12, 31))
    assert (result["supplierContacts"], result["amountCny"]) == (["sally"], D("1200000.00"))
    assert desk.records.get(Engagement, contract.engagement_id).state == EngagementState.EXITING


def test_an_engagement_without_a_contract_has_nothing_to_leave(desk):
    engagement_id = desk.run("engagement.create", **start_form())["engagementId"]

    with pytest.raises(HandlerFailed, match="no contract to leave"):
        desk.run("exit.open", engagementId=engagement_id, trigger="convenience", reason="")


@pytest.mark.parametrize(
    ("notice", "requested", "effective"),
    [
        ("P30D", None, "2026-04-26"),
        ("P30D", "2026-04-01", "2026-04-26"),
        ("P30D", "2026-12-31", "2026-12-31"),
        ("P0D", None, "2026-03-27"),
        ("P6M", None, "2026-09-27"),
        ("contract", None, "2026-06-25"),
        ("as_ordered", None, "2026-03-27"),
    ],
)
def test_the_exit_takes_effect_as_requested_but_never_before_the_notice_is_over(
    desk, contract, notice, requested, effective
):
    opened(desk, contract, requestedDate=requested)

    noticed = desk.run("exit.notice", engagementId=contract.engagement_id, mode="planned", notice=notice)

    assert noticed == {"effectiveDate": effective}
    assert contract.orders_frozen_at == desk.now


def test_a_notice_to_cure_freezes_no_orders(desk, contract):
    opened(desk, contract)

    desk.run("exit.notice", engagementId=contract.engagement_id, mode="cure_notice", notice="P30D")

    assert contract.orders_frozen_at is None


def test_a_notice_that_is_no_period_is_named(desk, contract):
    opened(desk, contract)

    with pytest.raises(HandlerFailed, match="'notice'"):
        desk.run("exit.notice", engagementId=contract.engagement_id, mode="planned", notice="soon")


def test_an_exit_that_is_withdrawn_lets_the_service_go_on(desk, contract):
    plan_id = opened(desk, contract)["exitPlanId"]
    desk.run("exit.notice", engagementId=contract.engagement_id, mode="planned", notice="P30D")

    desk.run("exit.withdraw", exitPlanId=plan_id, reason="cured")

    assert desk.records.get(ExitPlan, plan_id).state == "withdrawn"
    assert desk.records.get(Engagement, contract.engagement_id).state == EngagementState.OPERATING
    assert contract.orders_frozen_at is None


def test_stepping_in_needs_the_clause(desk, contract):
    opened(desk, contract)
    desk.run("stepin.activate", engagementId=contract.engagement_id, scope="service", days=90)

    assert desk.records.scalar(select(ExitPlan)).step_in is True


def test_without_the_clause_there_is_no_right_to_step_in(desk):
    contract = signed(desk, required=REQUIRED[:1], clauses=CLAUSES[:1])
    opened(desk, contract)

    refuse(
        desk,
        "stepin.activate",
        "NO_STEP_IN_RIGHT",
        engagementId=contract.engagement_id,
        scope="service",
        days=90,
    )


def test_the_plan_adds_data_access_and_payment_itself(desk, contract):
    _, items = planned(desk, contract)

    assert [item["title"] for item in items] == ["Runbooks", "Laptops"]
    kinds = {item.kind: item.mandatory for item in desk.records.scalars(select(HandoverItem))}
    assert kinds == {"knowledge": True, "asset": False, "data": True, "access": True, "payment": True}


def test_an_item_is_accepted_by_somebody_who_did_not_deliver_it(desk, contract):
    _, items = planned(desk, contract)
    desk.run("exit.accept_item", itemId=items[0]["itemId"], deliveredBy="sally", acceptedBy="sven")

    accepted = desk.records.get(HandoverItem, items[0]["itemId"])
    assert (accepted.state, accepted.accepted_by) == ("accepted", "sven")
    with pytest.raises(InvariantBroken, match="cannot accept"):
        desk.run("exit.accept_item", itemId=items[1]["itemId"], deliveredBy="sally", acceptedBy="sally")


def test_the_export_holds_the_engagement_but_no_bids(desk, contract):
    review(desk, contract, "2026-04", {**GOOD, "availability": "99.0"})
    planned(desk, contract)

    exported = desk.run("exit.export_data", engagementId=contract.engagement_id)

    content = desk.files.kept[exported["exportDocumentId"]].content
    data = json.loads(content)
    assert exported["exportSha256"] == hashlib.sha256(content).hexdigest()
    assert data["contract"]["number"] == contract.number
    assert D(data["reviews"][0]["credits"][0]["amount"]) == D(4800)
    assert len(data["handoverItems"]) == 5
    assert "bid" not in data


def test_a_certificate_of_deletion_settles_the_data(desk, contract):
    plan_id, _ = planned(desk, contract)

    desk.run(
        "exit.accept_deletion",
        exitPlanId=plan_id,
        method="overwritten",
        systems="SAP",
        deletedOn="2026-06-30",
        signer="Sally",
        acceptedBy="dora",
    )

    item = desk.records.scalar(select(HandoverItem).where(HandoverItem.kind == "data"))
    assert (item.state, item.accepted_by, item.certificate["deletedOn"]) == ("accepted", "dora", "2026-06-30")


def grant(desk, contract, system):
    desk.records.add(
        AccessGrant(
            engagement_id=contract.engagement_id,
            person="sally",
            system=system,
            role="user",
            granted_on=date(2026, 4, 1),
            **made(desk),
        )
    )
    desk.records.flush()


class Door:
    def __init__(self):
        self.closed_to = []

    def revoke(self, person, role):
        self.closed_to.append(person)
        return True


def test_access_is_revoked_through_the_system_and_the_rest_goes_to_a_person(desk, contract):
    planned(desk, contract)
    door = Door()
    desk.services[ACCESS_SYSTEMS] = {"door": door}
    grant(desk, contract, "door")
    grant(desk, contract, "SAP")

    refused = refuse(desk, "access.revoke_all", "REVOKE_FAILED", engagementId=contract.engagement_id)
    desk.run("access.confirm_revoked", engagementId=contract.engagement_id, actor="ivan")

    assert door.closed_to == ["sally"]
    assert refused.variables == {"failed": [{"person": "sally", "system": "SAP", "role": "user"}]}
    assert all(g.revoked_at for g in desk.records.scalars(select(AccessGrant)))
    item = desk.records.scalar(select(HandoverItem).where(HandoverItem.kind == "access"))
    assert (item.state, item.accepted_by) == ("accepted", "ivan")


def test_when_every_system_obeys_nobody_has_to_do_it_by_hand(desk, contract):
    planned(desk, contract)
    desk.services[ACCESS_SYSTEMS] = {"door": Door()}
    grant(desk, contract, "door")

    assert desk.run("access.revoke_all", engagementId=contract.engagement_id) == {"revoked": 1, "failed": []}


def spend(desk, contract, *, accepted, paid):
    desk.records.add(
        PurchaseOrder(
            contract_id=contract.id,
            number="1",
            title="Work",
            amount=D(accepted),
            accepted_amount=D(accepted),
            ordered_on=date(2026, 4, 1),
            **made(desk),
        )
    )
    desk.records.add(
        Payment(contract_id=contract.id, number="1", amount=D(paid), paid_on=date(2026, 5, 1), **made(desk))
    )
    desk.records.flush()


@pytest.mark.parametrize(
    ("accepted", "paid", "to_supplier", "to_us"),
    [
        ("10000", "4000", "1200.00", "0.00"),
        ("10000", "10000", "0.00", "4800.00"),
        ("10000", "9000", "0.00", "3800.00"),
    ],
)
def test_the_settlement_takes_confirmed_credits_off_what_is_unpaid(
    desk, contract, accepted, paid, to_supplier, to_us
):
    review(desk, contract, "2026-04", {**GOOD, "availability": "99.0"})
    spend(desk, contract, accepted=accepted, paid=paid)

    due = desk.run("exit.settlement", engagementId=contract.engagement_id)

    assert due == {"dueToSupplier": D(to_supplier), "dueToUs": D(to_us)}


def test_recording_the_settlement_uses_the_credits_up(desk, contract):
    review(desk, contract, "2026-04", {**GOOD, "availability": "99.0"})
    plan_id, _ = planned(desk, contract)

    desk.run("exit.record_settlement", exitPlanId=plan_id, settledAmount=D("4800"), settledOn="2026-07-01")

    credit = desk.records.scalar(select(ServiceCredit))
    assert (credit.state, credit.applied_on) == ("applied", date(2026, 7, 1))
    assert desk.run("exit.settlement", engagementId=contract.engagement_id)["dueToUs"] == D("0.00")


def test_readiness_grows_item_by_item_and_the_register_closes_at_the_end(desk, contract):
    plan_id, items = planned(desk, contract)
    before = desk.run("exit.readiness", engagementId=contract.engagement_id)
    desk.run("exit.accept_item", itemId=items[0]["itemId"], deliveredBy="sally", acceptedBy="sven")
    desk.run("access.revoke_all", engagementId=contract.engagement_id)
    desk.run("exit.record_settlement", exitPlanId=plan_id, settledAmount=D(0), settledOn="2026-07-01")
    desk.run(
        "exit.accept_deletion",
        exitPlanId=plan_id,
        method="overwritten",
        systems="SAP",
        deletedOn="2026-06-30",
        signer="Sally",
    )

    after = desk.run("exit.readiness", engagementId=contract.engagement_id)
    desk.run(
        "register.close", engagementId=contract.engagement_id, exitPlanId=plan_id, lessons="start earlier"
    )
    desk.run("engagement.close", engagementId=contract.engagement_id, outcome="closed")

    assert before["readinessPct"] == D("0.00")
    assert len(before["openItems"]) == 5
    assert after == {"readinessPct": D("80.00"), "canClose": True, "openItems": ["Laptops"]}
    assert (contract.state, contract.end_reason) == (ContractState.TERMINATED, "convenience")
    assert contract.retention_until == date(2041, 3, 27)
    assert desk.records.get(Engagement, contract.engagement_id).state == EngagementState.CLOSED
    assert desk.records.get(ExitPlan, plan_id).lessons == "start earlier"
