"""The cascade against worked cases and against a second, one-number-at-a-time implementation."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.allocation.rules import settle_network
from channels.cascade.rules import Bundles, compute
from channels.sync.rules import Parts, apply_policies, listing_quantities, merge_policy, trace_policy
from inventory.supply.rules import layers
from tests.channels import documents
from tests.channels.cascade_runs import run, scarce_document
from tests.channels.networks import decided, networks
from tests.channels.oracle import Oracle
from tests.channels.reservations.machine_networks import networks as dense

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def case(request):
    return json.loads(request.param.read_text())


def assert_equals_oracle(document, stock=None):
    """Every layer, every row and column."""
    stock = documents.stock(document) if stock is None else stock
    result = compute(documents.cascade_network(document), stock, trace=True)
    oracle, trace = Oracle(document), result.trace
    codes = {documents.sku_id(document, s["code"]): s["code"] for s in document["skus"]}
    pools = [p["code"] for p in document["pools"]]
    functionals = [f["code"] for _, f in documents.functionals(document)]
    links = [(s["code"], k["functional"]) for s in document["supplies"] for k in s["sources"]]
    shares = [(p["code"], s["shop"]) for p in document["pools"] for s in p["shares"]]
    for column, sku in enumerate(codes[i] for i in stock.sku_ids.tolist()):
        compared = [
            (trace.supply.atp, [oracle.atp[f, sku] for f in functionals]),
            (trace.supply.contribution, [oracle.contribution[*k, sku] for k in links]),
            (trace.supply.supply, [oracle.supply[s["code"], sku] for s in document["supplies"]]),
            (trace.supply.pool, [oracle.pool[p, sku] for p in pools]),
            (trace.granted, [oracle.granted.get((*s, sku), 0) for s in shares]),
            (trace.allotted, [oracle.allotted.get((*s, sku), 0) for s in shares]),
            (trace.quantity, [oracle.quantity.get((*s, sku), 0) for s in shares]),
            (result.shop, [oracle.shop[s["code"], sku] for s in document["shops"]]),
        ]
        for actual, expected in compared:
            assert actual[:, column].tolist() == expected
        for p, pool in enumerate(pools):
            expected = [oracle.source[pool, f, sku] for f in functionals]
            assert trace.supply.source[p, :, column].tolist() == expected


def published(document, shop_quantities):
    """What the product publishes: [(shop, listing, quantity)]."""
    columns = documents.index(document["skus"])
    rows, parts, policies = [], [], []
    for d, shop in enumerate(document["shops"]):
        for listing in shop.get("listings", []):
            parts += [(len(rows), d, columns[c["sku"]], c["quantity"]) for c in listing["components"]]
            policies.append(merge_policy(document.get("sync", {}), shop.get("sync", {}), listing.get("sync", {})))
            rows.append((shop["code"], listing["code"]))
    if not rows:
        return []
    q0 = listing_quantities(shop_quantities, Parts(*np.array(parts, np.int64).T), len(rows))
    numbers = apply_policies(q0, policies, np.arange(len(rows)))
    for quantity, policy, number in zip(q0.tolist(), policies, numbers.tolist(), strict=True):
        assert trace_policy(quantity, policy)[-1].after == number
    return [(*row, number) for row, number in zip(rows, numbers.tolist(), strict=True)]


def test_there_are_worked_cases():
    assert len(VECTORS) > 40


def test_the_worked_cases_come_out_of_the_engine(case):
    document = case["network"]
    result = run(document, trace=True)
    columns = documents.index(document["skus"])
    names = {
        "atp": [f["code"] for _, f in documents.functionals(document)],
        "supply": [s["code"] for s in document["supplies"]],
        "pool": [p["code"] for p in document["pools"]],
        "shop": [s["code"] for s in document["shops"]],
    }
    layers_of = {
        "atp": result.trace.supply.atp,
        "supply": result.trace.supply.supply,
        "pool": result.pool,
        "shop": result.shop,
    }
    assert case["expected"]
    for expected in case["expected"]:
        for layer, values in layers_of.items():
            column = values[:, columns[expected["sku"]]].tolist()
            actual = dict(zip(names[layer], column, strict=True))
            assert actual == dict.fromkeys(names[layer], 0) | expected[layer], layer
    assert published(document, result.shop) == [(p["shop"], p["listing"], p["quantity"]) for p in case["published"]]


def test_the_worked_cases_come_out_of_the_second_implementation(case):
    oracle = Oracle(case["network"])
    for expected in case["expected"]:
        for layer in ("supply", "pool", "shop", "atp"):
            for code, quantity in expected[layer].items():
                assert getattr(oracle, layer)[code, expected["sku"]] == quantity
    for shop in case["network"]["shops"]:
        for listing in shop.get("listings", []):
            (number,) = (
                p["quantity"] for p in case["published"] if (p["shop"], p["listing"]) == (shop["code"], listing["code"])
            )
            assert oracle.published(shop, listing) == number


def test_the_worked_cases_agree_in_every_layer(case):
    assert_equals_oracle(case["network"])


@settings(max_examples=250, deadline=None)
@given(networks())
def test_any_network_comes_out_as_one_number_at_a_time(document):
    assert_equals_oracle(document)


@settings(max_examples=200, deadline=None)
@given(decided(networks()) | decided(dense()))
def test_strategies_decide_pools_sku_by_sku(document):
    assert_equals_oracle(document)


@settings(max_examples=100, deadline=None)
@given(decided(networks()) | decided(dense()))
def test_a_sku_has_the_numbers_of_a_network_with_the_settings_of_its_strategies(document):
    network, everything = documents.cascade_network(document), documents.stock(document)
    whole = compute(network, everything, trace=True)
    for column, sku in enumerate(s["code"] for s in document["skus"]):
        if document["skus"][column].get("components"):
            continue
        settled = replace(settle_network(network, documents.sku_id(document, sku)), bundles=Bundles())
        alone = compute(settled, documents.stock(document, codes=[sku]), trace=True)
        assert alone.shop[:, 0].tolist() == whole.shop[:, column].tolist()
        assert alone.trace.allotted[:, 0].tolist() == whole.trace.allotted[:, column].tolist()
        assert alone.trace.quantity[:, 0].tolist() == whole.trace.quantity[:, column].tolist()


@settings(max_examples=60, deadline=None)
@given(decided(networks()) | decided(dense()), st.randoms(use_true_random=False))
def test_narrow_numbers_small_blocks_and_any_order_change_nothing(document, random):
    codes = [s["code"] for s in document["skus"]]
    random.shuffle(codes)
    whole, layers.BLOCK = layers.BLOCK, 2
    try:
        assert_equals_oracle(document, documents.stock(document, np.dtype(">i4"), codes))
        assert_equals_oracle(document, documents.stock(document, np.int32, codes))
    finally:
        layers.BLOCK = whole


@settings(max_examples=60, deadline=None)
@given(networks(), st.data())
def test_computing_some_skus_gives_their_numbers_in_the_whole(document, data):
    plain = [s["code"] for s in document["skus"] if not s.get("components")]
    some = data.draw(st.lists(st.sampled_from(plain), unique=True))
    columns = documents.index(document["skus"])
    part = compute(documents.cascade_network(document), documents.stock(document, codes=some))
    assert part.shop.tolist() == run(document).shop[:, [columns[c] for c in some]].tolist()
    assert (part.pool, part.trace) == (None, None)


@settings(max_examples=100, deadline=None)
@given(networks())
def test_no_mode_but_shared_hands_out_more_than_the_pool(document):
    result = run(document, trace=True)
    trace = result.trace
    network = documents.cascade_network(document)
    for p, mode in enumerate(network.modes):
        members = network.shares.pool == p
        granted = trace.granted[members].sum(axis=0)
        assert (granted <= result.pool[p]).all()
        if mode != "shared":
            assert (granted + trace.allotted[members].sum(axis=0) <= result.pool[p]).all()
        assert (trace.quantity[members] <= result.pool[p]).all()
        assert (trace.supply.source[p] <= trace.supply.atp).all()


def test_the_pools_are_kept_when_asked_for(case):
    document = case["network"]
    assert run(document, pools=True).pool.tolist() == run(document, trace=True).pool.tolist()


def test_a_bundle_without_its_component_is_refused():
    document = json.loads(next(p for p in VECTORS if p.stem == "example").read_text())["network"]
    with pytest.raises(ValueError, match="must be computed with it"):
        compute(documents.cascade_network(document), documents.stock(document, codes=["SET", "SCARF"]))


def test_the_parts_of_a_bundle_need_not_stand_together():
    document = scarce_document(None)
    document["skus"] = [
        {"code": "S"},
        {"code": "T"},
        {"code": "K0", "components": [{"sku": "S", "quantity": 1}, {"sku": "T", "quantity": 1}]},
        {"code": "K1", "components": [{"sku": "S", "quantity": 1}]},
    ]
    document["stock"].append({"functional": "F", "sku": "T", "on_hand": 2})
    assert run(document).shop.tolist() == [[7, 1, 1, 7], [3, 1, 1, 3]]


def test_quantities_beyond_32_bits_stay_exact():
    document = json.loads(next(p for p in VECTORS if p.stem == "example").read_text())["network"]
    for row in document["stock"]:
        row["on_hand"] = 2**31 - 1 - row.get("allocated", 0)
    assert_equals_oracle(document, documents.stock(document, np.int32))
    for row in document["stock"]:
        row["on_hand"] = 10**12
    assert_equals_oracle(document)
