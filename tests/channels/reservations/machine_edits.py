"""Changes of the network between two sales, made in the document and in the database alike."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st

from channels.models import DedicatedUnits, Share, Shop
from inventory.models import FunctionalWarehouse, LinkOverride, Pool, Supply, SupplyLink, Warehouse
from tests.channels.reservations.machine_networks import MODES, actions, few, ratios


def change_network(world, draw):
    """One change, drawn; nothing where the network has nothing of the kind."""
    kinds = [link, link, override, supply, place, functional, pool, dates, share, shop, dedicated, strategy, strategy]
    draw(st.sampled_from(kinds))(world, draw)


def store(model, row, pk, name, value):
    row[name] = value
    model.objects.filter(pk=pk).update(**{name: value})


def link(world, draw):
    supply_row = draw(st.sampled_from(world.document["supplies"]))
    row = draw(st.sampled_from(supply_row["sources"]))
    name, value = draw(
        st.one_of(
            st.just(("active", not row["active"])),
            st.tuples(st.just("ratio"), ratios),
            st.tuples(st.just("reserve"), few),
        )
    )
    store(SupplyLink, row, world.links[supply_row["code"], row["functional"]], name, value)


def override(world, draw):
    supply_row = draw(st.sampled_from(world.document["supplies"]))
    row = draw(st.sampled_from(supply_row["sources"]))
    link_id = world.links[supply_row["code"], row["functional"]]
    LinkOverride.objects.filter(link=link_id).delete()
    target = draw(st.sampled_from([{"sku": sku} for sku in world.plain] + [{"category": "all"}, {"category": "a"}]))
    row["overrides"] = draw(st.sampled_from([[], [target | {"ratio": 0}], [target | {"ratio": 50, "reserve": 1}]]))
    LinkOverride.objects.bulk_create(world.override(link_id, row) for row in row["overrides"])


def supply(world, draw):
    row = draw(st.sampled_from(world.document["supplies"]))
    store(Supply, row, world.supplies[row["code"]], "active", not row["active"])


def place(world, draw):
    row = draw(st.sampled_from(world.document["warehouses"]))
    store(Warehouse, row, world.warehouses[row["code"]], "active", not row["active"])


def functional(world, draw):
    row = draw(st.sampled_from([row for place in world.document["warehouses"] for row in place["functional"]]))
    name, value = draw(
        st.one_of(
            st.just(("active", not row["active"])),
            st.just(("sellable", not row["sellable"])),
            st.tuples(st.just("safety_stock"), few),
        )
    )
    store(FunctionalWarehouse, row, world.functionals[row["code"]], name, value)


def pool(world, draw):
    row = draw(st.sampled_from(world.document["pools"]))
    name, value = draw(
        st.one_of(
            st.just(("active", not row["active"])),
            st.tuples(st.just("mode"), st.sampled_from(MODES)),
            st.tuples(st.just("scarcity_at"), st.sampled_from([None, 0, 3])),
        )
    )
    store(Pool, row, world.pools[row["code"]], name, value)


def dates(world, draw):
    """A pool's dates begin or end."""
    code = draw(st.sampled_from([row["code"] for row in world.document["pools"]]))
    closed = set(world.document["closed_pools"]) ^ {code}
    world.document["closed_pools"] = sorted(closed)
    tomorrow = timezone.now() + timedelta(days=1) if code in closed else None
    Pool.objects.filter(code=code).update(starts_at=tomorrow, ends_at=None)


def share(world, draw):
    pool_row = draw(st.sampled_from(world.document["pools"]))
    row = draw(st.sampled_from(pool_row["shares"]))
    name, value = draw(
        st.one_of(
            st.just(("active", not row["active"])),
            st.tuples(st.just("ratio"), ratios),
            st.tuples(st.just("holdback"), few),
            st.tuples(st.just("cap"), st.sampled_from([None, 0, 2])),
            st.tuples(st.just("priority"), st.integers(1, 3)),
        )
    )
    at = Share.objects.get(pool=world.pools[pool_row["code"]], shop=world.shops[row["shop"]])
    store(Share, row, at.pk, name, value)


def shop(world, draw):
    row = draw(st.sampled_from(world.document["shops"]))
    store(Shop, row, world.shops[row["code"]], "active", not row["active"])


def strategy(world, draw):
    """A pool is decided by a strategy for a SKU, or no more."""
    rows = world.document.setdefault("allocation", [])
    cell = {
        "pool": draw(st.sampled_from([row["code"] for row in world.document["pools"]])),
        "sku": draw(st.sampled_from(world.plain)),
    }
    old = [row for row in rows if row.items() >= cell.items()]
    for row in old:
        world.retire(row)
        rows.remove(row)
    if not old:
        rows.append(cell | {"action": draw(actions([row["code"] for row in world.document["shops"]]))})
        world.publish(rows[-1])


def dedicated(world, draw):
    """More or fewer units are set aside, or none any more."""
    units = world.dedicated()
    if units:
        pk = draw(st.sampled_from(sorted(units)))
        if draw(st.integers(0, 3)) == 0:
            DedicatedUnits.objects.get(pk=pk).delete()
        else:
            more = draw(st.integers(0, 4))
            DedicatedUnits.objects.filter(pk=pk).update(quantity=units[pk]["consumed"] + more)
