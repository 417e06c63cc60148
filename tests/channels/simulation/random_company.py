"""A small random company with listings and strategies, and random edits of it."""

from channels.models import Listing, Share, Shop, ShopVelocity, SyncDefaults
from channels.network.actions import load_network
from channels.simulation.rules.edits import (
    PublishVersion,
    ReorderStrategies,
    RetireStrategy,
    SetLink,
    SetPolicy,
    SetPool,
    SetShare,
)
from inventory.models import Pool, Sku, SupplyLink
from strategies.actions import create_strategy, publish_version, save_draft
from strategies.models import Strategy, StrategyVersion
from tests.channels.small_world import settle

RATIOS = ("0", "12.5", "50", "80", "100")
MODES = ("shared", "proportional", "priority", "depth", "demand")
SYNC_FIELDS = {
    "ratio": (100, 50, 12.5, 0, None),
    "offset": (3, -2, 0),
    "buffer": (0, 1, 5),
    "min_quantity": (0, 2),
    "max_quantity": (None, 3, 40),
    "multiple": (1, 2, 5),
    "fixed": (None, 0, 9),
}


SHOPS = ("X0", "X1", "X2", "X3")
CATEGORIES = (("all", None), ("a", "all"), ("b", "all"), ("aa", "a"))


def set_up(random):
    """Load a company with listings of everything and a few strategies, and compute all numbers."""
    load_network(document(random), actor="test")
    listings = list(Listing.objects.order_by("pk").values_list("pk", flat=True))
    Listing.objects.filter(pk__in=pick(random, listings)).update(increase_only=True)
    ShopVelocity.objects.bulk_create(
        ShopVelocity(shop=shop, sku=sku, units_30=random.randint(1, 90))
        for shop in Shop.objects.order_by("code")
        for sku in Sku.objects.order_by("code")
        if random.random() < 0.5
    )
    for kind in ("allocation", "sync"):
        for at in range(random.randint(1, 4)):
            strategy(random, kind, f"{kind}-{at}")
    settle()


def document(random):
    """The network: two or three warehouses, six SKUs and a bundle, four shops in one to three pools."""
    plain = [f"S{at}" for at in range(6)]
    functionals = [f"W{at}-good" for at in range(random.randint(2, 3))]
    supplies = [supply(random, f"L{at}", functionals, plain) for at in range(random.randint(1, 3))]
    codes = [each["code"] for each in supplies]
    return {
        "version": 1,
        "categories": [{"code": code, "parent": parent} for code, parent in CATEGORIES],
        "skus": [{"code": code, "category": random.choice([None, "all", "a", "aa", "b"])} for code in plain]
        + [{"code": "K0", "components": [{"sku": "S0", "quantity": 2}, {"sku": "S1", "quantity": 1}]}],
        "warehouses": [
            {"code": code[:2], "functional": [{"code": code, "status": "good", "safety_stock": random.randint(0, 2)}]}
            for code in functionals
        ],
        "supplies": supplies,
        "pools": [pool(random, f"P{at}", codes) for at in range(random.randint(1, 3))],
        "shops": [shop(random, code, [*plain, "K0"]) for code in SHOPS],
        "sync": policy(random, 0.1),
        "stock": [
            {"functional": functional, "sku": sku, "on_hand": random.choice([0, 1, 7, 60, 997, 300_000])}
            for functional in functionals
            for sku in plain
        ],
        "dedicated": [],
    }


def supply(random, code, functionals, skus):
    sources = [
        {"functional": functional, "ratio": float(random.choice(RATIOS[1:])), "reserve": random.randint(0, 3)}
        for functional in random.sample(functionals, random.randint(1, len(functionals)))
    ]
    sources[0]["overrides"] = [{"sku": random.choice(skus), "ratio": 30}, {"category": "a", "reserve": 4}]
    return {"code": code, "sources": sources}


def pool(random, code, supplies):
    return {
        "code": code,
        "supplies": random.sample(supplies, random.randint(1, len(supplies))),
        "mode": random.choice(MODES),
        "scarcity_at": random.choice([None, None, 5]),
        "shares": [
            {
                "shop": shop,
                "ratio": float(random.choice(RATIOS[1:])),
                "holdback": random.randint(0, 2),
                "cap": random.choice([None, 50]),
                "priority": random.randint(1, 3),
                "home_supply": random.choice([None, *supplies]),
            }
            for shop in random.sample(SHOPS, random.randint(2, 4))
        ],
    }


def shop(random, code, skus):
    return {
        "code": code,
        "channel": random.choice(["web", "app"]),
        "platform": "demo",
        "sync": policy(random, 0.2),
        "listings": [listing(random, f"{code}-{at}", skus) for at in range(4)],
    }


def pick(random, rows):
    return [row for row in rows if random.random() < 0.2]


def listing(random, code, codes):
    parts = random.sample(codes, random.randint(1, min(2, len(codes))))
    return {
        "code": code,
        "components": [{"sku": sku, "quantity": random.randint(1, 3)} for sku in parts],
        "sync": policy(random, 0.2),
    }


def policy(random, chance):
    return {name: random.choice(values) for name, values in SYNC_FIELDS.items() if random.random() < chance}


def strategy(random, kind, code):
    """A strategy that is a draft, in force, or in force with a draft beside."""
    made = create_strategy(
        kind=kind, code=code, name=code, conditions=conditions(random, kind), action=action(random, kind), actor="test"
    )
    if random.random() < 0.6:
        publish_version(made, actor="test")
        if random.random() < 0.5:
            save_draft(
                made.strategy,
                conditions=conditions(random, kind),
                action=action(random, kind),
                note="",
                actor="test",
            )


def conditions(random, kind):
    """Every row is about another fact, so that nothing contradicts itself."""
    found = rows(random, kind)
    random.shuffle(found)
    unless = [{"all": [found.pop()]}] if random.random() < 0.3 else []
    groups = [{"all": [found.pop() for _ in range(random.randint(1, 2))]} for _ in range(random.randint(0, 2))]
    return {"any": groups, "unless": unless}


def rows(random, kind):
    units = {"allocation": "pool_quantity", "sync": "shop_quantity"}[kind]
    places = {
        "allocation": {"fact": "pool", "op": "in", "value": ["P0"]},
        "sync": {"fact": "shop", "op": "in", "value": ["X0", "X2"]},
    }
    return [
        places[kind],
        {"fact": "category", "op": "within", "value": [random.choice(["all", "a", "aa", "b"])]},
        {"fact": "sku", "op": random.choice(["in", "not_in"]), "value": ["S0", "S1"]},
        {"fact": units, "op": random.choice(["ge", "lt"]), "value": str(random.choice([1, 5, 50, 200]))},
        {"fact": "free_stock", "op": "gt", "value": str(random.choice([0, 5, 50]))},
        {"fact": "velocity_30", "op": "lt", "value": str(random.choice([1, 2]))},
    ]


def action(random, kind):
    if kind == "sync":
        extra = random.choice([{}, {}, {"pause": "sold elsewhere"}, {"increase_only": True}])
        fields = policy(random, 0.3)
        fields.pop("max_quantity" if "multiple" in fields else "", None)
        return fields | extra
    shares = [
        {"shop": shop, "ratio": float(random.choice(RATIOS)), "priority": random.randint(1, 3)}
        for shop in random.sample(SHOPS, 2)
    ]
    return random.choice([{}, {"mode": random.choice(MODES)}, {"scarcity_at": 5}]) | {"shares": shares}


def edits(random):
    """Up to five edits of what there is; none twice of the same thing."""
    makers = [_publish, _publish, _retire, _reorder, _link, _share, _share, _pool, _policy, _policy]
    found = [maker(random) for maker in random.sample(makers, random.randint(1, 5))]
    once = {(edit.do, getattr(edit, "id", None), getattr(edit, "kind", None)): edit for edit in found if edit}
    kept = list(once.values())
    published = {
        StrategyVersion.objects.get(pk=edit.id).strategy_id for edit in kept if isinstance(edit, PublishVersion)
    }
    return [edit for edit in kept if not (isinstance(edit, RetireStrategy) and edit.id in published)]


def _one(random, rows):
    rows = list(rows.order_by("pk"))
    return random.choice(rows) if rows else None


def _publish(random):
    version = _one(random, StrategyVersion.objects.filter(state="draft"))
    return version and PublishVersion(id=version.pk)


def _retire(random):
    found = _one(random, Strategy.objects.filter(versions__state="published"))
    return found and RetireStrategy(id=found.pk)


def _reorder(random):
    kind = random.choice(["allocation", "sync"])
    order = list(Strategy.objects.filter(kind=kind).values_list("pk", flat=True))
    random.shuffle(order)
    return ReorderStrategies(kind=kind, order=order) if order else None


def _link(random):
    link = _one(random, SupplyLink.objects.all())
    return link and SetLink(id=link.pk, ratio=random.choice(RATIOS), reserve=random.randint(0, 4))


def _share(random):
    share = _one(random, Share.objects.all())
    fields = {
        "ratio": random.choice(RATIOS),
        "holdback": random.randint(0, 3),
        "cap": random.choice([None, 2, 50]),
        "priority": random.randint(1, 3),
        "active": random.random() < 0.8,
    }
    return share and SetShare(id=share.pk, **dict(random.sample(sorted(fields.items()), 2)))


def _pool(random):
    pool = _one(random, Pool.objects.all())
    fields = {"mode": random.choice(MODES), "scarcity_at": random.choice([None, 3, 99])}
    return pool and SetPool(id=pool.pk, **dict([random.choice(sorted(fields.items()))]))


def _policy(random):
    level = random.choice(["default", "shop", "listing"])
    rows = {"default": SyncDefaults, "shop": Shop, "listing": Listing}[level].objects.all()
    found = _one(random, rows)
    now = {} if found is None else found.policy if level == "default" else found.sync
    said = policy(random, 0.3) or {"buffer": 2}
    unset = [name for name in now if name not in said][:1]
    if found is None and level != "default":
        return None
    return SetPolicy(level=level, id=None if level == "default" else found.pk, policy=said, unset=unset)
