"""Layer 3: what each link gives, with the ratio and reserve that counted, and the supply warehouses."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from channels.explain.selectors.facts import Facts
from channels.explain.shapes import Effect, LinkFact, SupplyFact
from channels.explain.words import addition, percent, product
from inventory.supply.models import LinkOverride
from inventory.supply.rules import FULL, NONE


def link_facts(facts: Facts, sku_id: int, supplies: Collection[int]) -> list[LinkFact]:
    """The links into these supply warehouses (indices) that begin where the SKU has a stock row."""
    links = facts.supply_network.links
    stocked = {row.functional_id for row in facts.rows.get(sku_id, [])}
    functional_ids = facts.loaded.supply.functional_ids
    return [
        _link_fact(facts, link, facts.column(sku_id))
        for link in range(len(links.ratio))
        if int(links.supply[link]) in supplies and functional_ids[links.functional[link]] in stocked
    ]


def supply_facts(facts: Facts, sku_id: int, supplies: Collection[int]) -> list[SupplyFact]:
    """These supply warehouses (indices) with their quantities."""
    return [_supply_fact(facts, index, facts.column(sku_id)) for index in sorted(supplies)]


def _link_fact(facts: Facts, link: int, column: int) -> LinkFact:
    network, settings = facts.supply_network, facts.settings
    functional, index = int(network.links.functional[link]), int(network.links.supply[link])
    supply = facts.supply(index)
    atp = int(facts.trace.supply.atp[functional, column])
    given = int(facts.trace.supply.contribution[link, column])
    ratio, reserve = int(settings.ratio[link, column]), int(settings.reserve[link, column])
    override = _override(facts, int(settings.override[link, column]))
    active = bool(network.links.active[link])
    values: dict[str, Any] = {
        "place": network.functionals.codes[functional],
        "supply": supply.code,
        "atp": atp,
        "reserve": reserve,
        "above": max(0, atp - reserve),
        "ratio": percent(ratio),
        "exact": product(max(0, atp - reserve), ratio),
        "given": given,
    }
    return LinkFact(
        link_id=facts.loaded.supply.link_ids[link],
        supply=supply.code,
        functional=values["place"],
        active=active and supply.active,
        atp=atp,
        reserve=reserve,
        reserve_from=_from(override, "reserve"),
        ratio=percent(ratio),
        ratio_from=_from(override, "ratio"),
        override=_target(override),
        contribution=given,
        effect=Effect.CUT if given < atp else Effect.NONE,
        sentence=_sentence(active and supply.active, reserve, ratio, values),
        reason=_why_off(active, supply.active, values) or (_why_cut(reserve, ratio, override) if given < atp else ""),
    )


def _sentence(on: bool, reserve: int, ratio: int, values: dict[str, Any]) -> str:  # noqa: FBT001
    if not on:
        return _("%(place)s gives %(supply)s nothing.") % values
    if not reserve and ratio == FULL:
        return _("%(place)s gives %(supply)s all of its %(atp)d.") % values
    if ratio == FULL:
        return _("%(place)s: %(atp)d − %(reserve)d reserve leaves %(given)d for %(supply)s.") % values
    if not reserve:
        return _("%(place)s: %(ratio)s%% of %(atp)d = %(exact)s, rounded down to %(given)d for %(supply)s.") % values
    return (
        _(
            "%(place)s: %(atp)d − %(reserve)d reserve leaves %(above)d; %(ratio)s%% of it = %(exact)s, "
            "rounded down to %(given)d for %(supply)s."
        )
        % values
    )


def _why_off(link: bool, supply: bool, values: dict[str, Any]) -> str:  # noqa: FBT001
    if not supply:
        return _("The supply warehouse %(supply)s is inactive.") % values
    return "" if link else _("The link is inactive.")


def _why_cut(reserve: int, ratio: int, override: LinkOverride | None) -> str:
    values = {"ratio": percent(ratio), "reserve": reserve, "of": _target(override)}
    if override is None:
        return _("The link's own settings: ratio %(ratio)s%%, reserve %(reserve)d.") % values
    if override.sku_id is not None:
        return _("The override for this SKU: ratio %(ratio)s%%, reserve %(reserve)d.") % values
    return _("The override for the category %(of)s: ratio %(ratio)s%%, reserve %(reserve)d.") % values


def _override(facts: Facts, number: int) -> LinkOverride | None:
    return None if number == NONE else facts.overrides[facts.loaded.supply.override_ids[number]]


def _from(override: LinkOverride | None, name: str) -> str:
    """Who set the field: an override leaves what it doesn't name to the link."""
    if override is None or getattr(override, name) is None:
        return "link"
    return "category" if override.sku_id is None else "sku"


def _target(override: LinkOverride | None) -> str:
    if override is None:
        return ""
    target = override.sku or override.category
    return target.code if target else ""


def _supply_fact(facts: Facts, index: int, column: int) -> SupplyFact:
    supply, quantity = facts.supply(index), int(facts.trace.supply.supply[index, column])
    links = facts.supply_network.links
    parts = [int(facts.trace.supply.contribution[link, column]) for link in (links.supply == index).nonzero()[0]]
    given = [part for part in parts if part]
    values = {"supply": supply.code, "sum": addition(given), "quantity": quantity}
    sentence = _("%(supply)s holds %(quantity)d.")
    if len(given) > 1:
        sentence = _("%(supply)s: %(sum)s = %(quantity)d.")
    return SupplyFact(
        supply_id=supply.pk,
        supply=supply.code,
        name=supply.name,
        active=supply.active,
        quantity=quantity,
        sentence=sentence % values,
        reason="" if supply.active else _("The supply warehouse %(supply)s is inactive.") % values,
    )
