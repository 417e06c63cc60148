"""The explanation tells the engine's own numbers, step by step, for every worked case."""

import json
from pathlib import Path

import pytest
from django.utils import timezone, translation

from channels.explain.selectors import explain_number
from channels.network.actions import load_network

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
pytestmark = pytest.mark.django_db


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def case(request):
    return json.loads(request.param.read_text())


def explanations(case):
    """Every shop and SKU of a worked case: (shop, SKU, explanation)."""
    load_network(case["network"], actor="test")
    now = timezone.now()
    for sku in case["network"]["skus"]:
        for shop in case["network"]["shops"]:
            yield shop["code"], sku["code"], explain_number(shop["code"], sku["code"], now)


def assert_chain_holds(path):
    """Each layer's numbers are made of those of the layer before, and add up."""
    atp = {row.functional: row.atp for row in path.stock}
    given = {}
    for row in path.stock:
        assert row.free == row.on_hand - row.allocated
        assert row.atp in (0, max(0, row.free - row.safety_stock))
        assert bool(row.reason) == (row.atp < row.on_hand)
    for link in path.links:
        assert link.atp == atp[link.functional]
        assert (link.effect == "cut") == (link.contribution < link.atp)
        assert bool(link.reason) or link.contribution == link.atp
        given[link.supply, link.functional] = link.contribution
    for supply in path.supplies:
        assert supply.quantity == sum(units for (code, _), units in given.items() if code == supply.supply)
    for pool in path.pools:
        assert_pool_holds(pool, atp, given)


def assert_pool_holds(pool, atp, given):
    for source in pool.sources:
        assert [given[part.code, source.functional] for part in source.parts] == [p.quantity for p in source.parts]
        assert source.together == sum(part.quantity for part in source.parts)
        assert source.quantity == min(atp[source.functional], source.together)
        assert bool(source.reason) == (source.quantity < source.together)
    assert pool.quantity == sum(source.quantity for source in pool.sources)
    assert pool.granted == sum(share.granted for share in pool.shares if share.active)
    assert pool.rest == pool.quantity - pool.granted
    assert sum(share.own for share in pool.shares) == 1
    for share in pool.shares:
        shown = share.granted + max(0, share.allotted - share.holdback)
        assert share.quantity == (shown if share.cap is None else min(shown, share.cap))


def last_number(explanation):
    """The shop's number, worked out again from the explanation's last layer alone."""
    if explanation.components:
        return min(part.quantity // part.needed for part in explanation.components)
    if explanation.several:
        return min(explanation.several.together, explanation.several.beneath)
    return sum(share.quantity for pool in explanation.pools for share in pool.shares if share.own and share.active)


def assert_worked(explanation, shop, expected):
    assert explanation.quantity == expected["shop"].get(shop, 0)
    atp = {row.functional: row.atp for row in explanation.stock if row.atp}
    assert atp.items() <= expected["atp"].items()
    for pool in explanation.pools:
        assert pool.quantity == expected["pool"].get(pool.pool, 0)
    for supply in explanation.supplies:
        assert supply.quantity == expected["supply"].get(supply.supply, 0)


def test_the_explained_numbers_are_the_worked_ones_and_every_step_leads_to_them(case):
    worked = {row["sku"]: row for row in case["expected"]}
    listed = {}
    for shop, sku, explanation in explanations(case):
        assert explanation.quantity == last_number(explanation)
        for path in [explanation, *(part.path for part in explanation.components)]:
            assert_chain_holds(path)
        if sku in worked:
            assert_worked(explanation, shop, worked[sku])
        for listing in explanation.listings:
            assert listing.q0 == min(part.sets for part in listing.parts)
            befores = [listing.q0, *(step.after for step in listing.steps)]
            assert [step.before for step in listing.steps] == befores[:-1]
            listed[shop, listing.listing] = listing.number
    assert listed == {(row["shop"], row["listing"]): row["quantity"] for row in case["published"]}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_step_has_a_finished_sentence(language):
    case = json.loads(VECTORS[0].read_text())
    with translation.override(language):
        for _shop, _sku, explanation in explanations(case):
            facts = [*explanation.stock, *explanation.links, *explanation.supplies, *explanation.pools]
            facts += [share for pool in explanation.pools for share in pool.shares]
            for fact in facts:
                assert fact.sentence
                assert "%(" not in fact.sentence + fact.reason
                assert "%%" not in fact.sentence + fact.reason
