"""Layer 4, the shares of a pool: what each shop gets, in the order in which they are served."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from channels.cascade.rules import Mode
from channels.explain.selectors.facts import Facts
from channels.explain.shapes import Effect, ShareFact
from channels.explain.words import percent, product
from inventory.supply.rules import NONE


def share_facts(facts: Facts, pool: int, column: int, shop: int) -> list[ShareFact]:
    """Every share of the pool (an index), those that count first, with the settings that count for the SKU."""
    shares = facts.settled(column).shares
    members = [share for share in range(len(shares.shop)) if shares.pool[share] == pool]
    order = sorted(members, key=lambda share: _rank(facts, pool, share, column))
    return [_share_fact(facts, share, order, column, shop) for share in order]


def _rank(facts: Facts, pool: int, share: int, column: int) -> tuple[bool, int, int, str]:
    shares = facts.settled(column).shares
    depth = _depth(facts, share, column) if facts.settled(column).modes[pool] == Mode.DEPTH else 0
    code = facts.settled(column).shops[shares.shop[share]]
    return not shares.active[share], -depth, int(shares.priority[share]), code


def _depth(facts: Facts, share: int, column: int) -> int:
    home = int(facts.settled(column).shares.home_supply[share])
    return 0 if home == NONE else int(facts.trace.supply.supply[home, column])


def _share_fact(facts: Facts, share: int, order: Sequence[int], column: int, own: int) -> ShareFact:
    shares, shop = facts.settled(column).shares, facts.shop(int(facts.settled(column).shares.shop[share]))
    home, cap = int(shares.home_supply[share]), int(shares.cap[share])
    values = _values(facts, share, order, column)
    active, quantity = bool(shares.active[share]), values["quantity"]
    added, cut = _added(values), _cut(values, cap)
    return ShareFact(
        share_id=facts.loaded.share_ids[share],
        shop=shop.code,
        shop_name=shop.name,
        own=int(shares.shop[share]) == own,
        active=active,
        priority=int(shares.priority[share]),
        ratio=values["ratio"],
        home_supply="" if home == NONE else facts.supply(home).code,
        dedicated=values["dedicated"],
        granted=values["granted"],
        allotted=values["allotted"],
        holdback=values["holdback"],
        cap=None if cap == NONE else cap,
        quantity=quantity,
        effect=_effect(values, added, cut, active=active),
        sentence=(_sentence(facts, share, order, column, values) if active else _("%(shop)s gets nothing.")) % values,
        reason=" ".join([*added, *cut]) % values if active else _why_off(shop.active),
    )


def _values(facts: Facts, share: int, order: Sequence[int], column: int) -> dict[str, Any]:
    shares, trace = facts.settled(column).shares, facts.trace
    pool = int(shares.pool[share])
    members = [each for each in order if shares.active[each]]
    before = members[: members.index(share)] if share in members else []
    held = int(trace.supply.pool[pool, column])
    rest = held - int(trace.granted[members, column].sum())
    home = int(shares.home_supply[share])
    return {
        "shop": facts.settled(column).shops[shares.shop[share]],
        "pool": held,
        "rest": rest,
        "ratio": percent(int(shares.ratio[share])),
        "exact": product(rest, int(shares.ratio[share])),
        "before": int(trace.allotted[before, column].sum()),
        "left": rest - int(trace.allotted[before, column].sum()),
        "together": int(trace.allotted[members, column].sum()),
        "sold": _sold(facts, int(shares.shop[share]), column),
        "sold_together": sum(
            _sold(facts, int(shares.shop[each]), column) for each in members if shares.ratio[each] > 0
        ),
        "scarcity": int(facts.settled(column).scarcity_at[pool]),
        "home": "" if home == NONE else facts.supply(home).code,
        "depth": _depth(facts, share, column),
        "dedicated": _dedicated(facts, share, column),
        "granted": int(trace.granted[share, column]),
        "allotted": int(trace.allotted[share, column]),
        "holdback": int(shares.holdback[share]),
        "cap": int(shares.cap[share]),
        "quantity": int(trace.quantity[share, column]),
    }


def _dedicated(facts: Facts, share: int, column: int) -> int:
    entries, sku = facts.settled(column).dedicated, int(facts.stock.sku_ids[column])
    return int(entries.outstanding[(entries.share == share) & (entries.sku_id == sku)].sum())


def _sold(facts: Facts, shop: int, column: int) -> int:
    entries, sku = facts.network.sales, int(facts.stock.sku_ids[column])
    return int(entries.units[(entries.shop == shop) & (entries.sku_id == sku)].sum())


def _sentence(facts: Facts, share: int, order: Sequence[int], column: int, values: dict[str, Any]) -> str:
    """How the pool's mode came to `allotted`; a pattern for `_values`."""
    shares = facts.settled(column).shares
    pool = int(shares.pool[share])
    scarcity = int(facts.settled(column).scarcity_at[pool])
    if scarcity != NONE and facts.trace.supply.pool[pool, column] <= scarcity:
        members = [each for each in order if shares.active[each]]
        first = min(
            members, key=lambda each: (int(shares.priority[each]), facts.settled(column).shops[shares.shop[each]])
        )
        if share == first:
            return _("The pool holds %(pool)d, no more than %(scarcity)d: all %(rest)d go to the first shop, %(shop)s.")
        return _("The pool holds %(pool)d, no more than %(scarcity)d: all goes to the first shop, %(shop)s gets 0.")
    mode = facts.settled(column).modes[pool]
    return _by_demand(values) if mode == Mode.DEMAND else _MODES[mode]()


def _shared() -> str:
    return _("%(shop)s sees %(ratio)s%% of %(rest)d = %(exact)s, rounded down to %(allotted)d.")


def _proportional() -> str:
    return _("The shops divide %(together)d of %(rest)d by their ratios; %(shop)s with %(ratio)s%% gets %(allotted)d.")


def _priority() -> str:
    return _(
        "Shops before %(shop)s took %(before)d, so %(left)d of %(rest)d are left; "
        "it gets at most %(ratio)s%% of %(rest)d: %(allotted)d."
    )


def _by_depth() -> str:
    return _(
        "%(shop)s's home supply holds %(depth)d. Shops with more took %(before)d, so %(left)d of %(rest)d are left; "
        "it gets at most %(ratio)s%% of %(rest)d: %(allotted)d."
    )


def _by_demand(values: dict[str, Any]) -> str:
    if not values["sold_together"]:
        return _(
            "None of the shops has sold any in 30 days, so they divide %(together)d of %(rest)d by their ratios; "
            "%(shop)s with %(ratio)s%% gets %(allotted)d."
        )
    if values["ratio"] == "0":
        return _("The ratio of %(shop)s is 0, so it gets nothing.")
    return _(
        "The shops divide %(together)d of %(rest)d by what they sold in 30 days; %(shop)s with %(sold)d of "
        "%(sold_together)d gets %(allotted)d."
    )


_MODES = {
    Mode.SHARED: _shared,
    Mode.PROPORTIONAL: _proportional,
    Mode.PRIORITY: _priority,
    Mode.DEPTH: _by_depth,
}


def _added(values: dict[str, Any]) -> list[str]:
    if not values["dedicated"]:
        return []
    if values["granted"] < values["dedicated"]:
        return [_("Of %(dedicated)d dedicated units %(granted)d are there.")]
    return [_("%(granted)d dedicated units are set aside for this shop.")]


def _cut(values: dict[str, Any], cap: int) -> list[str]:
    """Why the shop shows fewer units than it was allotted."""
    shown = values["allotted"] + values["granted"]
    cut = []
    if values["holdback"] and values["allotted"]:
        cut.append(_("%(holdback)d are held back and never shown."))
        shown = values["granted"] + max(0, values["allotted"] - values["holdback"])
    if cap != NONE and shown > cap:
        cut.append(_("The cap allows no more than %(cap)d."))
    return cut


def _effect(values: dict[str, Any], added: list[str], cut: list[str], *, active: bool) -> Effect:
    if cut or not active or values["allotted"] < values["rest"]:
        return Effect.CUT
    return Effect.ADDED if added and values["granted"] else Effect.NONE


def _why_off(shop_active: bool) -> str:  # noqa: FBT001
    return _("The share is inactive.") if shop_active else _("The shop is inactive.")
