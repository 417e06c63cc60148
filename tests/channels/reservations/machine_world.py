"""A network document written into the database in a few statements, and what lies there read back."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from channels.models import Channel, DedicatedUnits, DedicatedUse, Reservation, Share, Shop, ShopVelocity
from inventory.ledger.actions import Movement, post_movements
from inventory.models import (
    BundleComponent,
    Category,
    FunctionalWarehouse,
    GoodsStatus,
    Hold,
    LinkOverride,
    Pool,
    Sku,
    StockRow,
    Supply,
    SupplyLink,
    Warehouse,
)
from strategies.actions import create_strategy, publish_version, retire_strategy
from strategies.models import Strategy
from tests.channels.reservations.oracle_requests import Judge, Seated

EMPTIED = """
TRUNCATE channels_channel, channels_shop, channels_shortage, channels_reservation,
    strategies_strategy, inventory_hold, inventory_ledgerentry, inventory_dirtysku, inventory_dirtybatch,
    inventory_stockrow,
    inventory_pool, inventory_supply, inventory_warehouse, inventory_sku, inventory_category CASCADE
"""


def empty_database():
    with connection.cursor() as cursor:
        cursor.execute(EMPTIED)


def made(model, rows):
    """Ids by code of rows that are made with their codes for names."""
    rows = list(rows)
    objects = model.objects.bulk_create(model(name=row["code"], **row) for row in rows)
    return {row["code"]: one.pk for row, one in zip(rows, objects, strict=True)}


class World:
    """The document, which is changed along with the database, and the ids behind its codes."""

    def __init__(self, document):
        self.document = document
        self.make_catalogue()
        self.make_places()
        self.make_supplies()
        self.make_pools()
        self.made = 0  # strategies
        for row in self.document.get("allocation", []):
            self.publish(row)
        ShopVelocity.objects.bulk_create(
            ShopVelocity(sku_id=self.skus[row["sku"]], shop_id=self.shops[row["shop"]], units_30=row["units"])
            for row in self.document.get("sales", [])
            if row["units"]
        )
        self.fill()

    def make_catalogue(self):
        self.categories = {}
        for row in self.document["categories"]:
            one = Category.objects.create(
                code=row["code"], name=row["code"], parent_id=self.categories.get(row["parent"])
            )
            self.categories[row["code"]] = one.pk
        rows = self.document["skus"]
        self.skus = made(
            Sku, [{"code": row["code"], "category_id": self.categories.get(row["category"])} for row in rows]
        )
        self.plain = [row["code"] for row in rows if not row.get("components")]
        BundleComponent.objects.bulk_create(
            BundleComponent(
                bundle_id=self.skus[row["code"]], component_id=self.skus[part["sku"]], quantity=part["quantity"]
            )
            for row in rows
            for part in row.get("components", [])
        )

    def make_places(self):
        good, _ = GoodsStatus.objects.get_or_create(code="good", defaults={"name": "Good", "sellable": True})
        places = self.document["warehouses"]
        self.warehouses = made(Warehouse, [{"code": row["code"], "active": row["active"]} for row in places])
        inside = [(place["code"], row) for place in places for row in place["functional"]]
        objects = FunctionalWarehouse.objects.bulk_create(
            FunctionalWarehouse(**row | {"warehouse_id": self.warehouses[place], "status": good})
            for place, row in inside
        )
        self.functionals = {one.code: one.pk for one in objects}

    def make_supplies(self):
        rows = self.document["supplies"]
        self.supplies = made(Supply, [{"code": row["code"], "active": row["active"]} for row in rows])
        links = [(row["code"], link) for row in rows for link in row["sources"]]
        objects = SupplyLink.objects.bulk_create(
            SupplyLink(
                supply_id=self.supplies[supply],
                functional_id=self.functionals[link["functional"]],
                **{name: link[name] for name in ("ratio", "reserve", "active")},
            )
            for supply, link in links
        )
        self.links = {(supply, link["functional"]): one.pk for (supply, link), one in zip(links, objects, strict=True)}
        LinkOverride.objects.bulk_create(
            self.override(one.pk, row)
            for (_, link), one in zip(links, objects, strict=True)
            for row in link["overrides"]
        )

    def override(self, link, row):
        return LinkOverride(
            link_id=link,
            sku_id=self.skus.get(row.get("sku")),
            category_id=self.categories.get(row.get("category")),
            ratio=row.get("ratio"),
            reserve=row.get("reserve"),
        )

    def make_pools(self):
        channel = Channel.objects.create(code="c", name="c")
        shops = self.document["shops"]
        self.shops = made(Shop, [row | {"channel_id": channel.pk, "platform": "demo"} for row in shops])
        rows, past = self.document["pools"], timezone.now() - timedelta(days=1)
        self.pools = made(
            Pool,
            [
                {name: row[name] for name in ("code", "active", "mode", "scarcity_at")}
                | {"ends_at": past if row["code"] in self.document["closed_pools"] else None}
                for row in rows
            ],
        )
        Pool.supplies.through.objects.bulk_create(
            Pool.supplies.through(pool_id=self.pools[row["code"]], supply_id=self.supplies[supply])
            for row in rows
            for supply in row["supplies"]
        )
        Share.objects.bulk_create(
            Share(
                pool_id=self.pools[row["code"]],
                shop_id=self.shops[share["shop"]],
                home_supply_id=self.supplies.get(share["home_supply"]),
                **{name: share[name] for name in ("ratio", "holdback", "cap", "priority", "active")},
            )
            for row in rows
            for share in row["shares"]
        )
        DedicatedUnits.objects.bulk_create(
            DedicatedUnits(
                pool_id=self.pools[row["pool"]],
                shop_id=self.shops[row["shop"]],
                sku_id=self.skus[row["sku"]],
                quantity=row["quantity"],
            )
            for row in self.document["dedicated"]
        )

    def publish(self, row):
        """A strategy for one pool and SKU."""
        self.made += 1
        asked = [
            {"fact": "pool", "op": "in", "value": [row["pool"]]},
            {"fact": "sku", "op": "in", "value": [row["sku"]]},
        ]
        version = create_strategy(
            kind="allocation",
            code=f"A{self.made}",
            name=row["pool"] + row["sku"],
            conditions={"any": [{"all": asked}]},
            action=row["action"],
            actor="t",
        )
        publish_version(version, actor="t")

    def retire(self, row):
        """The strategy for one pool and SKU decides no more."""
        for strategy in Strategy.objects.filter(name=row["pool"] + row["sku"], versions__state="published"):
            retire_strategy(strategy, actor="t")

    def fill(self):
        rows = [row for row in self.document["stock"] if row["on_hand"]]
        if rows:
            moves = [Movement(row["functional"], row["sku"], "opening", row["on_hand"]) for row in rows]
            post_movements(moves, actor="t")
        for row in rows:
            if row["safety_stock"] is not None:
                at = {"sku": self.skus[row["sku"]], "functional": self.functionals[row["functional"]]}
                StockRow.objects.filter(**at).update(safety_stock=row["safety_stock"])

    # Reading

    def names(self):
        """Codes by id: of SKUs, functional warehouses, shops and pools."""
        return [{pk: code for code, pk in ids.items()} for ids in (self.skus, self.functionals, self.shops, self.pools)]

    def holds(self):
        """Open holds by id, with codes."""
        skus, functionals, *_ = self.names()
        fields = (
            "id",
            "sku_id",
            "functional_id",
            "quantity",
            "kind",
            "source_id",
            "line",
            "provisional",
            "safety_used",
        )
        return {
            row[0]: dict(zip(fields[3:], row[3:], strict=True), sku=skus[row[1]], functional=functionals[row[2]])
            for row in Hold.objects.filter(closed_at=None).order_by("id").values_list(*fields)
        }

    def dedicated(self):
        """Dedicated units by id, with codes."""
        skus, _, shops, pools = self.names()
        fields = ("id", "pool_id", "shop_id", "sku_id", "quantity", "consumed")
        return {
            pk: {"pool": pools[pool], "shop": shops[shop], "sku": skus[sku], "quantity": quantity, "consumed": consumed}
            for pk, pool, shop, sku, quantity, consumed in DedicatedUnits.objects.order_by("id").values_list(*fields)
        }

    def uses(self):
        """[(reservation, dedicated units, quantity, whether given back)]."""
        rows = DedicatedUse.objects.order_by("id").values_list(
            "reservation_id", "dedicated_id", "quantity", "returned_at"
        )
        return [(*row[:3], row[3] is not None) for row in rows]

    def judge(self):
        """The stock as it is now, ready to judge requests."""
        skus, functionals, shops, pools = self.names()
        by_stock = {
            pk: (shops[shop], pools.get(pool, ""))
            for pk, shop, pool in Reservation.objects.filter(
                check_kind="stock", state__in=["held", "confirmed"]
            ).values_list("id", "shop_id", "pool_id")
        }
        on_hand, safety, fixed, seated = {}, {}, {}, {}
        for sku, functional, units, own in StockRow.objects.values_list(
            "sku_id", "functional_id", "on_hand", "safety_stock"
        ):
            on_hand[functionals[functional], skus[sku]] = units
            safety[functionals[functional], skus[sku]] = own
        for hold in self.holds().values():
            row, sku, units = hold["functional"], hold["sku"], hold["quantity"]
            if hold["provisional"] and hold["source_id"] in by_stock:
                one = seated.setdefault(
                    (hold["source_id"], sku), Seated(*by_stock[hold["source_id"]], sku, 0, {}, hold["source_id"])
                )
                one.units += units
                one.rows[row] = one.rows.get(row, 0) + units
            else:
                fixed[row, sku] = fixed.get((row, sku), 0) + units
        return Judge(self.document, on_hand, fixed, safety, list(self.dedicated().values()), list(seated.values()))
