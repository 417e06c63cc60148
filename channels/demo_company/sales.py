"""What Linden has promised at first sight: carts, sales of marketplaces, and orders that no stock can serve."""

import random
from collections import defaultdict
from collections.abc import Mapping

from channels.models import Shortage
from channels.reservations.actions import reserve
from channels.reservations.actions.shortages import await_transfer, backorder_shortages
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from channels.reservations.selectors.ways_out import find_places

CALLER = "demo"
MINUTE = 60
CARTS = [("MALL", 30), ("TMALL", 45), ("DOUYIN", 90), ("MALL", 240), ("JD", 600), ("TMALL", 1440)]
SOLD = ["TMALL", "JD", "DOUYIN", "TMALL", "PDD", "RED"]
OVERSOLD = ["JD", "DOUYIN", "PDD"]  # they draw on the online pool alone

Stock = Mapping[tuple[str, str], int]
"""Units on hand by (functional warehouse, SKU)."""


def sell(stock: Stock, chance: random.Random, *, actor: str) -> None:
    """Reserve what carts hold and marketplaces have sold, and leave three shortages: to decide, waiting, on its way.

    The keys are the same every time, so a second run reserves nothing more.
    """
    plenty = sorted(sku for (place, sku), units in stock.items() if place == "DC-SH-GOOD" and units > 40)
    requests = [_cart(number, plenty, chance, actor) for number in range(len(CARTS))]
    requests += [_sale(number, plenty, chance, actor) for number in range(len(SOLD))]
    requests += _oversold(stock, actor)
    for result in reserve(requests)[: -len(OVERSOLD)]:
        if result.error is not None:
            raise result.error
    _decide(actor)


def _cart(number: int, skus: list[str], chance: random.Random, actor: str) -> ReservationRequest:
    shop, minutes = CARTS[number]
    lines = tuple(LineRequest(sku, chance.randint(1, 2)) for sku in chance.sample(skus, 2))
    return ReservationRequest(
        caller=CALLER,
        key=f"cart-{number + 1}",
        shop=shop,
        lines=lines,
        partial=True,  # how much a shop has of what was picked at random doesn't matter here
        expires_in=minutes * MINUTE,
        reference=f"CART-{5100 + number}",
        reason="购物车结算 Checkout",
        actor=actor,
    )


def _sale(number: int, skus: list[str], chance: random.Random, actor: str) -> ReservationRequest:
    shop = SOLD[number]
    return _sold(
        f"sale-{number + 1}", shop, LineRequest(chance.choice(skus), chance.randint(1, 3)), 7300 + number, actor
    )


def _oversold(stock: Stock, actor: str) -> list[ReservationRequest]:
    """One unit more than lies beneath the online pool, of SKUs that the stores could still bring."""
    online: defaultdict[str, int] = defaultdict(int)
    stores: defaultdict[str, int] = defaultdict(int)
    for (place, sku), units in stock.items():
        if place.endswith("-GOOD"):
            found = stores if place.startswith("ST-") else online
            found[sku] += units
    scarce = sorted((units, sku) for sku, units in online.items() if units and stores[sku] > units + 1)
    return [
        _sold(f"short-{number + 1}", shop, LineRequest(sku, units + 1), 7400 + number, actor)
        for number, (shop, (units, sku)) in enumerate(zip(OVERSOLD, scarce, strict=False))
    ]


def _sold(key: str, shop: str, line: LineRequest, order: int, actor: str) -> ReservationRequest:
    reference = f"{shop}-{order}"
    return ReservationRequest(CALLER, key, shop, (line,), Basis.STOCK, reference=reference, actor=actor)


def _decide(actor: str) -> None:
    """The first is left to whoever looks; a decision made before stays."""
    undecided = Shortage.objects.filter(caller=CALLER, state=Shortage.State.OPEN)
    for shortage in undecided.filter(key="short-2"):
        backorder_shortages([shortage.pk], actor=actor)
    for shortage in undecided.filter(key="short-3"):
        await_transfer(shortage.pk, find_places(shortage)[0].code, actor=actor)
