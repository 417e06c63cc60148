"""Random networks for selling: small, dense, and with rows, supply warehouses and pools that overlap."""

from hypothesis import strategies as st

# Listed against the order of the codes, so that an order by id shows.
FUNCTIONALS = ["F2", "F4", "F0", "F3", "F1"]
SUPPLIES = ["L1", "L3", "L0", "L2"]
POOLS = ["P2", "P0", "P3", "P1"]
SHOPS = ["X2", "X0", "X3", "X1"]
SKUS = ["S2", "S0", "S3", "S1"]
CATEGORIES = [{"code": "all", "parent": None}, {"code": "a", "parent": "all"}, {"code": "b", "parent": "all"}]
MODES = ["shared", "proportional", "priority", "depth", "demand"]

ratios = st.sampled_from([*[100] * 12, 50, 50, 30, 0])
mostly = st.sampled_from([True] * 29 + [False])
few = st.sampled_from([*[0] * 9, 1, 2, 3])


def subset(values, least=0, most=None):
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=most)


@st.composite
def most_of(draw, values):
    """Some are left out, never all."""
    out = draw(subset(values, most=2))
    return [value for value in values if value not in out] or values[:1]


def maybe(strategy):
    return st.none() | strategy


@st.composite
def overrides(draw, skus):
    targets = [("sku", sku) for sku in skus] + [("category", row["code"]) for row in CATEGORIES]
    settings = st.fixed_dictionaries({}, optional={"ratio": ratios, "reserve": few})
    return [{kind: code} | draw(settings) for kind, code in draw(subset(targets, most=2))]


@st.composite
def links(draw, functionals, skus):
    return [
        {
            "functional": functional,
            "ratio": draw(ratios),
            "reserve": draw(few),
            "active": draw(mostly),
            "overrides": draw(overrides(skus)) if draw(st.integers(0, 3)) == 0 else [],
        }
        for functional in functionals
    ]


@st.composite
def warehouses(draw):
    codes = FUNCTIONALS[: draw(st.sampled_from([3, 2, 4, 5, 1]))]
    places = [{"code": f"W{at}", "active": draw(mostly), "functional": []} for at in range((len(codes) + 1) // 2)]
    for at, code in enumerate(codes):
        places[at // 2]["functional"].append(
            {
                "code": code,
                "status": "good",
                "active": draw(mostly),
                "sellable": draw(mostly),
                "safety_stock": draw(few),
            }
        )
    return places


@st.composite
def pools(draw, supplies, shops):
    return [
        {
            "code": code,
            "active": draw(mostly),
            "supplies": draw(subset(supplies, 1, 2)),
            "mode": draw(st.sampled_from(MODES)),
            "scarcity_at": draw(st.sampled_from([*[None] * 9, 2, 5])),
            "shares": [
                {
                    "shop": shop,
                    "ratio": draw(ratios),
                    "holdback": draw(few),
                    "cap": draw(st.sampled_from([*[None] * 6, 3, 6])),
                    "priority": draw(st.integers(1, 3)),
                    "home_supply": draw(maybe(st.sampled_from(supplies))),
                    "active": draw(mostly),
                }
                for shop in draw(most_of(shops))
            ],
        }
        for code in POOLS[: draw(st.sampled_from([2, 3, 4, 1]))]
    ]


@st.composite
def skus(draw):
    codes = SKUS[: draw(st.sampled_from([2, 1, 3, 4]))]
    category = maybe(st.sampled_from(["all", "a", "b"]))
    bundles = [
        {
            "code": code,
            "category": None,
            "components": [{"sku": sku, "quantity": draw(st.integers(1, 2))} for sku in draw(subset(codes, 1, 3))],
        }
        for code in ["B1", "B0"][: draw(st.sampled_from([1, 0, 2]))]
    ]
    return [{"code": code, "category": draw(category)} for code in codes] + bundles


@st.composite
def stock(draw, functionals, codes):
    rows = [(functional, sku) for functional in functionals for sku in codes]
    units = st.sampled_from([4, 6, 3, 8, 5, 2, 1, 0])
    return [
        {"functional": functional, "sku": sku, "on_hand": draw(units), "safety_stock": draw(maybe(few))}
        for functional, sku in rows
    ]


sold = st.sampled_from([0, 1, 2, 3, 7])


@st.composite
def actions(draw, shops):
    """What an allocation strategy may say."""
    settings = {
        "ratio": ratios,
        "holdback": few,
        "cap": st.sampled_from([None, 1, 4]),
        "priority": st.integers(1, 3),
    }
    options = {"mode": st.sampled_from(MODES), "scarcity_at": st.sampled_from([None, 0, 4])}
    named = draw(subset([*shops, None], most=2))
    shares = [{"shop": shop} | draw(st.fixed_dictionaries({}, optional=settings)) for shop in named]
    shares = [share for share in shares if len(share) > 1]
    return draw(st.fixed_dictionaries({}, optional=options)) | ({"shares": shares} if shares else {})


@st.composite
def decided(draw, document):
    """Cells that strategies decide, each by one of its own."""
    plain = [row["code"] for row in document["skus"] if not row.get("components")]
    cells = draw(subset([(pool["code"], sku) for pool in document["pools"] for sku in plain], most=6))
    shops = [row["code"] for row in document["shops"]]
    return [{"pool": pool, "sku": sku, "action": draw(actions(shops))} for pool, sku in cells]


@st.composite
def networks(draw):
    document = {"version": 1, "categories": CATEGORIES, "skus": draw(skus()), "warehouses": draw(warehouses())}
    functionals = [row["code"] for place in document["warehouses"] for row in place["functional"]]
    plain = [row["code"] for row in document["skus"] if not row.get("components")]
    supplies = SUPPLIES[: draw(st.sampled_from([2, 3, 1, 4]))]
    document["shops"] = [
        {"code": code, "active": draw(mostly)} for code in SHOPS[: draw(st.sampled_from([2, 3, 4, 1]))]
    ]
    document["supplies"] = [
        {
            "code": code,
            "active": draw(mostly),
            "sources": draw(links(draw(subset(functionals, 2 if len(functionals) > 1 else 1, 3)), plain)),
        }
        for code in supplies
    ]
    document["pools"] = draw(pools(supplies, [row["code"] for row in document["shops"]]))
    document["closed_pools"] = draw(st.sampled_from([*[[]] * 5, [POOLS[0]]]))
    document["stock"] = draw(stock(functionals, plain))
    pairs = [
        (pool["code"], share["shop"], sku) for pool in document["pools"] for share in pool["shares"] for sku in plain
    ]
    document["dedicated"] = [
        {"pool": pool, "shop": shop, "sku": sku, "quantity": draw(st.integers(1, 5)), "consumed": 0}
        for pool, shop, sku in draw(subset(pairs, most=3))
    ]
    document["sales"] = [
        {"shop": shop["code"], "sku": sku, "units": draw(sold)} for shop in document["shops"] for sku in plain
    ]
    document["allocation"] = draw(decided(document)) if draw(st.booleans()) else []
    return document


def good_rows(draw, functionals):
    """One warehouse whose rows all count."""
    rows = [
        {"code": code, "status": "good", "active": True, "sellable": True, "safety_stock": draw(few)}
        for code in functionals
    ]
    return [{"code": "W0", "active": True, "functional": rows}]


def shared_pools():
    """A pool of its own for every shop, from a supply warehouse of its own."""
    share = {"ratio": 100, "holdback": 0, "cap": None, "priority": 1, "home_supply": None, "active": True}
    return [
        {
            "code": pool,
            "active": True,
            "supplies": [supply],
            "mode": "shared",
            "scarcity_at": None,
            "shares": [share | {"shop": shop}],
        }
        for pool, supply, shop in zip(POOLS, SUPPLIES, SHOPS, strict=True)
    ]


@st.composite
def overlapping(draw):
    """All alike but for which rows each shop reaches: what keeps re-seating busy."""
    functionals = FUNCTIONALS[: draw(st.sampled_from([4, 3, 5]))]
    codes = SKUS[: draw(st.sampled_from([1, 2]))]
    link = {"ratio": 100, "reserve": 0, "active": True, "overrides": []}
    chosen = [draw(subset(functionals, 1, 3)) for _ in SHOPS]
    return {
        "version": 1,
        "categories": CATEGORIES,
        "skus": [{"code": code, "category": None} for code in codes],
        "warehouses": good_rows(draw, functionals),
        "shops": [{"code": code, "active": True} for code in SHOPS],
        "supplies": [
            {"code": supply, "active": True, "sources": [link | {"functional": row, "overrides": []} for row in rows]}
            for supply, rows in zip(SUPPLIES, chosen, strict=True)
        ],
        "pools": shared_pools(),
        "closed_pools": [],
        "stock": [
            {"functional": row, "sku": sku, "on_hand": draw(st.sampled_from([1, 2, 0, 3])), "safety_stock": None}
            for row in functionals
            for sku in codes
        ],
        "dedicated": [],
    }
