"""The service steps of a performance review."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import BpmnError, HandlerFailed
from tasks.performance.lookups import credits_of, current_measurements
from tasks.performance.records import Measurement, Review, ServiceCredit
from tasks.performance.sources import KPI_SOURCE, CsvKpiSource
from tasks.supplier.records import Supplier
from tests.tasks.signed import signed

GOOD = {"availability": "99.95", "p1_resolution_h": "3", "quality_pass": "99", "csat": "4.8"}
EXAMPLE = {"availability": "99.7", "p1_resolution_h": "5", "quality_pass": "96", "csat": None}
BANDS = [(100, "green", "none"), (60, "amber", "none"), (D("0.01"), "red", "service_level_default")]


@pytest.fixture
def contract(desk):
    return signed(desk)


def entered(opened, values, cause="supplier"):
    """Numerator and denominator such that the value comes out; None: missing."""
    rows = []
    for kpi in opened["kpis"]:
        value = values[kpi["code"]]
        row = {"kpiId": kpi["kpiId"], "code": kpi["code"], "enteredBy": "sally"}
        if value is None:
            row |= {"numerator": None, "denominator": None, "missingCause": cause}
        else:
            row |= {
                "numerator": D(value),
                "denominator": D(100) if kpi["unit"] == "%" else D(1),
                "missingCause": "none",
            }
        rows.append(row)
    return rows


def scored(desk, measured):
    """What the process does between kpi.record and kpi.weight, with the rows of the table kpi_band."""
    rows = []
    for row in measured:
        score = desk.run(
            "kpi.score", **{k: row[k] for k in ("value", "target", "minimum", "critical", "direction")}
        )["kpiScore"]
        band, default = ("grey", "no_data") if score is None else ("black", "critical_default")
        for least, name, what in BANDS:
            if score is not None and score >= least:
                band, default = name, what
                break
        rows.append(
            {
                "kpiId": row["kpiId"],
                "weight": row["weight"],
                "missingCause": row["missingCause"],
                "kpiScore": score,
                "band": band,
                "default": default,
            }
        )
    return rows


def review(desk, contract, period, values, cause="supplier", invoice=100_000, close=True):
    """A whole review; answers what kpi.weight and credit.calculate said."""
    opened = desk.run("kpi.open_period", contractId=contract.id, period=period)
    review_id = opened["reviewId"]
    measured = desk.run(
        "kpi.record", reviewId=review_id, measurements=entered(opened, values, cause), verifiedBy="vera"
    )["measured"]
    weighted = desk.run("kpi.weight", reviewId=review_id, scores=scored(desk, measured))
    credits = desk.run("credit.calculate", reviewId=review_id, invoiceAmount=invoice)
    desk.run("review.publish", reviewId=review_id, grade="B", weightedScore=weighted["weightedScore"])
    if close:
        desk.run("review.close", reviewId=review_id, grade="B", consequence="NONE", minutes="fine")
    return {"reviewId": review_id, **weighted, **credits}


def test_a_period_opens_with_what_is_to_be_measured(desk, contract):
    opened = desk.run("kpi.open_period", contractId=contract.id, period="2026-06", formalCycle="P3M")

    assert opened["formalReview"] is True
    assert opened["invoiceAmount"] == D("100000.00")
    assert opened["supplierContacts"] == ["sally"]
    assert [kpi["code"] for kpi in opened["kpis"]] == [
        "availability",
        "p1_resolution_h",
        "quality_pass",
        "csat",
    ]
    assert opened["kpis"][0]["target"] == D("99.9")


@pytest.mark.parametrize(
    ("period", "cycle", "formal"),
    [("2026-04", "P1M", True), ("2026-05", "P3M", False), ("2026-09", "P6M", True), ("2026-04", None, False)],
)
def test_a_review_is_formal_when_whole_cycles_have_passed(desk, contract, period, cycle, formal):
    opened = desk.run("kpi.open_period", contractId=contract.id, period=period, formalCycle=cycle)

    assert opened["formalReview"] is formal


def test_a_month_is_reviewed_once_but_the_same_job_finds_its_review(desk, contract):
    first = desk.run("kpi.open_period", contractId=contract.id, period="2026-06", job_key=900)
    again = desk.run("kpi.open_period", contractId=contract.id, period="2026-06", job_key=900)

    with pytest.raises(BpmnError) as refused:
        desk.run("kpi.open_period", contractId=contract.id, period="2026-06")

    assert first == again
    assert refused.value.code == "PERIOD_EXISTS"


def test_a_contract_that_is_not_in_force_is_not_reviewed(desk, contract):
    contract.state = "terminated"

    with pytest.raises(HandlerFailed, match="reviews need an active one"):
        desk.run("kpi.open_period", contractId=contract.id, period="2026-06")


def test_a_measurement_comes_from_a_csv_file_when_there_is_one(desk, contract, tmp_path):
    (tmp_path / f"{contract.number}.csv").write_text(
        "period,kpi,numerator,denominator\n2026-06,availability,43157,43200\n2026-06,csat,5,0\n2026-07,csat,x,1\n"
    )
    desk.services[KPI_SOURCE] = CsvKpiSource(tmp_path)
    kpis = {
        k["code"]: k["kpiId"]
        for k in desk.run("kpi.open_period", contractId=contract.id, period="2026-06")["kpis"]
    }

    collected = desk.run("kpi.collect", kpiId=kpis["availability"], period="2026-06")

    assert collected == {"numerator": D(43157), "denominator": D(43200)}
    for code, period in (("availability", "2026-07"), ("csat", "2026-06"), ("csat", "2026-07")):
        with pytest.raises(BpmnError) as refused:
            desk.run("kpi.collect", kpiId=kpis[code], period=period)
        assert refused.value.code == "NO_DATA"


def test_without_a_source_there_are_no_data(desk, contract):
    kpi = desk.run("kpi.open_period", contractId=contract.id, period="2026-06")["kpis"][0]

    with pytest.raises(BpmnError, match="no measurement"):
        desk.run("kpi.collect", kpiId=kpi["kpiId"], period="2026-06")


def test_percentages_are_shares_times_100_and_a_denominator_of_0_is_no_data(desk, contract):
    opened = desk.run("kpi.open_period", contractId=contract.id, period="2026-06")
    rows = entered(opened, GOOD)
    rows[0] |= {"numerator": D(43157), "denominator": D(43200)}
    rows[1] |= {"denominator": D(0)}

    measured = desk.run("kpi.record", reviewId=opened["reviewId"], measurements=rows, verifiedBy="vera")[
        "measured"
    ]

    assert measured[0]["value"] == D("99.9005")
    assert (measured[1]["value"], measured[1]["missingCause"]) == (None, "supplier")


@pytest.mark.parametrize(
    ("cause", "weighted"), [("supplier", D("66.67")), ("us", D("78.43")), ("excused", D("78.43"))]
)
def test_the_worked_example_depends_on_whose_fault_the_missing_value_is(desk, contract, cause, weighted):
    assert review(desk, contract, "2026-06", EXAMPLE, cause)["weightedScore"] == weighted


def test_too_little_measured_gives_no_score_and_no_credits(desk, contract):
    values = {**EXAMPLE, "availability": None}

    result = review(desk, contract, "2026-06", values, "us")

    assert result["weightedScore"] is None
    assert (result["credits"], result["total"]) == ([], D("0.00"))


def test_streaks_count_this_period_and_skip_periods_without_a_score(desk, contract):
    bad = {**GOOD, "availability": "98", "p1_resolution_h": "12"}
    unknown = dict.fromkeys(GOOD)

    first = review(desk, contract, "2026-04", bad)
    review(desk, contract, "2026-05", unknown, "us")
    third = review(desk, contract, "2026-06", bad)
    fourth = review(desk, contract, "2026-07", GOOD)

    assert (first["consecutiveBelow75"], third["consecutiveBelow75"], fourth["consecutiveBelow75"]) == (
        1,
        2,
        0,
    )
    assert (first["criticalDefaults"], third["criticalDefaultsRolling6"]) == (2, 4)
    assert (fourth["consecutiveAbove90"], fourth["weightedScore"]) == (1, D("100.00"))


def test_credits_follow_the_formula_and_grow_with_defaults_in_a_row(desk, contract):
    low = {**GOOD, "availability": "99.0"}

    first = review(desk, contract, "2026-04", low)
    second = review(desk, contract, "2026-05", low)
    good = review(desk, contract, "2026-06", GOOD)
    again = review(desk, contract, "2026-07", low)

    assert [r["total"] for r in (first, second, good, again)] == [
        D("4800.00"),
        D("7200.00"),
        D("0.00"),
        D("4800.00"),
    ]
    assert first["credits"][0]["code"] == "availability"
    assert [c.state for c in credits_of(desk.records, first["reviewId"])] == ["confirmed"]


def test_the_sum_of_credits_is_capped(desk, contract):
    bad = {"availability": "90", "p1_resolution_h": "20", "quality_pass": "80", "csat": "1"}

    result = review(desk, contract, "2026-04", bad)

    assert result["total"] == D("12000.00")
    assert sum(c["raw"] for c in result["credits"]) > D(12000)


def test_a_recalculation_replaces_the_proposed_credits(desk, contract):
    result = review(desk, contract, "2026-04", {**GOOD, "availability": "99.0"}, close=False)
    review_id = result["reviewId"]
    opened = {"kpis": desk.run("kpi.open_period", contractId=contract.id, period="2026-05")["kpis"]}

    measured = desk.run(
        "kpi.record", reviewId=review_id, measurements=entered(opened, GOOD), verifiedBy="vera"
    )["measured"]
    desk.run("kpi.weight", reviewId=review_id, scores=scored(desk, measured))
    again = desk.run("credit.calculate", reviewId=review_id, invoiceAmount=100_000)
    desk.run("review.close", reviewId=review_id, grade="A", consequence="PRAISE")

    assert again == {"credits": [], "total": D("0.00")}
    assert [(c.amount, c.state) for c in desk.records.scalars(select(ServiceCredit))] == [(D(0), "proposed")]
    assert desk.records.get(Review, review_id).recalculations == 1


def test_a_correction_makes_a_new_row_and_the_first_stays(desk, contract):
    opened = desk.run("kpi.open_period", contractId=contract.id, period="2026-04")
    rows = entered(opened, GOOD)
    record = {"reviewId": opened["reviewId"], "verifiedBy": "vera"}
    desk.run("kpi.record", measurements=rows, **record)
    rows[0] |= {"numerator": D("99.0"), "correctionReason": "meter was off"}
    desk.run("kpi.record", measurements=rows, **record)

    kpi_id = rows[0]["kpiId"]
    found = desk.records.scalars(
        select(Measurement).where(Measurement.kpi_id == kpi_id).order_by(Measurement.revision)
    ).all()
    assert [(m.revision, m.value, m.reason) for m in found] == [
        (1, D("99.9500"), ""),
        (2, D("99.0000"), "meter was off"),
    ]
    assert current_measurements(desk.records, opened["reviewId"])[kpi_id].revision == 2
    assert len(desk.records.scalars(select(Measurement)).all()) == 5


def test_a_closed_review_is_locked(desk, contract):
    result = review(desk, contract, "2026-04", GOOD)

    with pytest.raises(HandlerFailed, match="locked"):
        desk.run("kpi.record", reviewId=result["reviewId"], measurements=[], verifiedBy="vera")
    assert all(m.locked for m in current_measurements(desk.records, result["reviewId"]).values())


def test_a_score_for_a_kpi_that_was_not_measured_is_refused(desk, contract):
    opened = desk.run("kpi.open_period", contractId=contract.id, period="2026-04")

    with pytest.raises(HandlerFailed, match="not measured"):
        desk.run("kpi.weight", reviewId=opened["reviewId"], scores=[{"kpiId": 99, "weight": D(1)}])


def test_closing_keeps_minutes_attendees_and_actions(desk, contract):
    result = review(desk, contract, "2026-04", GOOD, close=False)

    desk.run(
        "review.close",
        reviewId=result["reviewId"],
        grade="A",
        consequence="PRAISE",
        minutes="Well done",
        attendees="Olga, Sam",
        actions=[{"what": "keep it up", "owner": "sally", "due": "2026-05-31"}],
    )

    found = desk.records.get(Review, result["reviewId"])
    assert (found.state, found.minutes, found.attendees) == ("closed", "Well done", ["Olga, Sam"])
    assert found.actions[0]["what"] == "keep it up"


def test_the_standing_of_a_supplier_follows_the_review(desk, contract):
    desk.run("supplier.set_standing", supplierId=contract.supplier_id, newOrders="stop")

    assert desk.records.get(Supplier, contract.supplier_id).may_be_invited is False
