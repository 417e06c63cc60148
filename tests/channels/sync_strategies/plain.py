"""What each listing should publish, worked out one listing at a time from the database: what the product must equal."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from channels.models import Listing, ShopQuantity, SyncDefaults
from strategies.models import StrategyVersion
from strategies.registry import find_fact
from strategies.rules.shapes import Conditions
from tests.strategies.plain import matches_cell

FACTS = ("shop", "channel", "sku", "price", "shop_quantity")


@dataclass(frozen=True)
class Shown:
    """A target as far as the policy says anything about it."""

    quantity: int
    wanted: int
    backed: bool
    paused: bool
    strategy_version_id: int | None


def plain_targets(before):
    """By open listing: its target, given the targets of before and what the platforms show."""
    rules = list(
        StrategyVersion.objects.filter(state="published", strategy__kind="sync").order_by("strategy__position")
    )
    defaults = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
    quantities = {(row.shop_id, row.sku_id): row.quantity for row in ShopQuantity.objects.all()}
    listings = Listing.objects.filter(active=True, paused=False, shop__active=True).select_related("shop__channel")
    return {
        listing.pk: plain_target(listing, rules, defaults, quantities, before.get(listing.pk)) for listing in listings
    }


def plain_target(listing, rules, defaults, quantities, before):
    parts = sorted(listing.parts.select_related("sku"), key=lambda part: (-part.quantity, part.sku.code))
    units = {part: quantities.get((listing.shop_id, part.sku_id), 0) for part in parts}
    rule = find_rule(listing, parts[0].sku, units[parts[0]], rules)
    action = rule.action if rule else {}
    version = rule.pk if rule else None
    if action.get("pause"):
        quantity, wanted, backed = (before.quantity, before.wanted, before.backed) if before else (0, 0, True)
        return Shown(quantity, wanted, backed, paused=True, strategy_version_id=version)
    policy = {**defaults, **listing.shop.sync, **listing.sync, **action}
    wanted = plain_number(min(units[part] // part.quantity for part in parts), policy)
    shown = max(before.published_quantity or 0, before.sent_quantity or 0) if before else 0
    held = (listing.increase_only or bool(action.get("increase_only"))) and shown > wanted
    backed = policy.get("fixed") is None
    return Shown(shown if held else wanted, wanted, backed, paused=False, strategy_version_id=version)


def find_rule(listing, sku, units, rules):
    """The first rule that matches the listing's shop and main SKU."""
    shop = listing.shop
    values = dict(zip(FACTS, (shop.code, shop.channel.code, sku.code, sku.price, units), strict=True))
    facts = {key: find_fact(key) for key in FACTS}
    found = (rule for rule in rules if matches_cell(Conditions.model_validate(rule.conditions), values, facts))
    return next(found, None)


def plain_number(units, policy):
    if policy.get("fixed") is not None:
        return policy["fixed"]
    ratio = policy.get("ratio")
    if ratio is not None:
        units = floor(units * Fraction(str(ratio)) / 100)
    units = max(0, units + (policy.get("offset") or 0))
    units = max(0, units - (policy.get("buffer") or 0))
    if units < (policy.get("min_quantity") or 0):
        units = 0
    if policy.get("max_quantity") is not None:
        units = min(units, policy["max_quantity"])
    return units - units % (policy.get("multiple") or 1)
