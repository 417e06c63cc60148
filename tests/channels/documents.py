"""The engine's inputs built straight from a network document, with no database between."""

from dataclasses import replace

import numpy as np

from channels.allocation.rules import AllocationAction, make_allocation
from channels.cascade.rules import Bundles, CascadeNetwork, Dedicated, Mode, Sales, Shares
from inventory.supply.rules import (
    Functionals,
    LinkOverride,
    Links,
    Pools,
    Stock,
    Supplies,
    SupplyNetwork,
    basis_points,
)


def ints(values):
    return np.array(list(values), np.int64)


def flags(values):
    return np.array(list(values), bool)


def index(rows):
    return {row["code"]: i for i, row in enumerate(rows)}


def functionals(document):
    return [(w, f) for w in document["warehouses"] for f in w["functional"]]


def sellable(warehouse, functional):
    default = functional["status"] in ("good", "staging")
    return warehouse.get("active", True) and functional.get("active", True) and functional.get("sellable", default)


def sku_id(document, code):
    """Ids are unlike columns, so that mixing them up shows."""
    return 1_000 + 7 * index(document["skus"])[code]


def supply_network(document):
    rows = functionals(document)
    functional_at = index(f for _, f in rows)
    supply_at, category_at = index(document["supplies"]), index(document.get("categories", []))
    links = [(s["code"], link) for s in document["supplies"] for link in s["sources"]]
    closed = set(document.get("closed_pools", []))
    return SupplyNetwork(
        functionals=Functionals(
            codes=tuple(functional_at),
            sellable=flags(sellable(w, f) for w, f in rows),
            safety=ints(f.get("safety_stock", 0) for _, f in rows),
        ),
        links=Links(
            functional=ints(functional_at[link["functional"]] for _, link in links),
            supply=ints(supply_at[code] for code, _ in links),
            ratio=ints(basis_points(link.get("ratio", 100)) for _, link in links),
            reserve=ints(link.get("reserve", 0) for _, link in links),
            active=flags(link.get("active", True) for _, link in links),
        ),
        supplies=Supplies(tuple(supply_at), flags(s.get("active", True) for s in document["supplies"])),
        pools=Pools(
            codes=tuple(p["code"] for p in document["pools"]),
            open=flags(p.get("active", True) and p["code"] not in closed for p in document["pools"]),
            supplies=tuple(tuple(supply_at[s] for s in p["supplies"]) for p in document["pools"]),
        ),
        overrides=tuple(
            LinkOverride(
                link=i,
                sku_id=sku_id(document, o["sku"]) if o.get("sku") else None,
                category=category_at[o["category"]] if o.get("category") else None,
                ratio=basis_points(o["ratio"]) if "ratio" in o else None,
                reserve=o.get("reserve"),
            )
            for i, (_, link) in enumerate(links)
            for o in link.get("overrides", [])
        ),
        category_parent=ints(category_at.get(c.get("parent"), -1) for c in document.get("categories", [])),
    )


def unset(value):
    return -1 if value is None else value


def share_rows(document):
    return [(p["code"], s) for p in document["pools"] for s in p["shares"]]


def shares(document):
    pool_at, shop_at, supply_at = (index(document[layer]) for layer in ("pools", "shops", "supplies"))
    rows = share_rows(document)
    closed = {s["code"] for s in document["shops"] if not s.get("active", True)}
    return Shares(
        pool=ints(pool_at[code] for code, _ in rows),
        shop=ints(shop_at[s["shop"]] for _, s in rows),
        ratio=ints(basis_points(s.get("ratio", 100)) for _, s in rows),
        holdback=ints(s.get("holdback", 0) for _, s in rows),
        cap=ints(unset(s.get("cap")) for _, s in rows),
        priority=ints(s.get("priority", 1) for _, s in rows),
        home_supply=ints(supply_at.get(s.get("home_supply"), -1) for _, s in rows),
        active=flags(s.get("active", True) and s["shop"] not in closed for _, s in rows),
    )


def dedicated(document):
    share_at = {(code, s["shop"]): i for i, (code, s) in enumerate(share_rows(document))}
    # Dedicated units of a shop without a share have nowhere to go.
    rows = [d for d in document.get("dedicated", []) if (d["pool"], d["shop"]) in share_at]
    return Dedicated(
        share=ints(share_at[d["pool"], d["shop"]] for d in rows),
        sku_id=ints(sku_id(document, d["sku"]) for d in rows),
        outstanding=ints(d["quantity"] - d.get("consumed", 0) for d in rows),
    )


def bundles(document):
    parts = [(s["code"], c) for s in document["skus"] for c in s.get("components", [])]
    parts.sort(key=lambda part: part[1]["sku"])  # the parts of a bundle needn't stand together
    return Bundles(
        bundle_id=ints(sku_id(document, code) for code, _ in parts),
        component_id=ints(sku_id(document, c["sku"]) for _, c in parts),
        quantity=ints(c["quantity"] for _, c in parts),
    )


def sales(document):
    shop_at, rows = index(document["shops"]), document.get("sales", [])
    return Sales(
        shop=ints(shop_at[row["shop"]] for row in rows),
        sku_id=ints(sku_id(document, row["sku"]) for row in rows),
        units=ints(row["units"] for row in rows),
    )


def cascade_network(document):
    network = CascadeNetwork(
        supply=supply_network(document),
        shops=tuple(index(document["shops"])),
        shares=shares(document),
        modes=tuple(Mode(p.get("mode", "shared")) for p in document["pools"]),
        scarcity_at=ints(unset(p.get("scarcity_at")) for p in document["pools"]),
        dedicated=dedicated(document),
        bundles=bundles(document),
        sales=sales(document),
    )
    return replace(network, allocation=allocation(document, network)) if document.get("allocation") else network


def allocation(document, network):
    """A rule of its own for every row, the last one first, so that rules and cells stand in different orders."""
    rows, pools = document["allocation"], index(document["pools"])
    ids = np.unique([sku_id(document, row["sku"]) for row in rows])
    winner = np.full((len(pools), ids.size), -1, np.int32)
    actions, rules = {}, []
    for row in reversed(rows):
        if row["action"] not in rules:
            rules.append(row["action"])
            actions[len(rules) - 1] = AllocationAction.model_validate(row["action"])
        winner[pools[row["pool"]], np.searchsorted(ids, sku_id(document, row["sku"]))] = rules.index(row["action"])
    return make_allocation(network, actions, ids, winner)


def stock(document, dtype=np.int64, codes=None):
    """Stock with one column per SKU code, in the order of `codes` (all by default)."""
    skus = index(document["skus"])
    codes = list(skus) if codes is None else codes
    column_at = {code: i for i, code in enumerate(codes)}
    row_at = index(f for _, f in functionals(document))
    category_at = index(document.get("categories", []))
    free = np.zeros((len(row_at), len(codes)), dtype)
    safety = np.full(free.shape, -1, dtype)
    for row in document.get("stock", []):
        if row["sku"] in column_at:
            at = row_at[row["functional"]], column_at[row["sku"]]
            free[at] = row["on_hand"] - row.get("allocated", 0)
            if row.get("safety_stock") is not None:
                safety[at] = row["safety_stock"]
    return Stock(
        sku_ids=ints(sku_id(document, code) for code in codes),
        free=free,
        safety=safety if (safety >= 0).any() else None,
        category=ints(category_at.get(document["skus"][skus[c]].get("category"), -1) for c in codes),
    )
