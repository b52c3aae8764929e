"""The demonstration plays whole, by the proper people, on exact figures, and goes on after any stop."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date, datetime
from decimal import Decimal as D
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from engine import (
    SYSTEM,
    ExecutorAlreadyRunning,
    FixedClock,
    HandlerRegistry,
    IncidentFilter,
    InstanceState,
    ProcessEngine,
    ProcessInstanceFilter,
    SystemClock,
    UserTaskFilter,
    UserTaskState,
)
from engine.storage import Database
from tasks.engagement.queries import engagement_page, engagements
from tasks.ocds.importing import import_ocds
from tasks.tender.records import Bid
from tasks.tender.sealing import SealKeys
from tasks.wiring import handler_services
from tenure.demonstration import play_demonstration
from tenure.demonstration.cast import DIRECTOR, enlist_suppliers, gather_cast
from tenure.demonstration.facts import DATA, city_facts, port_facts
from tenure.demonstration.player import DemonstrationStuck, Player
from tenure.demonstration.selection_story import SelectionStory
from tenure.demonstration.services_story import ServicesStory
from tenure.settings import read_settings
from tenure.shipped import deploy_shipped
from tenure.wiring import prepare_home, upgrade
from tests.tasks.vectors import shared_data

KEY = bytes(32)


class Killed(BaseException):
    """Stands for kill -9 between two transactions."""


def engine_at(database, clock):
    return ProcessEngine(
        database,
        clock=clock,
        handlers=HandlerRegistry.from_packages("tasks"),
        services=handler_services(seal_key=KEY),
    )


def set_stage(database, story):
    engine = engine_at(database, SystemClock())
    engine.create_user("somebody", "Somebody", by=SYSTEM)  # then the cast is made without passwords: quicker
    gather_cast(engine, story.letters)
    deploy_shipped(engine)
    enlist_suppliers(engine, story.letters)


def play(database, story, progress=lambda done: None):
    clock = FixedClock(story.start_at)
    engine = engine_at(database, clock)
    player = Player(engine, clock, story, progress)
    player.play()
    return player


def page_of(engine, code):
    with engine.records() as records:
        (row,) = engagements(records, text=code)
        return engagement_page(records, row.engagement_id)


def assert_nothing_is_left(engine):
    instances = engine.process_instances(ProcessInstanceFilter(), by=DIRECTOR, limit=500).items
    assert {instance.state for instance in instances} == {InstanceState.COMPLETED}
    assert engine.user_tasks(UserTaskFilter(), by=DIRECTOR).total == 0
    assert engine.incidents(IncidentFilter(), by=DIRECTOR).total == 0
    assert [t for i in instances for t in engine.timers(i.key, by=DIRECTOR)] == []
    assert engine.next_due() is None
    assert engine.verify_audit(by=SYSTEM) == []


@pytest.fixture(scope="module")
def staged(sqlite_template, tmp_path_factory):
    """A SQLite file with people, suppliers and processes for both stories, to copy."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("stage") / "tenure.db")
    database = Database(f"sqlite:///{path}", durable=False)
    selection = SelectionStory(port_facts(), SealKeys(KEY))
    selection_and_services = [*selection.letters, *ServicesStory(city_facts(), SealKeys(KEY)).letters]
    set_stage(database, SimpleNamespace(letters=selection_and_services))
    database.close()
    return path


@pytest.fixture
def stage(staged, tmp_path):
    """A database on which a story can begin."""
    database = Database(f"sqlite:///{shutil.copy(staged, tmp_path / 'tenure.db')}", durable=False)
    yield database
    database.close()


@pytest.mark.postgres
def test_the_selection_ends_at_the_award_on_postgresql_too(filled_postgres_url):
    database = Database(filled_postgres_url)
    story = SelectionStory(port_facts(), SealKeys(KEY))
    set_stage(database, story)

    player = play(database, story)

    page = page_of(player.engine, "OUT-2024-0001")
    assert [(r.bidder, r.total) for r in page.tenders[0].ranking[:1]] == [("Supplier C", D("89.96"))]
    assert_nothing_is_left(player.engine)
    database.close()


def test_the_selection_ends_at_the_award(stage):
    story = SelectionStory(port_facts(), SealKeys(KEY))

    player = play(stage, story)

    page = page_of(player.engine, "OUT-2024-0001")
    (tender,) = page.tenders
    assert tender.state == "awarded"
    assert [(row.bidder, row.price, row.price_score, row.total) for row in tender.ranking[:3]] == [
        ("Supplier C", D("883359"), D("94.85"), D("89.96")),
        ("Supplier D", D("924030"), D("90.67"), D("89.50")),
        ("Supplier B", D("837843.50"), D("100"), D("87.90")),
    ]
    assert (tender.ranking[-1].bidder, tender.ranking[-1].reasons) == ("Supplier A", ("BELOW_THRESHOLD",))
    assert tender.base_price == D("837843.50")
    assert page.provenance.is_invented("evaluation.score")
    assert "Port of Portland" in page.provenance.source
    with player.engine.records() as records:
        bids = records.scalars(select(Bid)).all()
    assert sum(bid.late for bid in bids) == 1
    assert sum(bid.archived_at is not None for bid in bids) == 1
    assert all(bid.price is None for bid in bids if bid.late or bid.archived_at)
    assert_nothing_is_left(player.engine)
    assert_everybody_might_do_it(player)
    assert player.steps_done() == story.steps


def assert_everybody_might_do_it(player):
    done = player.engine.user_tasks(
        UserTaskFilter(state=UserTaskState.COMPLETED), by=DIRECTOR, limit=200
    ).items
    by_element = {task.element_id: [] for task in done}
    for task in done:
        by_element[task.element_id].append(task.completed_by)
        groups = player.engine.user(task.completed_by).groups
        assert (
            set(task.candidate_groups) & groups
            or task.completed_by in task.candidate_users
            or (task.assignee == task.completed_by)
        )
    panel = set(by_element["score_bid"])
    openers = set(by_element["confirm_opening_1"] + by_element["confirm_opening_2"])
    assert (len(panel), len(openers)) == (3, 2)
    assert not panel & openers
    assert len(by_element["declare_conflict"]) == 4
    assert player.completed("approve", "return") == 1


def test_killed_after_every_single_step_it_goes_on_and_ends_the_same(stage):
    story = SelectionStory(port_facts(), SealKeys(KEY))
    moments: list[datetime] = []

    def kill(done):
        raise Killed

    for _ in range(200):
        clock = FixedClock(story.start_at)
        player = Player(engine_at(stage, clock), clock, story, kill)
        try:
            player.play()
            break
        except Killed:
            moments.append(clock.now())

    page = page_of(player.engine, "OUT-2024-0001")
    assert len(moments) == story.steps
    assert moments == sorted(moments)
    assert page.tenders[0].ranking[0].bidder == "Supplier C"
    assert page.tenders[0].ranking[0].total == D("89.96")
    assert_nothing_is_left(player.engine)


def test_the_services_go_through_contract_reviews_and_exit(stage):
    story = ServicesStory(city_facts(), SealKeys(KEY))

    player = play(stage, story)

    page = page_of(player.engine, "OUT-2015-0001")
    contract = page.contract
    assert (page.state, page.criticality) == ("closed", "important")
    assert (contract.value, contract.spend.total, contract.spend.overrun_pct) == (
        D(391600),
        D(487280),
        D("24.43"),
    )
    assert contract.spend.alerts == {80: date(2016, 12, 31), 100: date(2016, 12, 31)}
    assert (len(contract.orders), len(contract.payments)) == (5, 5)
    assert contract.warnings == ("SIGNED_LATE",)
    assert len(page.reviews) == 11
    assert {review.state for review in page.reviews} == {"closed"}
    withheld = next(review for review in page.reviews if review.period == "2016-02")
    assert (withheld.weighted_score, withheld.grade) == (D("66.67"), "C")
    credits = [review.credit_total for review in page.reviews if review.credit_total]
    assert credits == [D("979.00"), D("1468.50")]
    (exit_,) = page.exits
    assert (exit_.state, exit_.readiness_pct, exit_.can_close) == ("done", D("100.00"), True)
    assert exit_.settlement["amount"] == D("-2447.50")
    assert player.completed("accept_item", "reject") == 1
    assert player.steps_done() == story.steps
    assert page.provenance.is_invented("kpi.measurement")
    assert_nothing_is_left(player.engine)


def test_a_story_that_cannot_go_on_says_what_it_waits_for(stage):
    story = SelectionStory(port_facts(), SealKeys(KEY))
    story._answers = {}

    with pytest.raises(DemonstrationStuck, match="waits for prepare_tender"):
        play(stage, story)


def test_it_refuses_while_another_process_executes(tmp_path):
    settings = read_settings({"TENURE_HOME": str(tmp_path / "home")})
    prepare_home(settings)
    upgrade(settings)
    database = Database(settings.database_url)

    with database.executor("other", SystemClock().now()), pytest.raises(ExecutorAlreadyRunning):
        play_demonstration(settings)
    database.close()


# --- the data -------------------------------------------------------------------------------------------


def test_the_prices_are_those_of_the_public_bid_opening():
    rows = list(csv.DictReader(io.StringIO(shared_data("port_of_portland_bids.csv").decode())))
    ours = [r for r in rows if r["solicitation_no"] == "2024-10569"]

    facts = port_facts()

    assert [bid.price for bid in facts.bids] == [D(r["total"]) for r in ours if r["row_type"] == "bid"]
    assert facts.estimate == next(D(r["total"]) for r in ours if r["row_type"] == "estimate")


def test_orders_and_payments_are_those_of_the_public_record():
    real = import_ocds(shared_data("portland_ocds-ptecst-118001.json")).draft

    facts = city_facts()

    contract = real.contracts[0]
    key = lambda row: row.number  # noqa: E731
    assert (facts.tender_value, facts.award) == (real.budget, real.awards[0].value.amount)
    assert (facts.contract_start, facts.contract_end) == (contract.start, contract.end)
    assert [(o.number, o.amount, o.ordered_on, o.due_on) for o in sorted(facts.orders, key=key)] == [
        (o.number, o.amount, o.ordered_on, o.due_on) for o in sorted(contract.orders, key=key)
    ]
    assert sorted(facts.payments, key=key) == sorted(contract.payments, key=key)


def test_no_supplier_is_named():
    told = "".join(
        (DATA / name).read_text(encoding="utf-8").casefold()
        for name in ("port_of_portland_2024_10569.json", "city_of_portland_118001.json")
    )

    for name in (
        "mouri",
        "kodiak",
        "knife river",
        "brix",
        "kerr contractors",
        "pacific excavation",
        "dirt &",
    ):
        assert name not in told


def test_the_import_example_keeps_its_attribution_and_shows_its_warnings():
    file = (DATA / "paraguay_ocds-03ad3f-191705.json").read_bytes()

    warnings = {warning.code for warning in import_ocds(file).warnings}

    assert json.loads(file)["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert {"VALUE_DIFFERS", "STARTS_BEFORE_SIGNATURE"} <= warnings
