"""Layer 4 up to the pool: which stock reaches a pool, each functional warehouse counted once."""

from collections.abc import Sequence
from typing import Any, cast

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels.allocation.rules import AllocationAction
from channels.allocation.words import describe_action
from channels.explain.selectors.facts import Facts
from channels.explain.selectors.shares import share_facts
from channels.explain.shapes import Effect, Part, PoolFact, PoolStrategyFact, SourceFact
from channels.explain.words import addition
from inventory.supply.models import Pool
from inventory.supply.rules import NONE


def pools_of_shop(facts: Facts, shop: int) -> list[int]:
    """The pools (indices) in which the shop (an index) has a share, active or not."""
    shares = facts.network.shares
    return sorted({int(pool) for pool, of in zip(shares.pool, shares.shop, strict=True) if of == shop})


def pool_fact(facts: Facts, pool: int, sku_id: int, shop: int) -> PoolFact:
    """One pool (an index) with its sources and what every share gets of it."""
    row = facts.pools[facts.loaded.supply.pool_ids[pool]]
    column = facts.column(sku_id)
    open_ = bool(facts.supply_network.pools.open[pool])
    sources = _sources(facts, pool, sku_id) if open_ else []
    quantity = int(facts.trace.supply.pool[pool, column])
    granted = int(facts.trace.granted[facts.network.shares.pool == pool, column].sum())
    settled = facts.settled(column)
    scarcity = int(settled.scarcity_at[pool])
    together = sum(source.together for source in sources)
    return PoolFact(
        pool_id=row.pk,
        pool=row.code,
        name=row.name,
        open=open_,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        supplies=[facts.supply(index).code for index in facts.supply_network.pools.supplies[pool]],
        sources=sources,
        quantity=quantity,
        strategy=_strategy(facts, pool, column),
        mode=settled.modes[pool].value,
        mode_name=str(Pool.Mode(settled.modes[pool].value).label),
        scarcity_at=None if scarcity == NONE else scarcity,
        scarce=scarcity != NONE and quantity <= scarcity,
        granted=granted,
        rest=quantity - granted,
        shares=share_facts(facts, pool, column, shop),
        effect=Effect.CUT if not open_ or quantity < together else Effect.NONE,
        sentence=_sentence(row.code, sources, quantity),
        reason=_why_closed(row, facts) or _why_cut(row.code, together, quantity),
    )


def _strategy(facts: Facts, pool: int, column: int) -> PoolStrategyFact | None:
    """What decides the pool's settings for the SKU, None for the pool itself."""
    winners = facts.loaded.winners
    at = int(winners.winner[pool, column])
    if at == NONE:
        return None
    rule = winners.rules.rules[at]
    kept = facts.decided.get((facts.loaded.supply.pool_ids[pool], int(facts.stock.sku_ids[column])))
    return PoolStrategyFact(
        version_id=rule.version_id,
        code=rule.code,
        name=rule.name,
        number=rule.number,
        clause=describe_action(cast("AllocationAction", rule.action)),
        since=kept.since if kept and kept.version_id == rule.version_id else None,
    )


def _sources(facts: Facts, pool: int, sku_id: int) -> list[SourceFact]:
    """The functional warehouses that hold the SKU and are linked to the pool's supply warehouses."""
    links, column = facts.supply_network.links, facts.column(sku_id)
    gathered = set(facts.supply_network.pools.supplies[pool])
    stocked = {row.functional_id for row in facts.rows.get(sku_id, [])}
    parts: dict[int, list[Part]] = {}
    for link in range(len(links.ratio)):
        functional, supply = int(links.functional[link]), int(links.supply[link])
        if supply in gathered and facts.loaded.supply.functional_ids[functional] in stocked:
            units = int(facts.trace.supply.contribution[link, column])
            parts.setdefault(functional, []).append(Part(facts.supply(supply).code, units))
    return [_source(facts, pool, functional, parts[functional], column) for functional in sorted(parts)]


def _source(facts: Facts, pool: int, functional: int, parts: Sequence[Part], column: int) -> SourceFact:
    atp = int(facts.trace.supply.atp[functional, column])
    quantity = int(facts.trace.supply.source[pool, functional, column])
    together = sum(part.quantity for part in parts)
    values: dict[str, Any] = {
        "place": facts.supply_network.functionals.codes[functional],
        "sum": addition(part.quantity for part in parts),
        "together": together,
        "quantity": quantity,
    }
    sentence = _("%(place)s brings %(quantity)d.")
    if len(parts) > 1:
        sentence = _("%(place)s arrives along several supply warehouses: %(sum)s = %(together)d.")
    cut = quantity < together
    return SourceFact(
        functional=values["place"],
        parts=list(parts),
        together=together,
        atp=atp,
        quantity=quantity,
        effect=Effect.CUT if cut else Effect.NONE,
        sentence=sentence % values,
        reason=_("Counted once: %(sum)s would be %(together)d, but only %(quantity)d exist.") % values if cut else "",
    )


def _sentence(pool: str, sources: Sequence[SourceFact], quantity: int) -> str:
    brought = [source.quantity for source in sources if source.quantity]
    values = {"pool": pool, "sum": addition(brought), "quantity": quantity}
    if len(brought) > 1:
        return _("%(pool)s: %(sum)s = %(quantity)d.") % values
    return _("%(pool)s holds %(quantity)d.") % values


def _why_closed(pool: Pool, facts: Facts) -> str:
    if not pool.active:
        return _("The pool is inactive, so it holds nothing.")
    if pool.starts_at is not None and facts.now < pool.starts_at:
        return _("The pool starts on %(date)s and holds nothing before.") % {"date": _date(pool.starts_at)}
    if pool.ends_at is not None and pool.ends_at <= facts.now:
        return _("The pool ended on %(date)s and holds nothing since.") % {"date": _date(pool.ends_at)}
    return ""


def _why_cut(pool: str, together: int, quantity: int) -> str:
    if quantity >= together:
        return ""
    values = {"pool": pool, "together": together, "quantity": quantity}
    return _("The contributions add up to %(together)d; counted once, %(quantity)d.") % values


def _date(moment: object) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")  # type: ignore[arg-type]
