"""The stock panel of a real chain of stores: reads it and builds a network on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "vinbudin_store_stock"
CENTRE = "Heiðrún"  # by far the largest: it serves as the distribution centre
SHOPS = {
    # code: (shares by pool (ratio, priority), sync policy)
    "WEB": ({"ONLINE": (80, 1)}, {"buffer": 2}),
    "APP": ({"ONLINE": (60, 2), "EVERYTHING": (100, 1)}, {"ratio": 95}),
    "HOTELS": ({"TRADE": (50, 1)}, {"multiple": 6}),
    "BARS": ({"TRADE": (35.5, 2)}, {"min_quantity": 12}),
    "CLUB": ({"EVERYTHING": (70, 2)}, {"max_quantity": 40}),
    "OUTLET": ({"EVERYTHING": (50, 3)}, {"offset": -3}),
}
POOLS = {
    # code: (supplies, mode, scarce at)
    "ONLINE": (["FULL"], "shared", 3),
    "TRADE": (["TRADE", "STORES"], "proportional", None),
    "EVERYTHING": (["FULL", "TRADE", "STORES"], "depth", None),
}

Day = dict[str, dict[str, int]]  # store code -> SKU code -> units


def read_days() -> Iterator[Day]:
    """One snapshot after another; skips the test where the folder is missing."""
    path = FOLDER / "stock_panel.parquet"
    if not path.exists():
        pytest.skip(f"the real stock panel is not here ({path.parent.name}); it is not part of the product")
    import pyarrow.parquet as parquet

    table = parquet.read_table(path, columns=["snapshot_at", "product_id", "store", "quantity"])
    moments = table.column("snapshot_at").to_numpy()
    stores = table.column("store").cast("string").to_pylist()
    skus, units = table.column("product_id").to_pylist(), table.column("quantity").to_pylist()
    for moment in np.unique(moments):
        day: Day = {}
        for row in np.flatnonzero(moments == moment).tolist():
            day.setdefault(stores[row], {})[f"P{skus[row]}"] = units[row]
        yield day


def network(first: Day, skus: list[str]) -> dict[str, Any]:
    """The centre feeds two supplies at 100% and 30%, the stores one at 50%; three pools, six shops."""
    stores = sorted(set(first) - {CENTRE})
    return {
        "version": 1,
        "skus": [{"code": sku, "name": f"Product {sku}"} for sku in skus],
        "warehouses": [_warehouse(CENTRE, "dc"), *(_warehouse(store, "store") for store in stores)],
        "supplies": [
            _supply("FULL", [(CENTRE, 100)]),
            _supply("TRADE", [(CENTRE, 30)]),
            _supply("STORES", [(store, 50) for store in stores]),
        ],
        "pools": [_pool(code) for code in POOLS],
        "shops": [_shop(code, skus[number::6][:250]) for number, code in enumerate(SHOPS)],
        "stock": [
            {"functional": store, "sku": sku, "on_hand": units}
            for store in first
            for sku, units in first[store].items()
        ],
    }


def _warehouse(store: str, kind: str) -> dict[str, Any]:
    return {"code": store, "name": store, "kind": kind, "functional": [{"code": store, "status": "good"}]}


def _supply(code: str, sources: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "sources": [{"functional": functional, "ratio": ratio} for functional, ratio in sources],
    }


def _pool(code: str) -> dict[str, Any]:
    supplies, mode, scarcity = POOLS[code]
    shares = [
        {"shop": shop, "ratio": by_pool[code][0], "priority": by_pool[code][1], "home_supply": supplies[-1]}
        for shop, (by_pool, _policy) in SHOPS.items()
        if code in by_pool
    ]
    return {
        "code": code,
        "name": code,
        "supplies": supplies,
        "mode": mode,
        "scarcity_at": scarcity,
        "shares": shares,
    }


def _shop(code: str, skus: list[str]) -> dict[str, Any]:
    listings = [{"code": f"{code}-{sku}", "components": [{"sku": sku, "quantity": 1}]} for sku in skus]
    sync = SHOPS[code][1]
    return {"code": code, "name": code, "channel": "demo", "platform": "demo", "sync": sync, "listings": listings}
