"""How Linden pools its stock: supplies, pools, shops and listings, as a network document."""

import random
from typing import Any, NamedTuple

from channels.demo_company import catalogue, places


class ShopPlan(NamedTuple):
    """A shop: code, name, channel, face of its demo storefront, pools with (ratio, priority), assortment, policy."""

    code: str
    name: str
    channel: str
    face: str
    shares: dict[str, tuple[int, int]]
    assortment: float
    sync: dict[str, Any]


CHANNELS = {
    "tmall": "天猫 Tmall",
    "jd": "京东 JD",
    "douyin": "抖音 Douyin",
    "pdd": "拼多多 Pinduoduo",
    "xhs": "小红书 RED",
    "mall": "官方商城 Own mall",
    "dealer": "经销商 Dealers",
    "global": "海外 Global",
}
SHOPS = [
    ShopPlan(
        "TMALL",
        "林登天猫旗舰店 Linden Tmall",
        "tmall",
        "tmall",
        {"ONLINE": (80, 1), "SHOPS": (40, 2)},
        0.60,
        {"buffer": 2},
    ),
    ShopPlan("JD", "林登京东自营 Linden JD", "jd", "jd", {"ONLINE": (60, 2)}, 0.40, {"min_quantity": 3}),
    ShopPlan(
        "DOUYIN",
        "林登抖音直播间 Linden Douyin live",
        "douyin",
        "douyin",
        {"ONLINE": (50, 3)},
        0.25,
        {"max_quantity": 200},
    ),
    ShopPlan("PDD", "林登拼多多奥莱 Linden outlet", "pdd", "mall", {"ONLINE": (30, 5)}, 0.20, {"buffer": 5}),
    ShopPlan("RED", "林登小红书 Linden RED", "xhs", "mall", {"ONLINE": (25, 4)}, 0.15, {}),
    ShopPlan("MALL", "林登官方商城 Linden mall", "mall", "mall", {"ONLINE": (70, 2), "SHOPS": (100, 1)}, 0.60, {}),
    ShopPlan("B2B", "经销商订货 Dealer ordering", "dealer", "mall", {"DEALERS": (100, 1)}, 0.30, {"multiple": 5}),
    ShopPlan("GLOBAL", "Linden Global", "global", "mall", {"DEALERS": (20, 2)}, 0.10, {"buffer": 1}),
]


def document(seed: int = 2026) -> dict[str, Any]:
    """The whole configuration of the demo company; the same seed gives the same document."""
    chance = random.Random(seed)  # noqa: S311 — invented figures, not secrets
    items = catalogue.items(chance)
    sets = catalogue.bundles(items)
    codes = [item.sku["code"] for item in items]
    bundle_codes = [bundle["code"] for bundle in sets]
    return {
        "version": 1,
        "categories": catalogue.categories(),
        "brands": [{"code": "linden", "name": "林登 Linden"}],
        "skus": [*(item.sku for item in items), *sets],
        "regions": places.regions(),
        "warehouses": places.warehouses(),
        "supplies": _supplies(),
        "pools": _pools(),
        "dedicated": _dedicated(codes, chance),
        "sync": {"buffer": 0},
        "channels": [{"code": code, "name": name} for code, name in CHANNELS.items()],
        "shops": [_shop(plan, codes, bundle_codes, chance) for plan in SHOPS],
    }


def _supplies() -> list[dict[str, Any]]:
    centres = list(places.DC_CODES.values())
    online = [_source(f"{code}-GOOD", 100 if code != "DC-CD" else 80, 5) for code in centres]
    online[0]["overrides"] = [{"category": "w-coats", "ratio": 70}, {"category": "k-tops", "ratio": 90, "reserve": 10}]
    return [
        {"code": "ONLINE", "name": "线上供应仓 Online", "sources": online},
        {
            "code": "STAGING",
            "name": "活动备货 Campaign staging",
            "active": False,
            "sources": [_source(f"{code}-STAGING", 100, 0) for code in centres],
        },
        {
            "code": "STORES",
            "name": "门店共享 Stores",
            "sources": [_source(f"{code}-GOOD", 50, 1) for code in places.store_codes()],
        },
        {
            "code": "EAST-DEALERS",
            "name": "华东经销商 East China dealers",
            "sources": [_source("DC-SH-GOOD", 30, 10) | {"overrides": [{"category": "w-coats", "ratio": 10}]}],
        },
        {
            "code": "DEALER-STOCK",
            "name": "经销商库存 Dealers' own stock",
            "sources": [_source(f"{code}-GOOD", 60, 0) for code, _, _ in places.DEALERS],
        },
    ]


def _source(functional: str, ratio: int, reserve: int) -> dict[str, Any]:
    return {"functional": functional, "ratio": ratio, "reserve": reserve}


def _pools() -> list[dict[str, Any]]:
    pools = [
        ("ONLINE", "线上货盘 Online pool", "online", ["ONLINE", "STAGING", "DEALER-STOCK"], "shared", 3),
        ("SHOPS", "门店货盘 Store pool", "retail", ["STORES"], "proportional", None),
        ("DEALERS", "经销货盘 Dealer pool", "dealer", ["EAST-DEALERS", "DEALER-STOCK"], "priority", None),
    ]
    return [
        {
            "code": code,
            "name": name,
            "business_line": line,
            "supplies": supplies,
            "mode": mode,
            "scarcity_at": scarce,
            "shares": [
                {
                    "shop": plan.code,
                    "ratio": plan.shares[code][0],
                    "priority": plan.shares[code][1],
                    "holdback": 2 if plan.code == "PDD" else 0,
                    "cap": 300 if plan.code == "DOUYIN" else None,
                }
                for plan in SHOPS
                if code in plan.shares
            ],
        }
        for code, name, line, supplies, mode, scarce in pools
    ]


def _dedicated(codes: list[str], chance: random.Random) -> list[dict[str, Any]]:
    picked = chance.sample(codes, 60)
    return [
        {"pool": "ONLINE", "shop": "DOUYIN", "sku": code, "quantity": 20, "consumed": number % 5}
        for number, code in enumerate(picked)
    ]


def _shop(plan: ShopPlan, codes: list[str], sets: list[str], chance: random.Random) -> dict[str, Any]:
    offered = sorted(chance.sample(codes, round(len(codes) * plan.assortment)))
    if plan.code in ("TMALL", "MALL"):
        offered += sets
    return {
        "code": plan.code,
        "name": plan.name,
        "channel": plan.channel,
        "platform": "demo",
        "sync": plan.sync,
        "listings": [
            {"code": f"{plan.code.lower()}-{code}", "components": [{"sku": code, "quantity": 1}]} for code in offered
        ],
    }
