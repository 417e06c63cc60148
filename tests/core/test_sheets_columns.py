"""How cells become values, and back."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.cells import escaped
from core.sheets.choices import Choice, YesNo
from core.sheets.columns import Number, Percent, Text, Whole, Words
from core.sheets.faults import SheetRefused
from core.sheets.parsing import match_headers

NAMES: dict[str, Any] = {"name": "x", "header": "Units", "chinese": "数量"}


def one(column: Any, cell: Any) -> Any:
    values, wrong = column.parse_all([cell])
    return wrong.get(0, values[0])


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        (12.0, 12),
        ("12", 12),
        (" 1,200 ", 1200),
        ("12.0", 12),
        (0, 0),
        ("", None),
        ("twelve", "“twelve” is not a number."),
        ("1,2", "“1,2” is not a number."),
        ("nan", "“nan” is not a number."),
        (True, "“True” is not a number."),
        (datetime(2025, 3, 1, tzinfo=UTC), "“2025-03-01 00:00:00+00:00” is not a number."),
        (1.5, "1.5 is not a whole number."),
        (-3, "-3 is negative."),
        ("-3", "-3 is negative."),
        (1e12, "1000000000000 is more than 999999999."),
    ],
)
def test_whole_numbers(cell, result):
    assert one(Whole(**NAMES), cell) == result


def test_a_whole_column_of_floats_is_read_the_same_way_as_each_cell():
    assert Whole(**NAMES).parse_all([1.0, 2.0, 3]) == ([1, 2, 3], {})
    values, wrong = Whole(**NAMES).parse_all([1.0, 2.5, -1.0])
    assert wrong == {1: "2.5 is not a whole number.", 2: "-1 is negative."}
    assert values[0] == 1


def test_a_required_column_takes_no_empty_cell():
    assert one(Whole(**NAMES, required=True), " ") == "“Units” may not be empty."


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=x", "  =1"])
def test_a_text_that_would_run_as_a_formula_is_refused(text):
    for cells in ([text], ["harmless", text]):
        _values, wrong = Text(**NAMES).parse_all(cells)
        assert "programs run it as a formula" in wrong[len(cells) - 1]


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).flatmap(
        lambda text: st.sampled_from([text, "=" + text, "'" + text, "'=" + text, "-" + text])
    )
)
def test_what_is_written_is_read_again(text):
    column = Text(**NAMES)
    cell = column.write(text)
    assert not str(cell).startswith(("=", "+", "-", "@"))
    assert one(column, cell) == text
    assert one(column, escaped("'" + text)) == "'" + text


def test_texts_keep_to_their_length_and_lose_their_spaces():
    assert one(Text(**NAMES, max_length=3), " abc ") == "abc"
    assert one(Text(**NAMES, max_length=3), "abcd") == "The text is longer than 3 characters."
    assert one(Text(**NAMES), "a\0b") == "The text holds a character that can't be stored."
    assert one(Text(**NAMES), 6901234567892.0) == "6901234567892"


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        (80.0, Decimal(80)),
        ("12.5%", Decimal("12.5")),
        ("0.5%", Decimal("0.5")),
        ("100 ％", Decimal(100)),
        (101, "101 is more than 100."),
        (33.333, "33.333 has more than 2 decimals."),
        (0.8, "0.8 can mean 0.8% or 80%. Format the cell as text and write one of them."),
        (1.0, "1 can mean 1% or 100%. Format the cell as text and write one of them."),
        (0, Decimal(0)),
    ],
)
def test_percentages(cell, result):
    assert one(Percent(**NAMES), cell) == result


@given(st.decimals(0, 100, places=2))
def test_a_percentage_survives_the_round_trip(ratio):
    assert one(Percent(**NAMES), Percent(**NAMES).write(ratio)) == ratio


@given(st.decimals(0, 9_999_999_999, places=2))
def test_an_amount_survives_the_round_trip(amount):
    assert one(Number(**NAMES), Number(**NAMES).write(amount)) == amount


@pytest.mark.parametrize(("cell", "result"), [("yes", True), ("是", True), (1.0, True), (False, False), ("否", False)])
def test_yes_and_no(cell, result):
    assert one(YesNo(**NAMES), cell) is result


def test_neither_yes_nor_no():
    assert one(YesNo(**NAMES), "maybe") == "“maybe” is neither yes nor no."


def test_choices_go_by_code_or_label():
    column = Choice(**NAMES, options=[("new", "New"), ("old", "Clearance")])
    assert [one(column, cell) for cell in ("new", "NEW", "clearance", "old")] == ["new", "new", "old", "old"]
    assert one(column, "odd") == "“odd” is not one of: New, Clearance."


def test_tags_are_divided_by_any_usual_sign():
    column = Words(**NAMES)
    assert one(column, "a, b；c、a,") == ["a", "b", "c"]
    assert one(column, "") == []
    assert "formula" in one(column, "a, =b")
    assert one(column, column.write(["a", "-b"])) == ["a", "-b"]


COLUMNS = [Text(name="code", header="Code", chinese="编码"), Text(name="name", header="Name", chinese="名称")]


def test_headers_are_found_in_any_order_and_language():
    assert match_headers(["名称", "CODE*"], COLUMNS, ["code"]) == {"name": 0, "code": 1}
    assert match_headers(["错误说明", "Code", ""], COLUMNS, ["code"]) == {"code": 1}


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (["Code", "Colour"], "“Colour” is not a column of this sheet."),
        (["Code", "Name", "code"], "“code” stands twice, in columns 1 and 3."),
        (["Code", "编码"], "“编码” stands twice, in columns 1 and 2."),
        (["Name"], "The column “Code” is missing."),
    ],
)
def test_a_wrong_header_is_named_with_what_is_expected(header, sentence):
    with pytest.raises(SheetRefused) as refused:
        match_headers(header, COLUMNS, ["code"])
    assert refused.value.detail == f"{sentence} Expected columns: Code, Name."
    assert [error.message for error in refused.value.errors] == [sentence]


def test_the_header_speaks_the_users_language():
    with translation.override("zh-hans"):
        assert COLUMNS[0].title() == "编码"
