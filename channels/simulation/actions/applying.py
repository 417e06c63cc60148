"""Carries out edits: each through the verb that makes the same change for real."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from channels.shops.actions import ABSENT, mark_shops, mark_sync_defaults, save_listings, save_shares
from channels.shops.models import Listing, Share, Shop
from channels.simulation.rules.edits import (
    AnyEdit,
    PublishVersion,
    ReorderStrategies,
    RetireStrategy,
    SetLink,
    SetPolicy,
    SetPool,
    SetShare,
)
from channels.sync.models import SyncDefaults
from channels.sync.rules import merge_policy
from core.errors import FieldError, InvalidInput, NotFound
from inventory.supply.actions import mark_pools, save_links
from inventory.supply.models import Pool, Supply, SupplyLink
from strategies.actions import publish_version, reorder, retire_strategy
from strategies.models import Strategy, StrategyVersion

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def apply_edits(edits: Sequence[AnyEdit], *, actor: str, done: Callable[[], object] = int) -> None:
    """Make all these edits, in order. NotFound and InvalidInput name the edit that can't be made."""
    for (do, _fields), alike in groupby(edits, _kind):
        batch = list(alike)
        _APPLY[do](batch, actor)
        for _edit in batch:
            done()


def _kind(edit: AnyEdit) -> tuple[str, frozenset[str]]:
    """What edits one call of a verb takes: those that do the same with the same fields."""
    return edit.do, frozenset(edit.given())


def _publish(edits: Sequence[PublishVersion], actor: str) -> None:
    for edit in edits:
        publish_version(_read(StrategyVersion, edit.id), actor=actor)


def _retire(edits: Sequence[RetireStrategy], actor: str) -> None:
    for edit in edits:
        retire_strategy(_read(Strategy, edit.id), actor=actor)


def _reorder(edits: Sequence[ReorderStrategies], actor: str) -> None:
    for edit in edits:
        reorder(edit.kind, edit.order, actor=actor)


def _set_links(edits: Sequence[SetLink], actor: str) -> None:
    save_links([_link_row(edit) for edit in edits], actor=actor)


def _link_row(edit: SetLink) -> dict[str, Any]:
    link = _find(SupplyLink, edit.id)
    return {"id": link.pk, "supply_id": link.supply_id, "functional_id": link.functional_id, **edit.given()}


def _set_shares(edits: Sequence[SetShare], actor: str) -> None:
    save_shares([_share_row(edit) for edit in edits], actor=actor)


def _share_row(edit: SetShare) -> dict[str, Any]:
    share = _find(Share, edit.id)
    fields = edit.given()
    if "home_supply" in fields:
        home = fields.pop("home_supply")
        fields["home_supply_id"] = None if home is None else _find(Supply, home).pk
    return {"id": share.pk, "pool_id": share.pool_id, "shop_id": share.shop_id, **fields}


def _set_pools(edits: Sequence[SetPool], actor: str) -> None:
    for edit in edits:
        pool = _find(Pool, edit.id)
        Pool.objects.filter(pk=pool.pk).update(**edit.given())
    mark_pools([edit.id for edit in edits])


def _set_policies(edits: Sequence[SetPolicy], actor: str) -> None:
    for edit in edits:
        _set_policy(edit, actor)


def _set_policy(edit: SetPolicy, actor: str) -> None:
    _check_policy(edit.policy)
    if edit.level == "default":
        defaults, _created = SyncDefaults.objects.select_for_update().get_or_create(pk=1)
        SyncDefaults.objects.filter(pk=1).update(policy=_laid_over(defaults.policy, edit))
        mark_sync_defaults()
    elif edit.level == "shop":
        shop = _find(Shop, edit.id)
        Shop.objects.filter(pk=shop.pk).update(sync=_laid_over(shop.sync, edit))
        mark_shops([shop.pk])
    else:
        listing = _find(Listing, edit.id)
        changes = {**edit.policy, **dict.fromkeys(edit.unset, ABSENT)}
        keys = {"id": listing.pk, "shop_id": listing.shop_id, "code": listing.code}
        save_listings([{**keys, "sync": changes}], actor=actor)


def _check_policy(policy: Mapping[str, Any]) -> None:
    try:
        merge_policy(policy)
    except (ValueError, ArithmeticError) as error:
        raise InvalidInput(str(error), [FieldError("policy", str(error))]) from error


def _laid_over(policy: Mapping[str, Any], edit: SetPolicy) -> dict[str, Any]:
    return {name: value for name, value in {**policy, **edit.policy}.items() if name not in edit.unset}


def _find(model: type[Row], pk: int | None) -> Row:
    """The row, locked until the transaction ends."""
    return _read(model, pk, lock=True)


def _read(model: type[Row], pk: int | None, *, lock: bool = False) -> Row:
    """The row; strategies and versions are locked by their own verbs, in their own order."""
    rows = model._default_manager.all()  # noqa: SLF001 — public for all but its name
    found = (rows.select_for_update() if lock else rows).filter(pk=pk).first()
    if found is None:
        texts = {"what": model._meta.verbose_name, "id": pk}  # noqa: SLF001
        raise NotFound(_("An edit is about a %(what)s that isn't there any more (%(id)s).") % texts)
    return found


_APPLY: dict[str, Callable[[Any, str], None]] = {
    "publish_version": _publish,
    "retire_strategy": _retire,
    "reorder_strategies": _reorder,
    "set_link": _set_links,
    "set_share": _set_shares,
    "set_pool": _set_pools,
    "set_policy": _set_policies,
}
