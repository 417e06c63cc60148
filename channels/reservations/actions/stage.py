"""Sets the desk: resolves codes, locks the stock rows and reads all that a batch is judged by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connection

from channels.cascade.networks import LoadedNetwork, find_network, load_network_now
from channels.reservations.rules import Dedication, Job, JobLine, ReservationRequest, SkuState, View, narrow_view
from channels.reservations.selectors.judging import judge_states
from inventory.catalogue.models import BundleComponent, Sku
from inventory.ledger.actions import SeatRow, lock_sku_rows

MOST_VIEWS = 1_000
UNSET = -1

Parts = tuple[tuple[int, int], ...]
"""(SKU id, units for one) of what a line takes."""

_VIEWS: WeakKeyDictionary[LoadedNetwork, dict[frozenset[int] | None, View]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The SKUs of a batch by code: their parts, and the codes and categories of the plain ones by id."""

    parts: Mapping[str, Parts]
    codes: Mapping[int, str]
    categories: Mapping[int, int | None]


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a batch is judged by, with the stock rows locked."""

    view: View
    states: dict[int, SkuState]
    parts: Mapping[str, Parts]
    codes: Mapping[int, str]
    rows: int  # how many stock rows are locked


class CodesUnknown(Exception):
    """Some codes have no free unit here: they may be bundles, unknown, or plain SKUs without stock."""


class RowsAppeared(Exception):
    """Stock rows have come into being while others were waited for; they aren't locked, and may hold what is wanted."""


def choose_view(token: UUID | None, requests: Iterable[ReservationRequest], *, wide: bool, nested: bool) -> View:
    """The network as these requests can feel it, or all of it; loaded anew inside a caller's transaction."""
    return view_of(load_network_now() if nested else find_network(token), requests, wide=wide)


def view_of(loaded: LoadedNetwork, requests: Iterable[ReservationRequest], *, wide: bool) -> View:
    """A loaded network as these requests can feel it, or all of it."""
    views = _VIEWS.setdefault(loaded, {})
    # Other threads may add to the views, or clear them, at any line here.
    whole = views.get(None) or views.setdefault(None, whole_view(loaded))
    if wide:
        return whole
    pools = _pools_of(whole, requests)
    view = views.get(pools)
    if view is None:
        if len(views) > MOST_VIEWS:
            views.clear()
        view = views[pools] = narrow_view(whole, pools)
    return view


def check_rows(stage: Stage) -> None:
    """`RowsAppeared` unless the rows that were locked are all there are now. None of those can have gone."""
    if len(lock_sku_rows(list(stage.codes.values()), stage.view.functional_ids, lock=False)) > stage.rows:
        raise RowsAppeared


def make_jobs(view: View, parts: Mapping[str, Parts], requests: Iterable[ReservationRequest]) -> list[Job]:
    """The requests as the desk judges them: repeated SKUs summed, bundles as their parts."""
    jobs = []
    for request in requests:
        wanted: dict[str, int] = {}
        for line in request.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        lines = tuple(JobLine(sku, units, parts[sku]) for sku, units in wanted.items())
        pools = (view.pool_at[request.pool],) if request.pool else None
        jobs.append(Job(view.shop_at[request.shop], request.check, request.partial, lines, pools))
    return jobs


def list_unknown(request: ReservationRequest, resolved: Resolved) -> list[int]:
    """The lines whose SKU there isn't."""
    return [at for at, line in enumerate(request.lines) if line.sku not in resolved.parts]


def resolve_codes(codes: Collection[str]) -> Resolved:
    """What these codes stand for; unknown ones are left out."""
    storable = [code for code in codes if "\0" not in code]
    found = {pk: (code, category) for pk, code, category in _skus(code__in=storable)}
    bundles: dict[int, list[tuple[int, int]]] = {}
    components = BundleComponent.objects.filter(bundle__in=list(found)).order_by("component_id")
    for bundle, component, units in components.values_list("bundle_id", "component_id", "quantity"):
        bundles.setdefault(bundle, []).append((component, units))
    parts = {code: tuple(bundles.get(pk, [(pk, 1)])) for pk, (code, _category) in found.items()}
    plain = {pk: row for pk, row in found.items() if pk not in bundles}
    inner = {part for taken in bundles.values() for part, _units in taken} - plain.keys()
    plain |= {pk: (code, category) for pk, code, category in _skus(pk__in=inner)}
    return Resolved(
        parts=parts,
        codes={pk: code for pk, (code, _category) in plain.items()},
        categories={pk: category for pk, (_code, category) in plain.items()},
    )


def set_stage(
    view: View, codes: Collection[str], resolved: Resolved | None, *, dedicated: bool, lock: bool = True
) -> Stage:
    """Lock the stock rows of these codes in the view and read them; only read them without `lock`.

    `CodesUnknown` when some aren't found and `resolved` doesn't say what they are.
    """
    wanted = list(set(codes) if resolved is None else resolved.codes.values())
    rows = lock_sku_rows(wanted, view.functional_ids, lock=lock)
    if resolved is None:
        # A SKU with nothing free anywhere may have become a bundle since its rows were made.
        ids = {wanted[place]: sku for place, sku, *_ in rows}
        if len({row[0] for row in rows if row[4] > 0}) < len(wanted):
            raise CodesUnknown
        resolved = Resolved(
            parts={code: ((pk, 1),) for code, pk in ids.items()},
            codes={pk: code for code, pk in ids.items()},
            categories={sku: category for _, sku, category, *_ in rows},
        )
    stage = stage_rows(view, resolved, [(sku, functional, free, own) for _, sku, _, functional, free, own in rows])
    if view.rules is not None or view.by_demand:
        judge_states(view, stage.states)
    if dedicated:
        _add_dedicated(view, stage.states, lock=lock)
    return stage


def stage_rows(view: View, resolved: Resolved, rows: Sequence[SeatRow]) -> Stage:
    """The stage on rows that are locked, without any dedicated units."""
    return Stage(view, _make_states(view, resolved, rows), resolved.parts, resolved.codes, len(rows))


def _pools_of(whole: View, requests: Iterable[ReservationRequest]) -> frozenset[int]:
    found: set[int] = set()
    for request in requests:
        if not request.pool:
            found.update(whole.stands.get(whole.shop_at.get(request.shop, UNSET), ()))
        elif request.pool in whole.pool_at:
            found.add(whole.pool_at[request.pool])
    return frozenset(found)


def _skus(**wanted: object) -> list[tuple[int, str, int | None]]:
    return list(Sku.objects.filter(**wanted).values_list("pk", "code", "category_id"))


def whole_view(loaded: LoadedNetwork) -> View:
    """The view of everything."""
    supply = loaded.supply
    return View(
        network=loaded.network,
        whole=loaded.network,
        functional_ids=supply.functional_ids,
        in_whole=tuple(range(len(supply.functional_ids))),
        shop_ids=loaded.shop_ids,
        pool_ids=supply.pool_ids,
        category_ids=supply.category_ids,
        share_active=loaded.share_active,
        rules=loaded.rules,
        by_demand=loaded.by_demand,
    )


def _make_states(view: View, resolved: Resolved, rows: Sequence[SeatRow]) -> dict[int, SkuState]:
    states: dict[int, SkuState] = {}
    none = [0] * len(view.functional_ids)
    at_category = view.category_at
    categories = {
        sku: UNSET if category is None else at_category.get(category, UNSET)
        for sku, category in resolved.categories.items()
    }
    feeds = view.find_feeds(categories)
    for sku, category in categories.items():
        states[sku] = SkuState(sku, category, feeds[sku], none.copy(), view.safety.copy())
    at = view.functional_at
    for sku, functional, free, safety in rows:
        state, row = states[sku], at[functional]
        state.free[row] = free
        state.lies.add(row)
        if safety is not None:
            state.safety[row] = safety
    return states


def _add_dedicated(view: View, states: Mapping[int, SkuState], *, lock: bool) -> None:
    """Lock and read the dedicated units; those of pools and shops outside the view have no say in it."""
    pool_at = {pk: at for at, pk in enumerate(view.pool_ids)}
    shop_at = {pk: at for at, pk in enumerate(view.shop_ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, d.pool_id, d.shop_id, d.sku_id, d.quantity - d.consumed FROM channels_dedicatedunits d"
            " WHERE d.sku_id = ANY(%s) ORDER BY d.id" + (" FOR UPDATE" if lock else ""),
            [list(states)],
        )
        found = cursor.fetchall()
    for pk, pool, shop, sku, outstanding in sorted(found, key=lambda row: pool_at.get(row[1], UNSET)):
        if pool in pool_at and shop in shop_at:
            states[sku].dedicated.append(Dedication(pk, pool_at[pool], shop_at[shop], outstanding))
