"""Random network documents: small, but with everything a network may hold."""

from hypothesis import strategies as st

ratios = st.sampled_from([0, 100, 50, 33.33, 0.01, 80, 12.5]) | st.integers(0, 10_000).map(lambda bp: bp / 100)
mostly = st.sampled_from([True, True, True, True, False])
units = st.integers(0, 12) | st.sampled_from([0, 1, 99, 100, 997, 300_000, 2**31 - 1])
few = st.integers(0, 6)
sold = st.integers(0, 6) | st.sampled_from([0, 1, 1_000, 200_000_000])
MODES = ["shared", "proportional", "priority", "depth", "demand"]
CATEGORIES = [("all", None), ("a", "all"), ("b", "all"), ("aa", "a")]


def maybe(strategy):
    return st.none() | strategy


def subset(values, least=0, most=None):
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=most)


def overrides(skus):
    targets = [{"sku": s} for s in skus] + [{"category": c} for c, _ in CATEGORIES]
    settings = st.fixed_dictionaries({}, optional={"ratio": ratios, "reserve": few})
    chosen = st.lists(st.sampled_from(range(len(targets))), unique=True, max_size=4)
    return chosen.flatmap(lambda at: st.tuples(*[settings.map(lambda s, i=i: targets[i] | s) for i in at]).map(list))


@st.composite
def supplies(draw, functionals, skus):
    return [
        {
            "code": f"L{i}",
            "active": draw(mostly),
            "sources": [
                {
                    "functional": code,
                    "ratio": draw(ratios),
                    "reserve": draw(few),
                    "active": draw(mostly),
                    "overrides": draw(overrides(skus)) if draw(st.booleans()) else [],
                }
                for code in draw(subset(functionals))
            ],
        }
        for i in range(draw(st.integers(1, 3)))
    ]


@st.composite
def pools(draw, supply_codes, shops):
    return [
        {
            "code": f"P{i}",
            "active": draw(mostly),
            "supplies": draw(subset(supply_codes, 1)),
            "mode": draw(st.sampled_from(MODES)),
            "scarcity_at": draw(maybe(units)),
            "shares": [
                {
                    "shop": shop,
                    "ratio": draw(ratios),
                    "holdback": draw(few),
                    "cap": draw(maybe(units)),
                    "priority": draw(st.integers(1, 3)),
                    "home_supply": draw(maybe(st.sampled_from(supply_codes))),
                    "active": draw(mostly),
                }
                for shop in draw(subset(shops))
            ],
        }
        for i in range(draw(st.integers(1, 3)))
    ]


@st.composite
def warehouses(draw):
    statuses = ["good", "staging", "defective"]
    return [
        {
            "code": f"W{i}",
            "active": draw(mostly),
            "functional": [
                {"code": f"W{i}-{s}", "status": s, "active": draw(mostly), "safety_stock": draw(few)}
                for s in draw(subset(statuses, 1, 2))
            ],
        }
        for i in range(draw(st.integers(1, 3)))
    ]


@st.composite
def skus(draw):
    codes = [f"S{i}" for i in range(draw(st.integers(1, 4)))]
    category = maybe(st.sampled_from([code for code, _ in CATEGORIES]))
    plain = [{"code": code, "category": draw(category)} for code in codes]
    kits = [
        {
            "code": f"K{i}",
            "category": draw(category),
            "components": [{"sku": s, "quantity": draw(st.integers(1, 3))} for s in draw(subset(codes, 1))],
        }
        for i in range(draw(st.integers(0, 2)))
    ]
    return plain + kits


@st.composite
def stock(draw, functionals, codes):
    rows = []
    for functional in functionals:
        for sku in draw(subset(codes)):
            on_hand = draw(units)
            allocated = draw(st.integers(0, min(on_hand, 5)))
            safety = draw(maybe(few))
            rows.append(
                {
                    "functional": functional,
                    "sku": sku,
                    "on_hand": on_hand,
                    "allocated": allocated,
                    "safety_stock": safety,
                }
            )
    return rows


@st.composite
def dedicated(draw, pool_rows, codes):
    rows = []
    for pool in pool_rows:
        for share in pool["shares"]:
            for sku in draw(subset(codes, most=2)):
                quantity = draw(units)
                consumed = draw(st.integers(0, min(quantity, 3)))
                rows.append(
                    {
                        "pool": pool["code"],
                        "shop": share["shop"],
                        "sku": sku,
                        "quantity": quantity,
                        "consumed": consumed,
                    }
                )
    return rows


@st.composite
def sales(draw, shops, codes):
    rows = [(shop, sku) for shop in shops for sku in codes]
    return [{"shop": shop, "sku": sku, "units": draw(sold)} for shop, sku in draw(subset(rows))]


@st.composite
def actions(draw, shops):
    """What an allocation strategy may say."""
    settings = {"ratio": ratios, "holdback": few, "cap": maybe(units), "priority": st.integers(1, 3)}
    named = draw(subset([*shops, None], 1))
    options = {"mode": maybe(st.sampled_from(MODES)), "scarcity_at": maybe(units)}
    shares = [{"shop": shop} | draw(st.fixed_dictionaries({}, optional=settings)) for shop in named]
    return draw(st.fixed_dictionaries({}, optional=options)) | {"shares": [share for share in shares if len(share) > 1]}


@st.composite
def decided(draw, network_strategy):
    """A network some of whose pools are decided by strategies for some SKUs."""
    document = draw(network_strategy)
    some = draw(st.lists(actions([shop["code"] for shop in document["shops"]]), min_size=1, max_size=3))
    plain = [s["code"] for s in document["skus"] if not s.get("components")]
    cells = [(pool["code"], sku) for pool in document["pools"] for sku in plain]
    document["allocation"] = [
        {"pool": pool, "sku": sku, "action": draw(st.sampled_from(some))}
        for pool, sku in draw(subset(cells, min(len(cells), 3)))
    ]
    return document


@st.composite
def networks(draw):
    document = {
        "version": 1,
        "categories": [{"code": code, "parent": parent} for code, parent in CATEGORIES],
        "skus": draw(skus()),
        "warehouses": draw(warehouses()),
        # Codes against the order of the list, so that ties by code show.
        "shops": [{"code": code} for code in ("X3", "X1", "X2", "X0")],
    }
    functionals = [f["code"] for w in document["warehouses"] for f in w["functional"]]
    plain = [s["code"] for s in document["skus"] if not s.get("components")]
    document["supplies"] = draw(supplies(functionals, plain))
    document["pools"] = draw(pools([s["code"] for s in document["supplies"]], [s["code"] for s in document["shops"]]))
    document["closed_pools"] = draw(subset([p["code"] for p in document["pools"]])) if draw(st.booleans()) else []
    document["stock"] = draw(stock(functionals, plain))
    document["dedicated"] = draw(dedicated(document["pools"], plain))
    document["sales"] = draw(sales([s["code"] for s in document["shops"]], plain)) if draw(st.booleans()) else []
    return document
