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


def set_up(document, random):
    """Load the document with listings of everything and a few strategies, and compute all numbers."""
    sales = document.get("sales", [])
    document = {key: value for key, value in document.items() if key not in ("closed_pools", "sales")}
    codes = [sku["code"] for sku in document["skus"]]
    shops = [
        {**shop, "channel": random.choice(["web", "app"]), "platform": "demo", "sync": policy(random, 0.2)}
        | {"listings": [listing(random, f"{shop['code']}-{at}", codes) for at in range(random.randint(0, 4))]}
        for shop in document["shops"]
    ]
    load_network({**document, "shops": shops, "sync": policy(random, 0.1)}, actor="test")
    Listing.objects.filter(pk__in=pick(random, list(Listing.objects.values_list("pk", flat=True)))).update(
        increase_only=True
    )
    shop_ids, sku_ids = dict(Shop.objects.values_list("code", "pk")), dict(Sku.objects.values_list("code", "pk"))
    ShopVelocity.objects.bulk_create(
        ShopVelocity(shop_id=shop_ids[sold["shop"]], sku_id=sku_ids[sold["sku"]], units_30=sold["units"])
        for sold in sales
    )
    for kind in ("allocation", "sync"):
        for at in range(random.randint(0, 4)):
            strategy(random, kind, f"{kind}-{at}")
    settle()


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
    groups = [{"all": [row(random, kind) for _ in range(random.randint(1, 2))]} for _ in range(random.randint(0, 2))]
    unless = [{"all": [row(random, kind)]}] if random.random() < 0.3 else []
    return {"any": groups, "unless": unless}


def row(random, kind):
    units = {"allocation": "pool_quantity", "sync": "shop_quantity"}[kind]
    least = str(random.choice([0, 1, 5, 50, 200]))
    places = {
        "allocation": {"fact": "pool", "op": "in", "value": ["P0"]},
        "sync": {"fact": "shop", "op": "in", "value": ["X0", "X2"]},
    }
    return random.choice(
        [
            places[kind],
            {"fact": "category", "op": "within", "value": [random.choice(["all", "a", "aa", "b"])]},
            {"fact": "sku", "op": random.choice(["in", "not_in"]), "value": ["S0", "S1"]},
            {"fact": units, "op": random.choice(["ge", "lt"]), "value": least},
            {"fact": "free_stock", "op": "gt", "value": least},
            {"fact": "bundle", "op": "eq", "value": random.random() < 0.5},
        ]
    )


def action(random, kind):
    if kind == "sync":
        extra = random.choice([{}, {}, {"pause": "sold elsewhere"}, {"increase_only": True}])
        return policy(random, 0.3) | extra
    shares = [
        {"shop": shop, "ratio": float(random.choice(RATIOS)), "priority": random.randint(1, 3)}
        for shop in random.sample(["X0", "X1", "X2", "X3"], 2)
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
