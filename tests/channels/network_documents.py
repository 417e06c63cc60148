"""A document that uses every field of every section, and documents to break."""

import copy


def rich():
    """Everything a document can say, in the order and form of a dump."""
    return copy.deepcopy(RICH)


def small():
    """Two places, two shops, plain settings."""
    return copy.deepcopy(SMALL)


RICH = {
    "version": 1,
    "statuses": [
        {"code": "defective", "name": "Defective", "sellable": False},
        {"code": "good", "name": "Good", "sellable": True},
        {"code": "inspection", "name": "Inspection", "sellable": False},
        {"code": "outlet", "name": "奥莱 Outlet", "sellable": True},
        {"code": "staging", "name": "Staging", "sellable": True},
    ],
    "regions": [
        {
            "code": "310000",
            "name": "上海",
            "parent": None,
            "level": "province",
            "latitude": 31.23,
            "longitude": 121.47,
        },
        {"code": "310100", "name": "上海市", "parent": "310000", "level": "city", "latitude": None, "longitude": None},
    ],
    "channels": [{"code": "jd", "name": "京东"}, {"code": "tmall", "name": "Tmall"}],
    "categories": [
        {"code": "apparel", "name": "Apparel", "parent": None},
        {"code": "coats", "name": "Coats", "parent": "apparel"},
        {"code": "a-wool", "name": "Wool", "parent": "coats"},
    ],
    "brands": [{"code": "linden", "name": "林登"}],
    "skus": [
        {
            "code": "COAT",
            "name": "羊毛大衣",
            "barcode": "690000000001",
            "brand": "linden",
            "category": "a-wool",
            "season": "26AW",
            "tags": ["wool", "autumn"],
            "price": "1299.00",
            "cost": "410.50",
            "weight_g": 1400,
            "volume_ml": 9000,
            "lifecycle": "new",
        },
        {
            "code": "SCARF",
            "name": "Scarf",
            "barcode": None,
            "brand": None,
            "category": None,
            "season": None,
            "tags": [],
            "price": None,
            "cost": None,
            "weight_g": None,
            "volume_ml": None,
            "lifecycle": "clearance",
        },
        {
            "code": "SET",
            "name": "Set",
            "barcode": None,
            "brand": None,
            "category": None,
            "season": None,
            "tags": [],
            "price": None,
            "cost": None,
            "weight_g": None,
            "volume_ml": None,
            "lifecycle": "regular",
            "components": [{"sku": "COAT", "quantity": 1}, {"sku": "SCARF", "quantity": 2}],
        },
    ],
    "warehouses": [
        {
            "code": "SH",
            "name": "Shanghai",
            "kind": "third_party",
            "active": True,
            "region": "310100",
            "latitude": 31.0,
            "longitude": 121.5,
            "ships": False,
            "pickup": True,
            "daily_capacity": 900,
            "cutoff": "16:30",
            "handling_fee": "1.50",
            "functional": [
                {"code": "SH-GOOD", "status": "good", "sellable": True, "active": True, "safety_stock": 3},
                {"code": "SH-OUTLET", "status": "outlet", "sellable": False, "active": False, "safety_stock": 0},
            ],
        }
    ],
    "supplies": [
        {
            "code": "ONLINE",
            "name": "Online",
            "active": True,
            "sources": [
                {
                    "functional": "SH-GOOD",
                    "ratio": 33.33,
                    "reserve": 4,
                    "active": True,
                    "overrides": [
                        {"sku": "COAT", "ratio": 10, "reserve": 5},
                        {"sku": "SCARF", "reserve": 0},
                        {"category": "coats", "ratio": 0.01},
                    ],
                },
                {"functional": "SH-OUTLET", "ratio": 100, "reserve": 0, "active": False, "overrides": []},
            ],
        },
        {"code": "SPARE", "name": "Spare", "active": False, "sources": []},
    ],
    "pools": [
        {
            "code": "P",
            "name": "Pool",
            "business_line": "retail",
            "active": True,
            "starts_at": "2026-11-01T00:00:00+08:00",
            "ends_at": "2027-11-01T00:00:00.500000+08:00",
            "mode": "depth",
            "scarcity_at": 3,
            "supplies": ["ONLINE", "SPARE"],
            "shares": [
                {
                    "shop": "JD",
                    "ratio": 60.5,
                    "holdback": 2,
                    "cap": 40,
                    "priority": 2,
                    "home_supply": "SPARE",
                    "active": False,
                },
                {
                    "shop": "TMALL",
                    "ratio": 80,
                    "holdback": 0,
                    "cap": None,
                    "priority": 1,
                    "home_supply": None,
                    "active": True,
                },
            ],
        }
    ],
    "dedicated": [{"pool": "P", "shop": "TMALL", "sku": "COAT", "quantity": 20, "consumed": 3}],
    "sync": {"ratio": 99.5, "buffer": 2},
    "shops": [
        {
            "code": "JD",
            "name": "JD",
            "channel": "jd",
            "platform": "jd",
            "active": False,
            "config": {},
            "sync": {},
            "listings": [],
        },
        {
            "code": "TMALL",
            "name": "天猫",
            "channel": "tmall",
            "platform": "demo",
            "active": True,
            "config": {"base_url": "http://127.0.0.1:1", "nested": {"list": [1, 2.5, None]}},
            "sync": {"offset": -3, "max_quantity": None, "multiple": 2},
            "listings": [
                {
                    "code": "item-1",
                    "title": "大衣",
                    "active": True,
                    "paused": True,
                    "pause_reason": "photos",
                    "increase_only": True,
                    "sync": {"fixed": 7},
                    "components": [{"sku": "COAT", "quantity": 1}, {"sku": "SCARF", "quantity": 2}],
                },
                {
                    "code": "item-2",
                    "title": "",
                    "active": True,
                    "paused": False,
                    "pause_reason": "",
                    "increase_only": False,
                    "sync": {},
                    "components": [],
                },
            ],
        },
    ],
    "strategies": [
        {
            "kind": "allocation",
            "code": "coats",
            "name": "大衣优先",
            "conditions": {
                "any": [
                    {
                        "all": [
                            {"fact": "category", "op": "within", "value": ["coats"]},
                            {"fact": "price", "op": "between", "value": ["500", "1500.50"]},
                        ]
                    },
                    {"all": [{"fact": "season", "op": "empty"}]},
                ],
                "unless": [{"all": [{"fact": "bundle", "op": "eq", "value": True}]}],
            },
            "action": {
                "mode": "priority",
                "scarcity_at": None,
                "shares": [{"shop": "TMALL", "ratio": 80, "cap": None, "priority": 1}, {"holdback": 2}],
            },
            "note": "autumn",
        },
        {"kind": "allocation", "code": "all", "name": "all", "conditions": {}, "action": {}, "note": ""},
        {
            "kind": "sync",
            "code": "scarce",
            "name": "Scarce",
            "conditions": {"any": [{"all": [{"fact": "shop_quantity", "op": "lt", "value": "5"}]}]},
            "action": {"ratio": 33.33, "fixed": None, "pause": "scarce"},
            "note": "",
        },
    ],
    "stock": [
        {"functional": "SH-GOOD", "sku": "COAT", "on_hand": 100, "allocated": 10, "safety_stock": 5},
        {"functional": "SH-OUTLET", "sku": "SCARF", "on_hand": 0, "allocated": 0, "safety_stock": 1},
    ],
}
RICH["categories"].sort(key=lambda row: row["code"])
RICH["supplies"][0]["sources"][0]["overrides"].sort(key=lambda row: (row.get("category", ""), row.get("sku", "")))

SMALL = {
    "version": 1,
    "categories": [{"code": "wine"}, {"code": "red", "parent": "wine"}],
    "brands": [{"code": "acme"}],
    "skus": [
        {"code": "A", "category": "red", "brand": "acme", "barcode": "1"},
        {"code": "B", "barcode": "2"},
        {"code": "KIT", "components": [{"sku": "A"}, {"sku": "B", "quantity": 2}]},
    ],
    "warehouses": [
        {"code": "SH", "functional": [{"code": "SH-GOOD"}, {"code": "SH-BAD", "status": "defective"}]},
        {"code": "BJ", "functional": [{"code": "BJ-GOOD"}]},
    ],
    "supplies": [
        {
            "code": "S1",
            "sources": [
                {"functional": "SH-GOOD", "overrides": [{"category": "wine", "ratio": 50}, {"sku": "B", "reserve": 1}]},
                {"functional": "BJ-GOOD", "ratio": 50},
            ],
        },
        {"code": "S2", "sources": [{"functional": "BJ-GOOD"}]},
    ],
    "pools": [
        {"code": "P1", "supplies": ["S1", "S2"], "shares": [{"shop": "X"}, {"shop": "Y", "ratio": 50}]},
        {"code": "P2", "supplies": ["S2"], "shares": [{"shop": "Y", "home_supply": "S2"}]},
    ],
    "dedicated": [{"pool": "P1", "shop": "Y", "sku": "A", "quantity": 5, "consumed": 1}],
    "sync": {"buffer": 0},
    "shops": [
        {
            "code": "X",
            "channel": "web",
            "platform": "demo",
            "listings": [{"code": "x-a", "components": [{"sku": "A"}]}, {"code": "x-b", "components": [{"sku": "B"}]}],
        },
        {
            "code": "Y",
            "channel": "web",
            "platform": "demo",
            "listings": [{"code": "y-kit", "components": [{"sku": "KIT"}]}],
        },
    ],
    "stock": [
        {"functional": "SH-GOOD", "sku": "A", "on_hand": 40, "allocated": 4},
        {"functional": "BJ-GOOD", "sku": "B", "on_hand": 30, "safety_stock": 2},
    ],
}
