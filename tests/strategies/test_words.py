"""Conditions in words."""

import pytest
from django.utils import translation

from strategies import registry, words
from strategies.registry import Choice, Fact
from strategies.rules import OPERATORS
from strategies.rules.shapes import Axis, Conditions, FactType, Group, Row
from strategies.words import MOST, summarise, summarise_all


def fact(key, type_, **more):
    return Fact(key, key, type_, Axis.SKU, "what", **more)


@pytest.fixture(autouse=True)
def _facts(monkeypatch):
    monkeypatch.setattr(registry, "_registry", registry._Registry())
    registry.register_facts(
        fact("channel", FactType.CHOICE, choices=lambda: [Choice("tm", "Tmall"), Choice("jd", "JD")]),
        fact("category", FactType.TREE, choices=lambda: [Choice("c", "Coats"), Choice("d", "Down", "c")]),
        fact("tag", FactType.MANY, choices=lambda: [Choice("sale", "sale"), Choice("new", "new in")]),
        fact("sku", FactType.CHOICE, find=lambda words, codes, most: [Choice(code, f"SKU {code}") for code in codes]),
        fact("price", FactType.NUMBER, unit="yuan", places=2),
        fact("margin", FactType.NUMBER, unit="%"),
        fact("lines", FactType.NUMBER),
        fact("name", FactType.TEXT),
        fact("bundle", FactType.FLAG),
        fact("date", FactType.DATE),
    )
    with translation.override("en"):
        yield


def group(*rows):
    return Group(all=tuple(Row(fact=key, op=op, value=value[0] if value else None) for key, op, *value in rows))


def when(*rows):
    said = summarise(Conditions(any=(group(*rows),)))
    assert said.startswith("When ")
    return said.removeprefix("When ")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("channel", "in", ["tm", "jd"]), "channel is Tmall or JD"),
        (("channel", "in", ["tm"]), "channel is Tmall"),
        (("channel", "in", ["tm", "jd", "vip"]), "channel is Tmall, JD or vip"),
        (("channel", "not_in", ["jd"]), "channel is not JD"),
        (("channel", "empty"), "channel is empty"),
        (("channel", "not_empty"), "channel is not empty"),
        (("sku", "in", ["7"]), "sku is SKU 7"),
        (("category", "within", ["c"]), "category is within Coats"),
        (("category", "not_within", ["c", "d"]), "category is not within Coats or Down"),
        (("tag", "any", ["sale", "new"]), "tag contains sale or new in"),
        (("tag", "all", ["sale", "new"]), "tag contains sale and new in"),
        (("tag", "only", ["sale", "new"]), "tag contains nothing but sale and new in"),
        (("tag", "not_in", ["sale", "new"]), "tag does not contain sale or new in"),
        (("price", "eq", "12.50"), "price is 12.50 yuan"),
        (("price", "ne", "12.50"), "price is not 12.50 yuan"),
        (("price", "lt", "5"), "price is below 5 yuan"),
        (("price", "le", "5"), "price is at most 5 yuan"),
        (("price", "gt", "5"), "price is above 5 yuan"),
        (("margin", "ge", "5"), "margin is at least 5%"),
        (("lines", "between", ["2", "5"]), "lines is between 2 and 5"),
        (("date", "eq", "2026-11-11"), "date is Nov. 11, 2026"),
        (("date", "lt", "2026-11-11"), "date is before Nov. 11, 2026"),
        (("date", "le", "2026-11-11"), "date is on or before Nov. 11, 2026"),
        (("date", "gt", "2026-11-11"), "date is after Nov. 11, 2026"),
        (("date", "ge", "2026-11-11"), "date is on or after Nov. 11, 2026"),
        (("date", "between", ["2026-11-01", "2026-11-11"]), "date is between Nov. 1, 2026 and Nov. 11, 2026"),
        (("name", "matches", "*50%*"), "name is like “*50%*”"),
        (("name", "not_matches", "A?"), "name is not like “A?”"),
        (("name", "in", ["x", "y"]), "name is x or y"),
        (("bundle", "eq", True), "bundle is yes"),
        (("bundle", "eq", False), "bundle is no"),
        (("gone", "lt", "5"), "gone is below 5"),
        (("gone", "in", ["a", "b"]), "gone is a or b"),
        (("gone", "not_in", ["a"]), "gone is not a"),
    ],
)
def test_rows(row, said):
    assert when(row) == said


def test_rows_groups_and_exclusions():
    coats = group(("channel", "in", ["tm", "jd"]), ("category", "within", ["c"]))
    cheap, sale = group(("price", "lt", "5")), group(("tag", "any", ["sale"]))
    assert summarise(Conditions(any=(coats,), unless=(sale,))) == (
        "When channel is Tmall or JD and category is within Coats, unless tag contains sale"
    )
    assert summarise(Conditions(any=(coats, cheap))) == (
        "When channel is Tmall or JD and category is within Coats, or price is below 5 yuan"
    )
    assert summarise(Conditions(unless=(sale, cheap))) == ("Always, unless tag contains sale, or price is below 5 yuan")
    assert summarise(Conditions()) == "Always"


@pytest.mark.parametrize(("op", "word"), [("any", "or"), ("all", "and")])
def test_long_lists_are_cut(op, word):
    codes = [f"t{number}" for number in range(MOST + 2)]
    assert when(("tag", op, codes)) == f"tag contains {', '.join(codes[:MOST])} {word} 2 more"
    assert when(("tag", op, codes[:MOST])) == f"tag contains {', '.join(codes[: MOST - 1])} {word} {codes[MOST - 1]}"


def test_every_operator_of_every_type_has_a_sentence():
    for type_, operators in OPERATORS.items():
        key = next(key for key, each in registry._registry.facts.items() if each.type is type_)
        for op in operators:
            value = {"between": ["1", "2"], "empty": None, "not_empty": None}.get(op, "1")
            assert key in when((key, op, value))


def test_labels_are_read_once_for_many(monkeypatch):
    asked = []
    monkeypatch.setattr(words, "label_choices", lambda fact, codes: asked.append((fact.key, codes)) or {})
    same = Conditions(any=(group(("channel", "in", ["tm"]), ("price", "between", ["1", "2"])),))
    other = Conditions(unless=(group(("channel", "in", ["jd"])),))
    summarise_all([same, other, same])
    assert asked == [("channel", {"tm", "jd"})]


def test_dates_are_written_as_the_language_does():
    with translation.override("zh-hans"):
        assert "2026年11月11日" in summarise(Conditions(any=(group(("date", "eq", "2026-11-11")),)))
