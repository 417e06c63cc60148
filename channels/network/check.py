"""Worked cases: a document with the numbers every layer must have, computed by the code of production."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from channels.cascade.actions import recompute_dirty
from channels.cascade.models import ShopQuantity
from channels.cascade.selectors import LoadedCascade, compute_cascade, load_cascade
from channels.network.actions import load_network
from channels.network.reading import read_file
from channels.network.values import Row, Units
from channels.sync.models import ListingTarget
from core.errors import DomainError
from core.faults import describe
from inventory.catalogue.models import Sku

ACTOR = "network check"
Numbers = dict[str, int]


class Expected(Row):
    """One SKU's numbers by code; a functional warehouse that isn't named holds 0."""

    sku: str
    atp: dict[str, Units] = {}
    supply: dict[str, Units] = {}
    pool: dict[str, Units] = {}
    shop: dict[str, Units] = {}


class Published(Row):
    shop: str
    listing: str
    quantity: Units


class Case(Row):
    """A worked case; its network is checked when it is loaded."""

    name: str = ""
    network: Any
    expected: list[Expected] = []
    published: list[Published] = []


def check_file(path: Path) -> list[str]:
    """Everything in which a case differs from what is computed, as `place: what`; it must be computed in an
    empty database, and leaves it empty.
    """
    try:
        case = Case.model_validate(read_file(path))
    except ValidationError as error:
        return [f"{fault.path}: {fault.message}" for fault in describe(error)]
    except DomainError as error:
        return [error.detail]
    return check_case(case)


def check_case(case: Case) -> list[str]:
    """As `check_file`, for a case that has been read."""
    with transaction.atomic():
        try:
            load_network(case.network, actor=ACTOR)
        except DomainError as error:
            transaction.set_rollback(True)
            faults = [f"network.{fault.path}: {fault.message}" for fault in error.errors]
            return faults or [f"network: {error.detail}"]
        while recompute_dirty():
            pass
        differences = [*_compare_layers(case), *_compare_published(case)]
        transaction.set_rollback(True)
    return differences


def _compare_layers(case: Case) -> Iterator[str]:
    computed = _Layers(load_cascade())
    for at, expected in enumerate(case.expected):
        place = f"expected[{at}]"
        layers = computed.of(expected.sku)
        if layers is None:
            yield _missing(f"{place}.sku", expected.sku)
            continue
        unnamed = {code: 0 for code, units in layers["atp"].items() if units}
        yield from _compare(f"{place}.atp", unnamed | expected.atp, layers["atp"])
        for layer in ("supply", "pool", "shop"):
            yield from _compare(f"{place}.{layer}", getattr(expected, layer), layers[layer])


def _compare(place: str, expected: Numbers, computed: Numbers) -> Iterator[str]:
    for code, units in expected.items():
        if code not in computed:
            yield _missing(f"{place}.{code}", code)
        elif computed[code] != units:
            yield _different(f"{place}.{code}", units, computed[code])


def _compare_published(case: Case) -> Iterator[str]:
    targets = {
        (shop, listing): quantity
        for shop, listing, quantity in ListingTarget.objects.values_list("shop__code", "listing__code", "quantity")
    }
    for at, row in enumerate(case.published):
        place = f"published[{at}]"
        if (row.shop, row.listing) not in targets:
            yield _missing(f"{place}.listing", f"{row.shop} {row.listing}")
        elif targets[row.shop, row.listing] != row.quantity:
            yield _different(f"{place}.quantity", row.quantity, targets[row.shop, row.listing])


def _different(place: str, expected: int, computed: int) -> str:
    return _("%(place)s: %(expected)s, computed %(computed)s") % {
        "place": place,
        "expected": expected,
        "computed": computed,
    }


def _missing(place: str, code: str) -> str:
    return _("%(place)s: nothing was computed for %(code)s") % {"place": place, "code": code}


class _Layers:
    """The numbers of every layer by SKU: the upper ones from the engine's trace, the shops' as they are stored."""

    def __init__(self, loaded: LoadedCascade) -> None:
        trace = compute_cascade(loaded, trace=True).trace
        if trace is None:
            raise RuntimeError("the engine gave no trace")
        supply = loaded.network.supply
        self._arrays: Mapping[str, tuple[tuple[str, ...], np.ndarray]] = {
            "atp": (supply.functionals.codes, trace.supply.atp),
            "supply": (supply.supplies.codes, trace.supply.supply),
            "pool": (supply.pools.codes, trace.supply.pool),
        }
        self._shops = loaded.network.shops
        codes = dict(Sku.objects.values_list("id", "code"))
        self._column = {codes[sku]: at for at, sku in enumerate(loaded.stock.sku_ids.tolist())}
        self._stored: dict[str, Numbers] = {}
        for sku, shop, units in ShopQuantity.objects.values_list("sku__code", "shop__code", "quantity"):
            self._stored.setdefault(sku, {})[shop] = units

    def of(self, sku: str) -> dict[str, Numbers] | None:
        """Layer to code to units; None for a SKU that isn't there."""
        if sku not in self._column:
            return None
        at = self._column[sku]
        layers = {
            layer: dict(zip(codes, array[:, at].tolist(), strict=True))
            for layer, (codes, array) in self._arrays.items()
        }
        # No row means that the shop has none.
        layers["shop"] = dict.fromkeys(self._shops, 0) | self._stored.get(sku, {})
        return layers
