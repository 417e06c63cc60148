"""The whole path of one number, put together."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from channels.cascade.models import ShopQuantity
from channels.explain.selectors.facts import Facts, listings_of, load_facts
from channels.explain.selectors.listings import listing_facts
from channels.explain.selectors.pools import pool_fact, pools_of_shop
from channels.explain.selectors.stock import stock_facts
from channels.explain.selectors.supply import link_facts, supply_facts
from channels.explain.shapes import ComponentFact, Effect, Explanation, ListingFact, SeveralFact, SkuPath
from channels.explain.words import addition
from channels.shops.models import Listing, Shop
from core.errors import NotFound
from inventory.catalogue.models import Sku
from inventory.ledger.models import WaitingSku
from inventory.supply.rules import NONE
from inventory.supply.selectors import one_snapshot


def explain_number(shop_code: str, sku_code: str, now: datetime) -> Explanation:
    """Why the shop shows the SKU's number; NotFound when there is no such shop or SKU."""
    if "\0" in shop_code + sku_code:  # PostgreSQL can't be asked for it
        raise NotFound(_("There is no such shop or SKU."))
    with one_snapshot():
        shop = Shop.objects.filter(code=shop_code).first()
        sku = Sku.objects.filter(code=sku_code).first()
        if shop is None:
            raise NotFound(_("There is no shop “%(code)s”.") % {"code": shop_code})
        if sku is None:
            raise NotFound(_("There is no SKU “%(code)s”.") % {"code": sku_code})
        return _explain(shop, sku, now)


def find_scarcest(listing: Listing, now: datetime) -> str | None:
    """The SKU that limits a listing: the code of its scarcest part, None without parts."""
    with one_snapshot():
        parts = sorted(listing.parts.select_related("sku"), key=lambda part: part.sku.code)
        if not parts:
            return None
        facts = load_facts([part.sku_id for part in parts], now)
        row = facts.loaded.shop_ids.index(listing.shop_id)
        found = min(parts, key=lambda part: facts.result.shop[row, facts.column(part.sku_id)] // part.quantity)
        return found.sku.code


def _explain(shop: Shop, sku: Sku, now: datetime) -> Explanation:
    listings = listings_of(shop.pk, sku.pk)
    wanted = {sku.pk, *(part.sku_id for listing in listings for part in listing.parts.all())}
    facts = load_facts(sorted(wanted), now)
    row = facts.loaded.shop_ids.index(shop.pk)
    path, components = _path(facts, sku, row), _components(facts, sku, row)
    stored = ShopQuantity.objects.filter(shop=shop, sku=sku).first()
    pending = WaitingSku.objects.filter(sku__in=[sku.pk, *(facts_id for facts_id, _needed in _parts(facts, sku))])
    waits, told = pending.exists(), listing_facts(facts, listings, shop)
    return Explanation(
        shop=shop.code,
        shop_name=shop.name,
        sku=sku.code,
        name=sku.name,
        quantity=path.quantity,
        stored=stored.quantity if stored else 0,
        version=stored.version if stored else 0,
        stored_at=stored.updated_at if stored else None,
        pending=waits,
        up_to_date=not waits and path.quantity == (stored.quantity if stored else 0),
        as_of=now,
        hints=_hints(path, components, shop, listed=bool(listings)),
        stock=path.stock,
        links=path.links,
        supplies=path.supplies,
        pools=path.pools,
        several=path.several,
        components=components,
        listings=told,
        strategies_matched=_matched([path, *(component.path for component in components)], told),
    )


def _matched(paths: Sequence[SkuPath], listings: Sequence[ListingFact]) -> list[str]:
    """The strategies that decide something of it, each once."""
    pools = [pool.strategy for path in paths for pool in path.pools]
    found = [*pools, *(listing.strategy for listing in listings)]
    return list(dict.fromkeys(f"{rule.code} v{rule.number}" for rule in found if rule is not None))


def _path(facts: Facts, sku: Sku, shop: int) -> SkuPath:
    pools = pools_of_shop(facts, shop)
    supplies = {index for pool in pools for index in facts.supply_network.pools.supplies[pool]}
    links = facts.supply_network.links
    reaching = {
        facts.loaded.supply.functional_ids[functional]
        for functional, supply in zip(links.functional.tolist(), links.supply.tolist(), strict=True)
        if supply in supplies
    }
    bundle = bool(_parts(facts, sku))
    return SkuPath(
        sku=sku.code,
        name=sku.name,
        stock=stock_facts(facts, sku.pk, reaching),
        links=link_facts(facts, sku.pk, supplies),
        supplies=[] if bundle else supply_facts(facts, sku.pk, supplies),
        pools=[] if bundle else [pool_fact(facts, pool, sku.pk, shop) for pool in pools],
        several=None if bundle else _several(facts, sku, shop),
        quantity=int(facts.result.shop[shop, facts.column(sku.pk)]),
    )


def _several(facts: Facts, sku: Sku, shop: int) -> SeveralFact | None:
    """The cut to distinct stock, of a shop that several pools serve."""
    column, shares = facts.column(sku.pk), facts.network.shares
    beneath = int(facts.trace.beneath[shop, column])
    if beneath == NONE:
        return None
    parts = [int(each) for each in facts.trace.quantity[(shares.shop == shop) & shares.active, column]]
    quantity, together = int(facts.result.shop[shop, column]), sum(parts)
    values = {"sum": addition(parts), "together": together, "beneath": beneath, "quantity": quantity}
    cut = quantity < together
    return SeveralFact(
        together=together,
        beneath=beneath,
        quantity=quantity,
        effect=Effect.CUT if cut else Effect.NONE,
        sentence=_("Several pools serve this shop: %(sum)s = %(together)d.") % values,
        reason=_("Only %(beneath)d distinct units lie beneath these pools, so %(quantity)d are shown.") % values
        if cut
        else "",
    )


def _parts(facts: Facts, sku: Sku) -> list[tuple[int, int]]:
    """(component id, quantity) of a bundle, nothing for other SKUs."""
    bundles = facts.network.bundles
    of = bundles.bundle_id == sku.pk
    return list(zip(bundles.component_id[of].tolist(), bundles.quantity[of].tolist(), strict=True))


def _components(facts: Facts, sku: Sku, shop: int) -> list[ComponentFact]:
    most = int(facts.result.shop[shop, facts.column(sku.pk)])
    found = []
    for component, needed in _parts(facts, sku):
        path = _path(facts, facts.skus[component], shop)
        sets = path.quantity // needed
        values = {"sku": path.sku, "quantity": path.quantity, "needed": needed, "sets": sets}
        found.append(
            ComponentFact(
                sku=path.sku,
                needed=needed,
                quantity=path.quantity,
                sets=sets,
                scarcest=sets == most,
                sentence=_("%(quantity)d of %(sku)s, %(needed)d per bundle: enough for %(sets)d.") % values,
                path=path,
            )
        )
    return found


def _hints(path: SkuPath, components: list[ComponentFact], shop: Shop, *, listed: bool) -> list[str]:
    """What is missing on the way, in words."""
    hints = []
    paths = [component.path for component in components] or [path]
    if not any(each.stock for each in paths):
        hints.append(_("This SKU has never had stock anywhere."))
    if not any(each.pools for each in paths):
        hints.append(_("No dispatch pool serves this shop. Add a share to a pool to give it stock."))
    if not shop.active:
        hints.append(_("The shop is inactive."))
    if not listed:
        hints.append(_("The shop has no listing with this SKU, so no platform shows it."))
    return hints
