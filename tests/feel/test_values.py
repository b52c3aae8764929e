"""Numbers as money, text, dates over changes of the clocks, durations, nulls, and the way to JSON."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from engine.feel import (
    FeelError,
    Function,
    Range,
    YearMonthDuration,
    compile_expression,
    equal,
    format_temporal,
    parse_temporal,
    to_datetime,
    to_duration,
    to_json,
)
from tests.feel.evaluating import passes, run, value

BERLIN = ZoneInfo("Europe/Berlin")


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2 = 0.3", True),
        ("0.1 + 0.2", "0.3"),
        ("1 - 0.9", "0.1"),
        ("19.99 * 3", "59.97"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("2 / 3", "0.6666666666666666666666666666666667"),
        ("100 / 8", "12.5"),
        ("10 / 5", "2"),
        ("9999999999999999999999999999999999 + 1", "1E+34"),
        ("9999999999999999999999999999999999 * 9", "8.999999999999999999999999999999999E+34"),
        ("1234567890123456789012345678901234 + 0.5", "1234567890123456789012345678901234"),
        ("1234567890123456789012345678901235 + 0.5", "1234567890123456789012345678901236"),
        ("decimal(0.125, 2)", "0.12"),
        ("decimal(0.135, 2)", "0.14"),
        ("decimal(2.5, 0)", "2"),
        ("decimal(1234.5, -2)", "1200"),
        ("round half up(2.675, 2)", "2.68"),
        ("2 ** 0.5", "1.4142135623730951"),
        ("2 ** -2", "0.25"),
        ("sqrt(16)", "4"),
        ("sqrt(1.44)", "1.2"),
    ],
)
def test_money_is_exact_to_34_digits_and_rounds_half_even(text, expected):
    result = value(text)

    assert result == (expected if expected is True else Decimal(expected))
    assert type(result) in (bool, int, Decimal)


def test_whole_numbers_are_ints_and_others_decimals():
    assert [type(value(text)) for text in ("1.5 * 2", "10 / 5", "0.5 + 0.5")] == [int, int, int]
    assert type(value("a + 1", {"a": Decimal("1.10")})) is Decimal


def test_floats_coming_in_are_what_they_show():
    assert value("a + b", {"a": 0.1, "b": 0.2}) == Decimal("0.3")
    assert value("a.b[1] * 3", {"a": {"b": [0.1]}}) == Decimal("0.3")
    assert value("a", {"a": float("nan")}) is None


def test_a_boolean_is_no_number():
    assert value("a + 1", {"a": True}) is None
    assert value("1 = true") is None
    assert value("[1, true][item = 1]") == [1]


def test_values_of_other_classes_become_those_of_feel():
    class Colour(StrEnum):
        RED = "red"

    assert value('a = "red"', {"a": Colour.RED}) is True
    assert value("count(a)", {"a": (1, 2)}) == 2


# --- text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"供应商" + "名称"', "供应商名称"),
        ('string length("供应商🐎")', 4),
        ('substring("供应商名称", 3, 2)', "商名"),
        ('contains("电子采购", "采购")', True),
        ('upper case("straße")', "STRASSE"),
        ('replace("价格：100元", "[0-9]+", "200")', "价格：200元"),
        ('split("甲，乙，丙", "，")', ["甲", "乙", "丙"]),
        ('matches("合同-2026", "\\p{IsHan}+-\\d{4}")', True),
        ('"甲" < "乙"', False),
        ("string(1.10)", "1.10"),
        ("string(100000000000000000000)", "100000000000000000000"),
        ("string(0.00000001)", "0.00000001"),
        ('string(["a", {b: null, c: true}])', '["a", {b:null, c:true}]'),
        ('string([1..3])', "[1..3]"),
        ('to json({名: "a\\"b", n: 1.5, l: [null, true]})', '{"名":"a\\"b","n":1.5,"l":[null,true]}'),
        ('from json("{\\"a\\": [0.1, 2, null]}")', {"a": [Decimal("0.1"), 2, None]}),
    ],
)  # fmt: skip
def test_text_is_chinese_as_well(text, expected):
    assert value(text) == expected


# --- dates and times ---------------------------------------------------------------------------------


def test_real_hours_pass_over_the_change_to_summer():
    before = 'date and time("2026-03-29T01:30:00@Europe/Berlin")'

    assert value(f'string({before} + duration("PT1H"))') == "2026-03-29T03:30:00@Europe/Berlin"
    assert value(f'string({before} + duration("P1D"))') == "2026-03-30T02:30:00@Europe/Berlin"
    assert value(f'string({before} + duration("P1M"))') == "2026-04-29T01:30:00@Europe/Berlin"
    assert value(f"{before}.time offset") == timedelta(hours=1)


def test_real_hours_pass_over_the_change_to_winter():
    start = 'date and time("2026-10-25T00:30:00@Europe/Berlin")'
    end = 'date and time("2026-10-25T23:30:00@Europe/Berlin")'

    assert value(f"{end} - {start}") == timedelta(hours=24)
    assert value(f'({start} + duration("PT4H")).hour') == 3
    assert value(f'{start} + duration("PT24H") = {end}') is True


def test_an_hour_that_does_not_exist_is_moved_on():
    assert (
        value('string(date and time("2026-03-29T02:30:00@Europe/Berlin"))')
        == "2026-03-29T03:30:00@Europe/Berlin"
    )
    assert value('(date and time("2026-02-28T02:30:00@Europe/Berlin") + duration("P29D")).hour') == 3


def test_moments_of_different_zones_compare_as_instants():
    assert (
        value('date and time("2026-07-01T12:00:00@Europe/Berlin") = date and time("2026-07-01T10:00:00Z")')
        is True
    )
    assert (
        value('date and time("2026-07-01T12:00:00@Asia/Shanghai") < date and time("2026-07-01T12:00:00Z")')
        is True
    )
    assert value('time("12:00:00+02:00") = time("10:00:00Z")') is True


def test_moments_with_and_without_a_zone_cannot_be_compared():
    text = 'date and time("2026-07-01T12:00:00") < date and time("2026-07-01T12:00:00Z")'

    assert value(text) is None
    assert run(text).warnings[0].code == "NOT_COMPARABLE"


def test_a_moment_moves_to_another_zone():
    moved = value('date and time(@"2026-03-02T08:00:00Z", "Asia/Shanghai")')

    assert moved == datetime(2026, 3, 2, 16, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_now_is_the_moment_given_and_stays_the_same():
    assert value("now()") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert value("today()") == date(2026, 3, 2)
    assert compile_expression("now() = now()").evaluate({}).value is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2024-01-31" + @"P1M"', "2024-02-29"),
        ('@"2024-02-29" + @"P1Y"', "2025-02-28"),
        ('@"2024-03-31" - @"P1M"', "2024-02-29"),
        ('@"2024-01-01" + @"P1D"', "2024-01-02"),
        ('@"2024-01-01" + @"PT25H"', "2024-01-02"),
        ('@"2024-01-01" - @"PT1H"', "2023-12-31"),
        ('@"23:30:00" + @"PT1H"', "00:30:00"),
        ('@"00:30:00" - @"PT1H"', "23:30:00"),
        ('@"2024-03-01" - @"2024-02-01"', "P29D"),
        ('@"10:00:00" - @"09:30:00"', "PT30M"),
        ('@"2024-01-01T10:00:00" - @"2023-12-31T12:00:00"', "PT22H"),
        ('@"P1D" * 1.5', "P1D"),
        ('2 * @"P1Y1M"', "P2Y2M"),
        ('@"P1D" / 4', "PT6H"),
        ('@"P1Y" / 5', "P2M"),
        ('-@"P1DT1H"', "-P1DT1H"),
        ('duration("-PT90M")', "-PT1H30M"),
        ('duration("PT0.5S")', "PT0.5S"),
        ('years and months duration(@"2024-01-31", @"2024-02-29")', "P0Y"),
        ('years and months duration(@"2024-02-29", @"2023-01-30")', "-P1Y"),
        ('date and time(@"2024-01-01", @"10:00:00@Europe/Paris")', "2024-01-01T10:00:00@Europe/Paris"),
        ('last day of month(@"2023-02-10")', "2023-02-28"),
        ('@"2024-01-01T24:00:00"', "2024-01-02T00:00:00"),
        ('@"9999-12-31" + @"P1D"', "10000-01-01"),
        ('@"0001-01-01" - @"P1D"', "0000-12-31"),
        ('date("-0044-03-15") + @"P44Y"', "0000-03-15"),
    ],
)
def test_dates_times_and_durations_can_be_added(text, expected):
    assert format_temporal(value(text)) == expected


def test_far_dates_behave_as_near_ones():
    far = 'date("12026-03-02")'

    assert value(f'{far} > @"2026-03-02"') is True
    assert value(f"{far}.year") == 12026
    assert value(f"day of week({far})") == "Monday"
    assert value(f'({far} - duration("P12000Y")) = @"0026-03-02"') is True
    assert value(f'{far} - date("11626-03-02")') == timedelta(days=146_097)
    assert value(f"{far} instance of date") is True
    assert to_json(value(far)) == "12026-03-02"


@pytest.mark.parametrize(
    "text",
    ['date("2023-02-29")', 'date("2023-6-1")', 'time("25:00:00")', 'date and time("2023-01-01T10:61:00")',
     'duration("P1Y1D")', 'duration("P")', 'duration("PT")', 'date(2023, 13, 1)',
     'time("10:00:00@Nowhere/City")', '@"nonsense"', 'date("٢٠٢٣-٠١-٠١")'],
)  # fmt: skip
def test_what_is_no_date_time_or_duration_is_null_with_a_warning(text):
    result = run(text)

    assert result.value is None
    assert result.warnings


@pytest.mark.parametrize(
    ("property_", "expected"),
    [("days", 1), ("hours", 2), ("minutes", 3), ("seconds", 4), ("years", None)],
)
def test_durations_have_parts(property_, expected):
    assert value(f'duration("P1DT2H3M4S").{property_}') == expected


def test_ranges_have_parts():
    assert value("[1..5).end included") is False
    assert value("[1..5).start") == 1
    assert value("(<5).start") is None


# --- equality and null -------------------------------------------------------------------------------


def test_null_equals_null_alone():
    assert value("null = null") is True
    assert value("a = null") is True
    assert value("0 = null") is False
    assert value("null != 0") is True
    assert value("null < 1") is None
    assert value("null >= null") is None


def test_lists_and_contexts_are_equal_by_their_parts():
    assert value("[1, [2, {a: 3}]] = [1.0, [2, {a: 3}]]") is True
    assert value("{a: 1, b: 2} = {b: 2, a: 1}") is True
    assert value('[1] = ["1"]') is False
    assert value("[1] = 1") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true and null", None),
        ("false and null", False),
        ("null and false", False),
        ("true or null", True),
        ("null or true", True),
        ("false or null", None),
        ("null and null", None),
        ("not(null)", None),
        ("true and 1", None),
        ("if null then 1 else 2", 2),
        ("if 1 then 1 else 2", 2),
    ],
)
def test_logic_has_three_values(text, expected):
    assert value(text) is expected or value(text) == expected


# --- filters -----------------------------------------------------------------------------------------

BIDS = [
    {"id": 1, "passed": True, "score": 80},
    {"id": 2, "passed": False, "score": 90},
    {"id": 3, "score": None},
    {"id": 4, "passed": True},
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("bids[passed]", [1, 4]),
        ("bids[passed = true]", [1, 4]),
        ("bids[not(passed)]", [2]),
        ("bids[passed and score > 70]", [1]),
        ("bids[score > 70]", [1, 2]),
        ("bids[score = null]", [3, 4]),
        ("bids[item.id > 2]", [3, 4]),
        ("bids[id > limit]", [3, 4]),
        ("bids[passed][1]", 1),
        ("bids[-1]", 4),
        ("bids[first]", 1),
        ("bids[missing]", []),
        ('bids["text"]', []),
        ("bids[id in [2, 3]]", [2, 3]),
    ],
)
def test_filters_keep_what_is_true(text, ids):
    found = value(text, {"bids": BIDS, "limit": 2, "first": 1})

    assert (found["id"] if isinstance(found, dict) else [bid["id"] for bid in found]) == ids


def test_a_bare_boolean_falls_back_to_a_variable_for_items_without_the_entry():
    assert value("bids[passed].id", {"bids": BIDS, "passed": True}) == [1, 3, 4]


def test_filters_of_nothing_are_empty_and_places_beyond_the_end_null():
    assert value("bids[passed]", {"bids": []}) == []
    assert value("bids[1]", {"bids": []}) is None
    assert value("bids[passed]", {"bids": None}) is None
    assert value("5[1]") == 5
    assert value("5[item > 6]") == []


def test_functions_in_loops_remember_their_own_item():
    assert value("for f in (for x in [1, 2] return function(y) x + y) return f(10)") == [11, 12]
    assert value("{fs: [1, 2][{f: function() item}.f() > 1]}.fs") == [2]


# --- cells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "given", "expected"),
    [
        ('"a", "b"', "b", True),
        ("[1..5], > 10", 11, True),
        ("not(1, 2)", 3, True),
        ("not(1, 2)", 2, False),
        ("-", None, True),
        ("null", None, True),
        ("< 5", None, None),
        ("< limit", 3, True),
        ("? > 5 and ? < 8", 7, True),
        ("contains(?, \"x\")", "axb", True),
        ("true", False, False),
        ("false", False, True),
        ("-5", -5, True),
        ("[date(\"2024-01-01\")..date(\"2024-12-31\")]", date(2024, 6, 1), True),
        ("limit + 1", 6, True),
        ("[1, 2, 3]", 2, True),
        ("[1, 2, 3]", [1, 2, 3], True),
        ("{a: 1}", {"a": 1}, True),
        ('"1"', 1, None),
    ],
)  # fmt: skip
def test_cells_test_their_input(cell, given, expected):
    assert passes(cell, given, {"limit": 5}) is expected


# --- out of the language -----------------------------------------------------------------------------


def test_everything_can_become_json():
    values = {
        "d": date(2024, 1, 2),
        "t": time(10, 0, tzinfo=timezone(timedelta(hours=1))),
        "m": datetime(2024, 7, 1, 12, tzinfo=BERLIN),
        "p": timedelta(days=1, hours=2),
        "y": YearMonthDuration(14),
        "r": Range(1, 5, True, False),
        "f": Function(("a", "b"), lambda run, arguments: None),
        "l": [Decimal("1.5"), None, True],
    }

    assert to_json(values) == {
        "d": "2024-01-02",
        "t": "10:00:00+01:00",
        "m": "2024-07-01T12:00:00+02:00[Europe/Berlin]",
        "p": "P1DT2H",
        "y": "P1Y2M",
        "r": "[1..5)",
        "f": "function(a, b)",
        "l": [Decimal("1.5"), None, True],
    }


@pytest.mark.parametrize(
    "text", ["2024-01-02", "10:00:00", "2024-07-01T12:00:00+02:00[Europe/Berlin]", "P1DT2H", "P1Y2M", "-PT5M"]
)
def test_json_text_of_times_can_be_read_again(text):
    assert to_json(parse_temporal(text)) == text
    assert equal(parse_temporal(text), parse_temporal(text)) is True


def test_timers_take_values_and_iso_text():
    assert to_duration("PT15M") == timedelta(minutes=15)
    assert to_duration(YearMonthDuration(1)) == YearMonthDuration(1)
    assert to_datetime("2026-03-02T08:00:00+08:00") == datetime(2026, 3, 2, tzinfo=UTC)
    assert to_datetime(date(2026, 3, 2)) == datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(FeelError, match="expected a duration such as PT15M or P1M, found 'soon'"):
        to_duration("soon")
    with pytest.raises(FeelError, match="found number"):
        to_datetime(5)
