"""What is wrong with conditions: every fault has its path, and what has none can be compiled."""

import pytest
from hypothesis import given, settings

from strategies.checks import check_conditions
from strategies.rules import compile_conditions
from strategies.rules.shapes import Conditions, Group, Row
from tests.strategies.grids import FACTS, conditions

NO_NUMBERS = (5, 5.5, "", "1,000", "1e5", "1/3", "NaN", " 5", "+5", "5.", ".5", "٣", "9" * 31, None, True, ["5"])


def faults(*rows):
    groups = (Group(all=tuple(Row(fact=fact, op=op, value=value) for fact, op, value in rows)),)
    return check_conditions(Conditions(any=groups), FACTS)


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        (("gone", "in", ["a"]), "fact", "There is no fact “gone” here."),
        (("sku_choice", "within", ["a"]), "op", "This fact can't be compared in this way."),
        (("sku_tree", "lt", "1"), "op", "This fact can't be compared in this way."),
        (("sku_number", "in", ["1"]), "op", "This fact can't be compared in this way."),
        (("sku_flag", "empty", None), "op", "This fact can't be compared in this way."),
        (("sku_choice", "in", "a"), "value", "Choose at least one value."),
        (("sku_choice", "in", []), "value", "Choose at least one value."),
        (("sku_choice", "in", None), "value", "Choose at least one value."),
        (("sku_choice", "in", [1]), "value", "Choose at least one value."),
        (("sku_many", "all", [""]), "value", "Choose at least one value."),
        (("sku_tree", "within", ["a\0"]), "value", "Choose at least one value."),
        (("sku_text", "in", []), "value", "Enter at least one text."),
        (("sku_text", "matches", ""), "value", "Enter a text. * stands for anything, ? for one character."),
        (("sku_text", "matches", ["a"]), "value", "Enter a text. * stands for anything, ? for one character."),
        *(
            (("sku_number", "lt", value), "value", "Enter a number, such as 12.5.")
            for value in (
                5,
                5.5,
                "",
                "1,000",
                "1e5",
                "1/3",
                "NaN",
                " 5",
                "+5",
                "5.",
                ".5",
                "٣",
                "9" * 31,
                None,
                True,
                ["5"],
            )
        ),
        (("sku_number", "between", "5"), "value", "Enter two numbers, the lower one first."),
        (("sku_number", "between", ["5"]), "value", "Enter two numbers, the lower one first."),
        (("sku_number", "between", ["5", "6", "7"]), "value", "Enter two numbers, the lower one first."),
        (("sku_number", "between", ["5", None]), "value", "Enter two numbers, the lower one first."),
        (("sku_number", "between", ["6", "5.99"]), "value", "Enter two numbers, the lower one first."),
        *(
            (("sku_date", "lt", value), "value", "Enter a date, such as 2026-11-11.")
            for value in ("20261111", "2026-W01-1", "2026-02-30", "2026-11-11T00:00", 5, None, "0000-01-01")
        ),
        (("date", "between", ["2026-11-12", "2026-11-11"]), "value", "Enter two dates, the earlier one first."),
        (("sku_flag", "eq", 1), "value", "Choose yes or no."),
        (("sku_flag", "eq", "true"), "value", "Choose yes or no."),
        (("sku_choice", "empty", []), "value", "This comparison takes no value."),
    ],
)
def test_faults(row, field, sentence):
    assert faults(("sku_number", "lt", "5"), row) == [(f"any[0].all[1].{field}", sentence)]


def test_faults_of_exclusions_and_of_groups_without_rows():
    wrong = Group(all=(Row(fact="gone", op="empty"),))
    found = check_conditions(Conditions(any=(Group(), wrong), unless=(wrong, Group())), FACTS)
    assert [path for path, _ in found] == ["any[0].all", "any[1].all[0].fact", "unless[0].all[0].fact", "unless[1].all"]


@pytest.mark.parametrize(
    "row",
    [
        ("sku_number", "lt", "-12.505"),
        ("sku_number", "between", ["5", "5"]),
        ("sku_date", "between", ["2024-02-29", "2024-02-29"]),
        ("sku_text", "in", [" "]),
        ("sku_choice", "in", ["never seen"]),
        ("sku_choice", "empty", None),
    ],
)
def test_nothing_is_wrong(row):
    assert faults(row) == []


@pytest.mark.parametrize(
    "row",
    [
        ("gone", "in", ["a"]),
        ("sku_choice", "within", ["a"]),
        ("sku_choice", "in", "a"),
        ("sku_number", "lt", 5),
        ("sku_number", "between", ["5"]),
        ("sku_date", "lt", "2026-02-30"),
        ("sku_text", "matches", ""),
        ("sku_flag", "eq", 1),
        ("sku_choice", "empty", ["a"]),
    ],
)
def test_what_is_wrong_is_not_compiled(row):
    fact, op, value = row
    with pytest.raises(ValueError, match=fact):
        compile_conditions(Conditions(any=(Group(all=(Row(fact=fact, op=op, value=value),)),)), FACTS)


@settings(max_examples=200, deadline=None)
@given(conditions())
def test_what_has_no_fault_can_be_compiled(asked):
    if not check_conditions(asked, FACTS):
        compile_conditions(asked, FACTS)
