"""Every invariant of the records has an error of its own, and nothing broken is written."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from tasks.all_records import metadata
from tasks.contract.records import ClauseCheck, Contract, ContractState, KpiDefinition, Payment, PurchaseOrder
from tasks.contract.rules import kpi_set_breaches
from tasks.engagement.records import Engagement, EngagementState
from tasks.exit.records import ExitPlan, HandoverItem
from tasks.numbering import next_number
from tasks.performance.records import Measurement, Review, ServiceCredit
from tasks.records_base import InvariantBroken, Record, WrongState
from tasks.supplier.identifiers import uscc_with_check
from tasks.supplier.records import Supplier, SupplierState
from tasks.tender.records import Bid, BidState, Evaluation, PanelMember, Tender, TenderState
from tasks.tender.rules import tender_breaches
from tests.tasks.desk import CRITERIA, START


def codes(record):
    return {breach.code for breach in record.breaches()}


def engagement(**changes):
    return Engagement(
        **{
            "code": "OUT-2026-0001",
            "state": EngagementState.STRATEGY,
            "title": "Canteen",
            "service_category": "facility",
            "business_owner": "olga",
            "service_owner": "olga",
            "data_class": "none",
            "created_at": START,
            "created_by": "olga",
            "updated_at": START,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "Tiny"}, "TITLE_LENGTH"),
        ({"title": "x" * 121}, "TITLE_LENGTH"),
        ({"service_category": "catering"}, "UNKNOWN_VALUE"),
        ({"data_class": "secret"}, "UNKNOWN_VALUE"),
        ({"criticality": "high"}, "UNKNOWN_VALUE"),
        ({"estimated_annual_cost": D(0)}, "COST_NOT_POSITIVE"),
    ],
)
def test_an_engagement_that_breaks_a_rule_says_which(changes, code):
    assert codes(engagement(**changes)) == {code}
    assert codes(engagement()) == set()


def test_a_broken_record_is_not_written(desk):
    desk.records.add(engagement(title="Tiny"))

    with pytest.raises(InvariantBroken, match="5 to 120 characters") as broken:
        desk.records.flush()

    assert broken.value.breaches[0].field == "title"


def test_a_state_is_left_only_for_one_that_may_follow():
    record = engagement()

    record.move_to(EngagementState.SOURCING, now=START)
    record.move_to(EngagementState.SOURCING, now=START)

    with pytest.raises(WrongState, match="OUT-2026-0001 is sourcing and cannot become closed"):
        record.move_to(EngagementState.CLOSED, now=START)


def test_every_state_of_every_machine_is_a_known_one():
    machines = {
        Engagement: EngagementState,
        Supplier: SupplierState,
        Tender: TenderState,
        Bid: BidState,
        Contract: ContractState,
    }

    for kind, states in machines.items():
        known = {str(state) for state in states}
        assert {str(state) for state in kind.transitions} <= known
        for following in kind.transitions.values():
            assert {str(state) for state in following} <= known


def supplier(**changes):
    common = {"created_at": START, "created_by": "olga", "updated_at": START}
    return Supplier(**{"name": "Supplier A", "state": SupplierState.APPLICANT, **common, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uscc": "91330100799655058A"}, "USCC_CHECK"),
        ({"lei": "506700GE1G29325QX364"}, "LEI_CHECK"),
        ({"new_orders": "maybe"}, "UNKNOWN_VALUE"),
        ({"decided_on": date(2026, 1, 1), "valid_until": date(2027, 1, 2)}, "VALID_TOO_LONG"),
    ],
)
def test_a_supplier_that_breaks_a_rule_says_which(changes, code):
    assert codes(supplier(**changes)) == {code}


def test_a_qualification_of_365_days_with_right_check_digits_is_fine():
    record = supplier(
        uscc=uscc_with_check("91330100799655058"),
        lei="506700GE1G29325QX363",
        decided_on=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
    )

    assert codes(record) == set()


@pytest.mark.parametrize("field", ["uscc", "lei"])
def test_two_suppliers_cannot_share_an_identifier(desk, field):
    value = {"uscc": "91330100799655058B", "lei": "506700GE1G29325QX363"}[field]
    desk.supplier("Supplier A", **{field: value})

    with pytest.raises(IntegrityError):
        desk.supplier("Supplier B", **{field: value})


@pytest.mark.parametrize(
    ("standing", "may"),
    [
        ({}, True),
        ({"new_orders": "warn"}, True),
        ({"new_orders": "stop"}, False),
        ({"state": "barred"}, False),
    ],
)
def test_a_stop_or_a_bar_blocks_invitations(standing, may):
    assert supplier(**{"state": "qualified", **standing}).may_be_invited is may


def tender(**changes):
    return Tender(
        **{
            "code": "TN-2026-0001",
            "title": "Canteen",
            "state": TenderState.PUBLISHED,
            "method": "open_tender",
            "currency": "CNY",
            "budget": D(1000),
            "ceiling_price": D(1000),
            "criteria": CRITERIA,
            "published_at": START,
            "deadline": START + timedelta(days=20),
            **changes,
        }
    )


def weighted(*weights):
    return [{"key": key, "weight": D(weight), "max": 100} for key, weight in weights]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "auction"}, "METHOD"),
        ({"price_formula": "dice"}, "FORMULA"),
        ({"currency": "yuan"}, "CURRENCY"),
        ({"panel_size": 4}, "PANEL_SIZE"),
        ({"budget": D(0), "ceiling_price": None}, "BUDGET"),
        ({"ceiling_price": D("1000.01")}, "CEILING_OVER_BUDGET"),
        ({"bond_amount": D("20.01")}, "BOND_OVER_2_PERCENT"),
        ({"criteria": []}, "CRITERIA"),
        ({"criteria": weighted(("price", "0.5"), ("price", "0.5"))}, "CRITERIA_TWICE"),
        ({"criteria": weighted(("price", "0.3"), ("technical", "0.6"))}, "WEIGHTS_SUM"),
        ({"criteria": weighted(("price", "0.09"), ("technical", "0.91"))}, "PRICE_WEIGHT"),
        ({"criteria": weighted(("technical", "1"))}, "PRICE_WEIGHT"),
        ({"deadline": None}, "DEADLINE"),
        ({"deadline": START + timedelta(days=19)}, "DEADLINE_TOO_EARLY"),
        ({"bid_validity_days": 0}, "VALIDITY"),
    ],
)
def test_a_published_tender_that_breaks_a_rule_says_which(changes, code):
    assert codes(tender(**changes)) == {code}


def test_a_tender_at_every_limit_is_fine():
    record = tender(bond_amount=D(20), criteria=weighted(("price", "0.10"), ("technical", "0.90")))

    assert codes(record) == set()


def test_a_criterion_has_a_maximum_of_at_most_100():
    criteria = [{"key": "price", "weight": D("0.5")}, {"key": "technical", "weight": D("0.5"), "max": 101}]

    assert codes(tender(criteria=criteria)) == {"CRITERION_MAX"}


def test_an_invited_tender_needs_no_20_days_but_three_invitations():
    record = tender(method="invited_tender", deadline=START + timedelta(hours=1))

    assert [b.code for b in tender_breaches(record, invited=2)] == ["TOO_FEW_INVITED"]
    assert tender_breaches(record, invited=3) == []


def test_a_planned_tender_may_still_be_incomplete():
    assert codes(tender(state=TenderState.PLANNED, criteria=[], deadline=None)) == set()


def test_a_score_lies_between_0_and_the_maximum():
    common = {"bid_id": 1, "evaluator": "eva", "criterion": "technical", "maximum": D(100)}

    assert codes(Evaluation(score=D("100.01"), **common)) == {"SCORE_OUT_OF_RANGE"}
    assert codes(Evaluation(score=D("-0.01"), **common)) == {"SCORE_OUT_OF_RANGE"}
    assert codes(Evaluation(score=D(0), **common)) == set()


def contract(**changes):
    return Contract(
        **{
            "number": "CT-2026-0001",
            "state": ContractState.DRAFT,
            "title": "Canteen",
            "value": D(1000),
            "currency": "CNY",
            "start": date(2026, 1, 1),
            "end": date(2026, 12, 31),
            "at_risk_pct": D("0.20"),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": D(0)}, "VALUE"),
        ({"end": date(2026, 1, 1)}, "END_BEFORE_START"),
        ({"payment_terms_days": 121}, "PAYMENT_TERMS"),
        ({"payment_terms_days": -1}, "PAYMENT_TERMS"),
        ({"at_risk_pct": D("0.2001")}, "AT_RISK"),
        ({"notice_days_us": -1}, "NOTICE_DAYS"),
        ({"state": ContractState.ACTIVE}, "MISSING_SIGNATURE"),
        (
            {"state": ContractState.ACTIVE, "signed_on": date(2026, 1, 1), "our_signatory": "Olga"},
            "MISSING_SIGNATURE",
        ),
    ],
)
def test_a_contract_that_breaks_a_rule_says_which(changes, code):
    assert codes(contract(**changes)) == {code}


def test_a_signature_more_than_30_days_after_the_start_is_a_warning_only():
    signed = {"our_signatory": "Olga", "supplier_signatory": "Sam", "state": ContractState.ACTIVE}

    late = contract(signed_on=date(2026, 2, 1), **signed)
    in_time = contract(signed_on=date(2026, 1, 31), **signed)

    assert codes(late) == set()
    assert [w.code for w in late.warnings()] == ["SIGNED_LATE"]
    assert in_time.warnings() == []


def test_waiving_a_mandatory_clause_needs_the_general_counsel():
    waived = ClauseCheck(contract_id=1, clause="SCOPE", level="M", status="waived")

    assert codes(waived) == {"WAIVER_WITHOUT_COUNSEL"}
    assert (
        codes(ClauseCheck(contract_id=1, clause="SCOPE", level="M", status="waived", waived_by="gc")) == set()
    )
    assert codes(ClauseCheck(contract_id=1, clause="IP", level="R", status="waived")) == set()
    assert codes(ClauseCheck(contract_id=1, clause="IP", level="X", status="lost")) == {"UNKNOWN_VALUE"}


@pytest.mark.parametrize(
    ("level", "status", "gap"),
    [("M", "missing", True), ("M", "deviation", True), ("M", "present", False), ("R", "missing", False)],
)
def test_only_a_mandatory_clause_leaves_a_gap(level, status, gap):
    assert ClauseCheck(contract_id=1, clause="SCOPE", level=level, status=status).is_gap is gap


def kpi(**changes):
    return KpiDefinition(
        **{
            "code": "availability",
            "name": "Availability",
            "direction": "up",
            "target": D("99.9"),
            "minimum": D("99.5"),
            "critical": D(98),
            "weight": D(1),
            "category": "service",
            "pool": D("0.8"),
            "allocation": D("0.5"),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"direction": "sideways"}, "DIRECTION"),
        ({"minimum": D("99.95")}, "KPI_LIMITS"),
        ({"critical": D("99.5")}, "KPI_LIMITS"),
        ({"direction": "down"}, "KPI_LIMITS"),
        ({"category": "beauty"}, "KPI_CATEGORY"),
        ({"pool": D("1.1")}, "KPI_SHARE"),
    ],
)
def test_a_kpi_that_breaks_a_rule_says_which(changes, code):
    assert codes(kpi(**changes)) == {code}


def test_for_a_kpi_where_less_is_better_the_limits_are_reversed():
    assert codes(kpi(direction="down", target=D(4), minimum=D(6), critical=D(12))) == set()
    assert codes(kpi(direction="down", target=D(4), minimum=D(4), critical=D(12))) == set()


def test_weights_of_a_contract_sum_to_1_and_allocations_of_a_category_stay_within_1():
    two = [kpi(weight=D("0.5")), kpi(code="p1", weight=D("0.4"), allocation=D("0.6"))]

    assert [b.code for b in kpi_set_breaches(two)] == ["KPI_WEIGHTS", "KPI_ALLOCATION"]
    assert kpi_set_breaches([kpi()]) == []


def test_who_entered_a_value_cannot_verify_it():
    common = {"kpi_id": 1, "review_id": 1, "period": "2026-03"}

    same = Measurement(value=D(1), entered_by="sam", verified_by="sam", **common)
    nobody_said_why = Measurement(value=None, **common)
    both = Measurement(value=D(1), missing_cause="us", **common)

    assert codes(same) == {"SAME_PERSON"}
    assert codes(nobody_said_why) == {"MISSING_CAUSE"}
    assert codes(both) == {"MISSING_CAUSE"}


@pytest.mark.parametrize("period", ["2026-13", "2026-3", "March"])
def test_a_review_is_of_a_month(period):
    assert codes(Review(contract_id=1, period=period)) == {"PERIOD"}


def test_a_credit_never_exceeds_its_raw_amount():
    assert codes(ServiceCredit(raw=D(5), amount=D(6))) == {"CREDIT_AMOUNT"}
    assert codes(ServiceCredit(raw=D(5), amount=D(-1))) == {"CREDIT_AMOUNT"}


def test_who_delivered_an_item_cannot_accept_it():
    common = {"exit_plan_id": 1, "kind": "knowledge", "title": "Runbook", "weight": D(1)}

    assert codes(HandoverItem(state="accepted", delivered_by="sam", accepted_by="sam", **common)) == {
        "SAME_PERSON"
    }
    assert codes(HandoverItem(state="accepted", **common)) == {"ACCEPTED_BY"}
    assert codes(HandoverItem(state="open", **{**common, "weight": D(0)})) == {"WEIGHT"}
    assert codes(HandoverItem(state="open", **{**common, "kind": "cake"})) == {"UNKNOWN_VALUE"}


def test_an_exit_plan_has_a_known_mode_and_target_and_an_approval_has_a_date():
    assert codes(ExitPlan(mode="panic", state="draft")) == {"UNKNOWN_VALUE"}
    assert codes(ExitPlan(mode="planned", target_service="moon", state="draft")) == {"UNKNOWN_VALUE"}
    assert codes(ExitPlan(mode="planned", state="approved")) == {"APPROVED_ON"}


def test_orders_and_payments_are_above_0():
    assert codes(PurchaseOrder(amount=D(0))) == {"AMOUNT_NOT_POSITIVE"}
    assert codes(Payment(amount=D(-1))) == {"AMOUNT_NOT_POSITIVE"}


def test_numbers_are_gap_free_and_begin_anew_each_year(desk):
    first = [next_number(desk.records, "OUT", desk) for _ in range(2)]
    other = next_number(desk.records, "CT", desk)
    desk.wait(days=365)
    next_year = next_number(desk.records, "OUT", desk)

    assert first == ["OUT-2026-0001", "OUT-2026-0002"]
    assert other == "CT-2026-0001"
    assert next_year == "OUT-2027-0001"


def test_two_writers_of_one_record_do_not_overwrite_each_other(desk):
    record = desk.supplier("Supplier A")
    desk.records.execute(Supplier.__table__.update().values(version=7))

    record.country = "CN"

    with pytest.raises(StaleDataError):
        desk.records.flush()


def test_a_submitted_score_is_never_changed(desk):
    record = Evaluation(
        bid_id=1,
        evaluator="eva",
        criterion="technical",
        score=D(80),
        maximum=D(100),
        created_at=START,
        created_by="eva",
        updated_at=START,
    )
    desk.records.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    desk.records.add(record)
    desk.records.flush()
    record.score = D(90)

    with pytest.raises(InvariantBroken, match="not changed"):
        desk.records.flush()


def test_all_tables_carry_the_common_columns():
    for table in metadata.tables.values():
        assert {"id", "created_at", "created_by", "updated_at", "version", "archived_at"} <= set(
            table.columns.keys()
        ), table.name


def test_no_two_tables_say_the_same_noun():
    nouns = [mapper.class_.noun() for mapper in Record.registry.mappers]

    assert len(nouns) == len(set(nouns))


def test_one_evaluator_is_drawn_once_per_round(desk):
    common = {"created_at": START, "created_by": "olga", "updated_at": START}
    desk.records.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for _ in range(2):
        desk.records.add(PanelMember(tender_id=1, round=1, evaluator="eva", **common))

    with pytest.raises(IntegrityError):
        desk.records.flush()
