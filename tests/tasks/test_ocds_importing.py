"""OCDS files become drafts with warnings; what does not fit is reported and never mended."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from tasks.contract.importing import import_spend
from tasks.contract.lookups import spend_of
from tasks.contract.records import Payment, PurchaseOrder
from tasks.ocds.importing import import_ocds
from tasks.ocds.release import BadFile
from tests.tasks.signed import signed, terms
from tests.tasks.vectors import shared_data


def codes(imported):
    return {warning.code for warning in imported.warnings}


def told(imported, code):
    return next(warning for warning in imported.warnings if warning.code == code)


def release(**changes):
    return {
        "ocid": "ocds-test-1",
        "tender": {
            "title": "Help desk",
            "procurementMethod": "open",
            "awardCriteria": "priceOnly",
            "value": {"amount": 1000.10, "currency": "EUR"},
            "tenderPeriod": {"endDate": "2026-05-01T12:00:00+02:00"},
            "items": [{"id": "1", "classification": {"scheme": "CPV", "id": "79511000"}}],
        },
        "parties": [
            {"id": "p1", "name": "One", "roles": ["tenderer"], "identifier": {"scheme": "S", "id": "1"}},
            {"id": "b", "name": "Buyer", "roles": ["buyer"]},
        ],
        "bids": {
            "details": [
                {"tenderers": [{"id": "p1"}], "value": {"amount": 900, "currency": "EUR"}, "status": "valid"}
            ]
        },
        **changes,
    }


def read(content):
    return import_ocds(json.dumps(content).encode())


def test_a_complete_release_fills_the_start_form_without_a_warning():
    imported = read(release())

    draft = imported.draft
    assert imported.warnings == ()
    assert (draft.title, draft.method, draft.service_category) == ("Help desk", "open_tender", "callcenter")
    assert (draft.budget, draft.currency) == (D("1000.1"), "EUR")
    assert draft.deadline == datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
    assert [(c.key, c.weight) for c in draft.criteria] == [("price", D(1))]
    assert [(s.key, s.name) for s in draft.suppliers] == [("S:1", "One")]
    assert (draft.bids[0].bidders[0].key, draft.bids[0].value.amount, draft.bids[0].status) == (
        "S:1",
        D(900),
        "valid",
    )


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("open", "open_tender"),
        ("selective", "invited_tender"),
        ("limited", "competitive_negotiation"),
        ("direct", "single_source"),
    ],
)
def test_every_procurement_method_has_one_of_ours(word, method):
    tender = {**release()["tender"], "procurementMethod": word}

    assert read(release(tender=tender)).draft.method == method


def test_what_is_missing_is_asked_for_and_not_guessed():
    imported = read({"ocid": "ocds-test-2", "tender": {"title": "x", "procurementMethod": "magic"}})

    assert codes(imported) == {
        "METHOD_MISSING",
        "BUDGET_MISSING",
        "DEADLINE_MISSING",
        "CRITERIA_MISSING",
        "CATEGORY_UNKNOWN",
    }
    draft = imported.draft
    assert (draft.method, draft.budget, draft.deadline, draft.service_category, draft.criteria) == (
        None,
        None,
        None,
        None,
        (),
    )


def test_the_budget_of_planning_goes_before_the_value_of_the_tender():
    planning = {"budget": {"amount": {"amount": 5, "currency": "EUR"}}}

    assert read(release(planning=planning)).draft.budget == D(5)


@pytest.mark.parametrize(
    "file",
    [b"", b"[1]", b"{}", b'{"releases": []}', b"\xff", b'{"ocid": NaN}', b"[" * 100_000, b'{"records": 5}'],
)
def test_what_is_no_release_is_a_bad_file(file):
    with pytest.raises(BadFile):
        import_ocds(file)


def test_a_file_of_odd_types_is_read_as_far_as_it_goes():
    imported = read(
        {
            "ocid": 5,
            "tender": {"title": None, "value": "much", "items": "none", "tenderPeriod": []},
            "parties": "nobody",
            "awards": [7],
            "contracts": [{"implementation": {"transactions": [{"value": True}, 9]}}],
        }
    )

    assert imported.draft.title == ""
    assert "PAYMENT_INCOMPLETE" in codes(imported)


def test_the_paraguayan_record_differs_by_205_and_starts_before_its_signature():
    imported = import_ocds(shared_data("paraguay_ocds-03ad3f-191705.json"))

    draft = imported.draft
    assert "-205" in told(imported, "VALUE_DIFFERS").message
    assert "365 days before the signature on 2011-03-11" in told(imported, "STARTS_BEFORE_SIGNATURE").message
    assert {"SIGNED_BEFORE_AWARD", "SUPPLIERS_NOT_A_LIST", "CURRENCY_ASSUMED", "METHOD_MISSING"} <= codes(
        imported
    )
    assert told(imported, "SEVERAL_RECORDS")
    assert (draft.awards[0].value.amount, draft.contracts[0].value.amount) == (D(5887609037), D(5887608832))
    assert sum(p.amount for p in draft.contracts[0].payments) == D(3470443900)
    assert draft.contracts[0].suppliers[0].key.endswith(":80064693-2")
    assert draft.service_category == "bpo"


def test_a_record_of_a_package_is_chosen_by_its_ocid():
    file = shared_data("paraguay_ocds-03ad3f-191705.json")

    imported = import_ocds(file, ocid="ocds-03ad3f-254691")

    assert imported.draft.title.strip() == "ADQUISICION DE COMPUTADORAS Y AFINES"
    assert "SEVERAL_RECORDS" not in codes(imported)
    with pytest.raises(BadFile, match="ocds-03ad3f-191705"):
        import_ocds(file, ocid="nope")


def test_the_portland_record_shows_its_overrun_and_the_order_that_was_not_paid_in_full():
    imported = import_ocds(shared_data("portland_ocds-ptecst-118001.json"))

    draft = imported.draft
    contract = draft.contracts[0]
    assert (draft.budget, draft.currency, draft.service_category) == (D("400000.0"), "USD", "it")
    assert len(draft.suppliers) == 1
    assert (draft.awards[0].value.amount, contract.value.amount) == (D("391600.0"), D("487280.0"))
    assert (len(contract.orders), len(contract.payments)) == (5, 5)
    assert "95680" in told(imported, "PAID_OVER_AWARD").message
    assert "22176949" in told(imported, "ORDER_NOT_PAID_IN_FULL").message
    assert "2015-09-23" in told(imported, "STARTS_BEFORE_AWARD").message
    assert {"METHOD_MISSING", "SIGNATURE_MISSING", "CRITERIA_TEMPLATE"} <= codes(imported)


def test_the_norwegian_canteen_is_a_facility_service_for_an_open_tender():
    imported = import_ocds(shared_data("doffin_vlfk-24-110_canteen.json"))

    draft = imported.draft
    assert (draft.method, draft.service_category, draft.budget, draft.currency) == (
        "open_tender",
        "facility",
        D("10800000.0"),
        "NOK",
    )


def test_orders_and_payments_are_taken_over_once(desk):
    draft = import_ocds(shared_data("portland_ocds-ptecst-118001.json")).draft.contracts[0]
    contract = signed(desk, terms=terms(value=D(391600), currency="USD"))

    first = import_spend(
        desk.records, contract, draft.orders, draft.payments, desk, source="City of Portland"
    )
    again = import_spend(
        desk.records, contract, draft.orders, draft.payments, desk, source="City of Portland"
    )

    assert (first, again) == (10, 0)
    spend = spend_of(desk.records, contract)
    assert (spend.total, spend.overrun_pct, spend.alerts[100]) == (D(487280), D("24.43"), date(2016, 12, 31))
    part = desk.records.scalar(select(PurchaseOrder).where(PurchaseOrder.number == "22176949"))
    assert (part.amount, part.accepted_amount) == (D(391600), D(325760))
    assert desk.records.scalars(select(Payment.order_id)).all().count(None) == 0
    due = desk.run("exit.settlement", engagementId=contract.engagement_id)
    assert due == {"dueToSupplier": D("0.00"), "dueToUs": D("0.00")}
