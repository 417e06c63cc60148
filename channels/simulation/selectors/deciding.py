"""Which strategies decide a SKU in a shop, now or at a moment in the past, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from channels.allocation.rules import ALLOCATION
from channels.decisions.models import Decision
from channels.shops.models import Listing, Shop
from channels.sync.rules import SYNC, WHOLE
from channels.sync.selectors import main_part
from inventory.catalogue.models import BundleComponent, Sku
from inventory.supply.models import Pool
from strategies.registry import find_kind
from strategies.selectors import Considered, explain_cell


@dataclass(frozen=True, slots=True)
class CellDecision:
    """One place where strategies of a kind decide: what each says, and which version was recorded as the one."""

    kind: str
    label: str
    place_label: str
    place: str
    name: str
    considered: Sequence[Considered]
    winner: Considered | None
    recorded: Decision | None  # what decided then, as it was written down
    bundle: bool  # what is decided about a bundle is decided about its components

    @property
    def differs(self) -> bool:
        """Whether the facts of now would decide otherwise than it was decided then."""
        return self.recorded is not None and (
            self.winner is None or self.winner.rule.version_id != self.recorded.version_id
        )


def find_decisions(sku: Sku, shop: Shop, at: datetime | None, pool: str = "") -> list[CellDecision]:
    """Allocation in each pool that serves the shop (or in the one of this code), then sync. None for now."""
    serving = Pool.objects.filter(shares__shop=shop, shares__active=True)
    pools = Pool.objects.filter(code=pool) if pool else serving.distinct().order_by("code")
    bundle = BundleComponent.objects.filter(bundle=sku).exists()
    places = [(ALLOCATION, each.pk, each.code, each.name) for each in pools]
    places.append((SYNC, shop.pk, shop.code, shop.name))
    return [_decide(*place, sku=sku, at=at, bundle=bundle and place[0] == ALLOCATION) for place in places]


def _decide(
    kind: str, place_id: int, code: str, name: str, *, sku: Sku, at: datetime | None, bundle: bool
) -> CellDecision:
    considered = [] if bundle else explain_cell(kind, code, sku.pk, at)
    registered = find_kind(kind)
    return CellDecision(
        kind=kind,
        label=str(registered.label),
        place_label=str(registered.place_label),
        place=code,
        name=name,
        considered=considered,
        winner=next((each for each in considered if each.decides), None),
        recorded=_find_record(kind, place_id, sku, at or timezone.now()),
        bundle=bundle,
    )


def _find_record(kind: str, place_id: int, sku: Sku, at: datetime) -> Decision | None:
    """What was written down for the cell; of several listings that it judges, what was written down last."""
    if kind == SYNC:
        cells = Q(place_id__in=_find_judged(place_id, sku), sku_id=WHOLE)
    else:
        cells = Q(place_id=place_id, sku_id=sku.pk)
    rows = Decision.objects.filter(cells, Q(until=None) | Q(until__gt=at), kind=kind, since__lte=at)
    return rows.select_related("version__strategy").order_by("-since", "-pk").first()


def _find_judged(shop_id: int, sku: Sku) -> list[int]:
    """Ids of the listings of the shop that strategies judge by this SKU."""
    listings = Listing.objects.filter(shop=shop_id, parts__sku=sku).distinct().prefetch_related("parts__sku")
    mains = ((listing.pk, main_part(listing.parts.all())) for listing in listings)
    return [pk for pk, part in mains if part is not None and part.sku_id == sku.pk]
