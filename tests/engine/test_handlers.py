"""What a handler's signature means to the variables of a process."""

import sys
import types
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import pytest

from engine.handlers import (
    HandlerFailed,
    HandlerRegistry,
    JobContext,
    JobInputInvalid,
    camel_case,
    handler,
    snake_case,
)
from engine.handlers.conversion import UnsupportedType
from engine.handlers.declaration import declared

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def job(variables=None, headers=None, **changes):
    values = {
        "key": 7,
        "type": "test.job",
        "process_instance_key": 1,
        "root_process_instance_key": 1,
        "definition_key": 2,
        "process_id": "p",
        "element_id": "task",
        "element_instance_key": 3,
        "business_key": "",
        "headers": headers or {},
        "variables": variables or {},
        "retries": 3,
        "now": NOW,
        "actor": "anna",
        "idempotency_key": "p-1-7",
    }
    return JobContext(**{**values, **changes})


def run(function, variables=None, headers=None):
    return declared(function).run(job(variables, headers))


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Bid:
    bid_id: int
    price: Decimal
    note: str = ""


def test_names_change_between_snake_and_camel_case():
    assert camel_case("tender_id") == "tenderId"
    assert camel_case("from_") == "from"
    assert snake_case("tenderId") == "tender_id"


def test_inputs_arrive_with_the_declared_types():
    seen = {}

    @handler("test.job")
    def work(
        job: JobContext,
        tender_id: int,
        ratio: Decimal,
        open_: bool,
        name: str,
        day: date,
        moment: datetime,
        wait: timedelta,
        level: Level,
        formula: Literal["lowest", "mean"],
        bids: list[Bid],
        prices: dict[str, Decimal],
        winner: str | None,
        rounds: int = 2,
    ) -> None:
        seen.update(locals())

    run(
        work,
        {
            "tenderId": Decimal("12"),
            "ratio": 3,
            "open": True,
            "name": "供应商",
            "day": "2026-03-01",
            "moment": "2026-03-01T10:00:00+08:00",
            "wait": "PT5M",
            "level": "high",
            "formula": "mean",
            "bids": [{"bidId": 1, "price": Decimal("1.10"), "other": 5}],
            "prices": {"a": 1},
            "winner": None,
        },
    )

    assert seen["tender_id"] == 12
    assert type(seen["tender_id"]) is int
    assert seen["ratio"] == Decimal(3)
    assert seen["open_"] is True
    assert seen["day"] == date(2026, 3, 1)
    assert seen["moment"] == datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    assert seen["wait"] == timedelta(minutes=5)
    assert seen["level"] is Level.HIGH
    assert seen["bids"] == [Bid(1, Decimal("1.10"))]
    assert seen["prices"] == {"a": Decimal(1)}
    assert seen["winner"] is None
    assert seen["rounds"] == 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "variable 'tenderId' of job test.job: expected a whole number, got 'x'"),
        (True, "variable 'tenderId' of job test.job: expected a whole number, got True"),
        (Decimal("1.5"), "variable 'tenderId' of job test.job: expected a whole number, got 1.5"),
        (None, "variable 'tenderId' of job test.job is null: expected a whole number"),
    ],
)
def test_a_wrong_input_is_named_with_what_was_expected(value, message):
    @handler("test.job")
    def work(job: JobContext, tender_id: int) -> None: ...

    with pytest.raises(JobInputInvalid) as caught:
        run(work, {"tenderId": value})

    assert str(caught.value) == message


def test_all_wrong_inputs_are_named_at_once_and_where_inside_they_are():
    @handler("test.job")
    def work(job: JobContext, tender_id: int, bids: list[Bid], level: Level) -> None: ...

    with pytest.raises(JobInputInvalid) as caught:
        run(work, {"bids": [{"bidId": 1, "price": 2}, {"bidId": 2, "price": "two"}], "level": "mid"})

    assert "variable 'tenderId' of job test.job is missing" in str(caught.value)
    assert "variable 'bids' of job test.job (at [1].price): expected a number, got 'two'" in str(caught.value)
    assert "variable 'level' of job test.job: expected one of low, high, got 'mid'" in str(caught.value)


@pytest.mark.parametrize("value", [Decimal("Infinity"), Decimal("NaN"), Decimal("1e999999"), 0.5])
def test_numbers_that_are_no_whole_numbers_are_refused(value):
    @handler("test.job")
    def work(job: JobContext, count: int) -> None: ...

    with pytest.raises(JobInputInvalid):
        run(work, {"count": value})


def test_a_null_with_a_default_takes_the_default():
    @handler("test.job")
    def work(job: JobContext, rounds: int = 4) -> dict:
        return {"rounds": rounds}

    assert run(work, {"rounds": None}) == {"rounds": 4}


def test_a_dataclass_becomes_variables_in_camel_case():
    @dataclass
    class Scores:
        price_score: Decimal
        bids: list[Bid]
        opened_at: datetime
        ratio: float

    @handler("test.job")
    def work(job: JobContext) -> Scores:
        return Scores(Decimal("1.50"), [Bid(1, Decimal(2))], NOW, 0.1)

    found = run(work)

    assert found == {
        "priceScore": Decimal("1.50"),
        "bids": [{"bidId": 1, "price": Decimal(2), "note": ""}],
        "openedAt": "2026-03-02T08:00:00Z",
        "ratio": Decimal("0.1"),
    }
    assert [o.variable for o in declared(work).spec.outputs] == ["priceScore", "bids", "openedAt", "ratio"]


def test_a_plain_result_needs_the_header_result_variable():
    @handler("test.job")
    def work(job: JobContext) -> int:
        return 5

    assert run(work, headers={"resultVariable": "sum"}) == {"sum": 5}
    with pytest.raises(HandlerFailed, match="resultVariable"):
        run(work)


def test_the_specification_tells_an_analyst_what_to_fill_in():
    @handler("test.job", error_codes=["INVALID_PRICE"], external=True, names={"zh": "评分"})
    def work(job: JobContext, formula: Literal["lowest", "mean"], limit: Decimal = Decimal(5)) -> None:
        "Score the bids."

    spec = declared(work).spec

    assert spec.documentation == "Score the bids."
    assert spec.error_codes == ("INVALID_PRICE",)
    assert spec.external
    assert spec.names == {"zh": "评分"}
    assert spec.inputs[0].choices == ("lowest", "mean")
    assert spec.inputs[0].required
    assert not spec.inputs[1].required
    assert spec.inputs[1].default == Decimal(5)


def test_types_no_variable_can_have_are_refused_at_the_declaration():
    with pytest.raises(UnsupportedType, match="declare Decimal"):

        @handler("test.job")
        def work(job: JobContext, price: float) -> None: ...

    with pytest.raises(UnsupportedType, match=r"test\.other"):

        @handler("test.other")
        def other(job: JobContext, blob: bytes) -> None: ...


def test_an_external_handler_has_no_records():
    @handler("test.job", external=True)
    def work(job: JobContext) -> None:
        assert job.records

    with pytest.raises(HandlerFailed, match="external"):
        run(work)


def test_two_handlers_for_one_type_are_refused():
    @handler("test.job")
    def one(job: JobContext) -> None: ...

    @handler("test.job")
    def two(job: JobContext) -> None: ...

    with pytest.raises(ValueError, match=r"two handlers for job type 'test\.job'"):
        HandlerRegistry([one, two])


def test_the_registry_finds_handlers_in_modules_called_handlers(monkeypatch, tmp_path):
    package = tmp_path / "sample_area"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("")
    source = "from engine.handlers import handler\n@handler('sample.{0}')\ndef work(job, amount: int): ...\n"
    (package / "handlers.py").write_text(source.format("one"))
    (package / "inner" / "handlers.py").write_text(source.format("two"))
    (package / "inner" / "records.py").write_text("raise RuntimeError('not to be imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    registry = HandlerRegistry.from_packages("sample_area")

    assert registry.types == {"sample.one", "sample.two"}
    assert isinstance(sys.modules["sample_area"], types.ModuleType)
