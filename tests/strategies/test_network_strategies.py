"""Strategies as text: a document says what is in force, in its order, and loading it twice changes nothing."""

import copy

import pytest

from channels.network.actions import load_network
from channels.network.selectors import dump_network
from core.errors import InvalidInput
from strategies.actions import publish_version, rename_strategy, retire_strategy, save_draft
from strategies.models import Strategy, StrategyEvent, StrategyVersion
from strategies.selectors import load_rules
from tests.channels.network_documents import rich
from tests.factories import GoodsStatusFactory
from tests.strategies.policies import CHEAP, LEFT, ODD, SALE, draft, live, when

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def statuses(db):
    for code in ("good", "defective", "inspection", "staging"):
        GoodsStatusFactory(code=code)


def load(*rows, **options):
    return load_network({"version": 1, "strategies": list(rows)}, actor="ann", **options)


def row(code, conditions=None, colour="red", **more):
    return {"kind": "toy", "code": code, "conditions": conditions or {}, "action": {"colour": colour}} | more


def dumped():
    return dump_network()["strategies"]


def in_force():
    return [(rule.code, rule.number) for rule in load_rules("toy").rules]


def faults(*rows):
    with pytest.raises(InvalidInput) as refused:
        load(*rows)
    return [(fault.path, fault.message) for fault in refused.value.errors]


def test_what_a_document_says_is_in_force_in_its_order(world):
    report = load(row("sale", when(SALE), note="now"), row("all", name="Everything"))
    assert in_force() == [("sale", 1), ("all", 1)]
    assert world.taken() == [11, 12, 13, 14]
    assert [(change.action, change.key) for change in report.changes] == [
        ("add", ("toy", "sale")),
        ("add", ("toy", "all")),
    ]
    assert dumped() == [
        {
            "kind": "toy",
            "code": "sale",
            "name": "sale",
            "conditions": when(SALE),
            "action": {"colour": "red"},
            "note": "now",
        },
        {"kind": "toy", "code": "all", "name": "Everything", "conditions": {}, "action": {"colour": "red"}, "note": ""},
    ]


def test_loading_twice_changes_nothing(world):
    rows = [row("sale", when(SALE, unless=[LEFT])), row("all")]
    load(*rows)
    world.taken()
    events = StrategyEvent.objects.count()
    assert load(*rows).changes == []
    assert load(*dumped()).changes == []
    assert (world.taken(), StrategyEvent.objects.count()) == ([], events)
    assert StrategyVersion.objects.count() == 2


def test_only_what_differs_is_published(world):
    load(row("sale", when(SALE)), row("odd", when(ODD)))
    world.taken()
    report = load(row("sale", when(SALE)), row("odd", when(ODD), "blue"))
    assert in_force() == [("sale", 1), ("odd", 2)]
    assert world.taken() == [13]
    assert [(change.action, change.key, change.fields) for change in report.changes] == [
        ("change", ("toy", "odd"), ["action"])
    ]


def test_another_order_is_taken_over(world):
    load(row("sale", when(SALE)), row("odd", when(ODD)))
    world.taken()
    load(row("odd", when(ODD)), row("sale", when(SALE)))
    assert in_force() == [("odd", 1), ("sale", 1)]
    assert world.taken() == [11]


def test_what_is_left_out_is_retired_and_drafts_stay_where_they_are(world):
    load(row("sale", when(SALE)), row("odd", when(ODD)))
    idea = draft("idea")
    world.taken()
    report = load(row("new"), row("odd", when(ODD)))
    assert in_force() == [("new", 1), ("odd", 1)]
    assert ("retire", ("toy", "sale")) in [(change.action, change.key) for change in report.changes]
    order = list(Strategy.objects.order_by("position").values_list("code", flat=True))
    assert order == ["sale", "new", "idea", "odd"]
    assert idea.strategy.versions.get() == idea
    load()
    assert in_force() == []


def test_a_document_without_the_section_changes_nothing(world):
    live("sale", when(SALE))
    load_network({"version": 1, "brands": [{"code": "x"}]}, actor="ann")
    assert in_force() == [("sale", 1)]


def test_a_retired_strategy_comes_back_as_a_new_version(world):
    load(row("sale", when(SALE)))
    retire_strategy(Strategy.objects.get(), actor="bob")
    load(row("sale", when(SALE)))
    assert in_force() == [("sale", 2)]


def test_a_draft_that_says_the_same_is_published(world):
    version = draft("sale", when(SALE))
    load(row("sale", when(SALE), name="Sale"))
    assert in_force() == [("sale", 1)]
    newer = save_draft(version.strategy, conditions=when(CHEAP), action={"colour": "red"}, actor="bob")
    load(row("sale", when(SALE), name="Sale"))
    newer.refresh_from_db()
    assert (in_force(), newer.state) == ([("sale", 1)], "draft")


def test_a_name_changes_without_a_version(world):
    load(row("sale", when(SALE)))
    world.taken()
    load(row("sale", when(SALE), name="Sales"))
    assert (in_force(), world.taken()) == ([("sale", 1)], [])
    assert dumped()[0]["name"] == "Sales"


def test_a_dry_run_changes_nothing(world):
    report = load(row("sale", when(SALE)), dry_run=True)
    assert [change.action for change in report.changes] == ["add"]
    assert not Strategy.objects.exists()


def test_a_fault_names_its_path(world):
    unknown = {"fact": "size", "op": "in", "value": ["x"]}
    never = when(CHEAP, {**CHEAP, "op": "gt", "value": "10"})
    assert faults(row("a"), row("b", when(SALE, unknown), "pink")) == [
        ("strategies[1].conditions.any[0].all[1].fact", "There is no fact “size” here."),
        ("strategies[1].action.colour", "there is no colour pink"),
    ]
    assert [path for path, _text in faults(row("a"), row("b", never))] == [
        "strategies[1].conditions.any[0].all[0]",
        "strategies[1].conditions.any[0].all[1]",
    ]
    assert faults(row("a", kind="paint")) == [
        ("strategies[0].kind", "there is no kind of strategy paint; there are allocation, sync, toy, second")
    ]
    assert faults(row("a"), row("a")) == [("strategies[1].code", "a stands here and at strategies[0]")]
    assert faults(row("a", action={"coats": 0})) == [("strategies[0].action.coats", "0 is below 1")]
    assert [path for path, _text in faults(row("a", when({**SALE, "op": "near"})))] == [
        "strategies[0].conditions.any[0].all[0].op"
    ]
    assert faults(row("a", when(SALE, {"fact": "toy_tag", "op": "any"})))[0][0].endswith("all[1].value")
    assert not Strategy.objects.exists()


def test_a_strategy_may_name_what_the_same_document_adds(world):
    load_network(rich(), actor="ann")
    assert [rule.code for rule in load_rules("allocation").rules] == ["coats", "all"]
    document = copy.deepcopy(rich())
    document["strategies"][0]["action"]["shares"][0]["shop"] = "NOBODY"
    with pytest.raises(InvalidInput) as refused:
        load_network(document, actor="ann")
    assert [fault.path for fault in refused.value.errors] == ["strategies[0].action.shares[0].shop"]


def test_kinds_are_told_apart(world, second_kind):
    load(row("a"), row("a", kind="second"), row("b", kind="second"))
    assert [(each["kind"], each["code"]) for each in dumped()] == [("toy", "a"), ("second", "a"), ("second", "b")]
    load(row("a"))
    assert len(load_rules("second").rules) == 0


def test_what_was_published_elsewhere_is_dumped(world):
    version = live("sale", when(SALE))
    rename_strategy(version.strategy, name="Sales", actor="bob")
    publish_version(
        save_draft(version.strategy, conditions={}, action={"coats": 2}, note=" two \n lines ", actor="bob"),
        actor="bob",
    )
    assert dumped() == [
        {
            "kind": "toy",
            "code": "sale",
            "name": "Sales",
            "conditions": {},
            "action": {"coats": 2},
            "note": "two lines",
        }
    ]
    assert load(*dumped()).changes == []
