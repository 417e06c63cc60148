"""Factories: valid objects with readable codes; stock comes in through the verbs, never through a factory."""

from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from channels.models import Channel, DedicatedUnits, Listing, ListingPart, Share, Shop
from inventory.models import (
    Brand,
    BundleComponent,
    Category,
    FunctionalWarehouse,
    GoodsStatus,
    LinkOverride,
    Pool,
    Sku,
    Supply,
    SupplyLink,
    Warehouse,
)


class BrandFactory(DjangoModelFactory):
    class Meta:
        model = Brand

    code = factory.Sequence("brand-{}".format)
    name = factory.SelfAttribute("code")


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    code = factory.Sequence("category-{}".format)
    name = factory.SelfAttribute("code")
    parent = None


class SkuFactory(DjangoModelFactory):
    class Meta:
        model = Sku

    code = factory.Sequence("SKU-{:04d}".format)
    name = factory.LazyAttribute(lambda sku: f"Item {sku.code}")
    price = Decimal("99.00")


class BundleComponentFactory(DjangoModelFactory):
    class Meta:
        model = BundleComponent

    bundle = factory.SubFactory(SkuFactory)
    component = factory.SubFactory(SkuFactory)
    quantity = 1


class WarehouseFactory(DjangoModelFactory):
    class Meta:
        model = Warehouse

    code = factory.Sequence("W{}".format)
    name = factory.LazyAttribute(lambda warehouse: f"Warehouse {warehouse.code}")
    kind = Warehouse.Kind.DC


class GoodsStatusFactory(DjangoModelFactory):
    class Meta:
        model = GoodsStatus
        django_get_or_create = ("code",)

    code = "good"
    name = factory.LazyAttribute(lambda status: status.code.capitalize())
    sellable = factory.LazyAttribute(lambda status: status.code in ("good", "staging"))


class FunctionalWarehouseFactory(DjangoModelFactory):
    class Meta:
        model = FunctionalWarehouse

    warehouse = factory.SubFactory(WarehouseFactory)
    status = factory.SubFactory(GoodsStatusFactory)
    code = factory.LazyAttribute(lambda functional: f"{functional.warehouse.code}-{functional.status.code.upper()}")
    sellable = factory.SelfAttribute("status.sellable")


class SupplyFactory(DjangoModelFactory):
    class Meta:
        model = Supply

    code = factory.Sequence("SUPPLY-{}".format)
    name = factory.SelfAttribute("code")


class SupplyLinkFactory(DjangoModelFactory):
    class Meta:
        model = SupplyLink

    supply = factory.SubFactory(SupplyFactory)
    functional = factory.SubFactory(FunctionalWarehouseFactory)
    ratio = Decimal(100)


class LinkOverrideFactory(DjangoModelFactory):
    class Meta:
        model = LinkOverride

    link = factory.SubFactory(SupplyLinkFactory)


class PoolFactory(DjangoModelFactory):
    class Meta:
        model = Pool
        skip_postgeneration_save = True

    code = factory.Sequence("POOL-{}".format)
    name = factory.SelfAttribute("code")
    mode = Pool.Mode.SHARED

    @factory.post_generation
    def supplies(self, create, extracted, **kwargs):
        if create and extracted:
            self.supplies.set(extracted)


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel

    code = factory.Sequence("channel-{}".format)
    name = factory.SelfAttribute("code")


class ShopFactory(DjangoModelFactory):
    class Meta:
        model = Shop

    code = factory.Sequence("SHOP-{}".format)
    name = factory.SelfAttribute("code")
    channel = factory.SubFactory(ChannelFactory)
    platform = "demo"


class ShareFactory(DjangoModelFactory):
    class Meta:
        model = Share

    pool = factory.SubFactory(PoolFactory)
    shop = factory.SubFactory(ShopFactory)
    ratio = Decimal(100)


class DedicatedUnitsFactory(DjangoModelFactory):
    class Meta:
        model = DedicatedUnits

    pool = factory.SubFactory(PoolFactory)
    shop = factory.SubFactory(ShopFactory)
    sku = factory.SubFactory(SkuFactory)
    quantity = 10


class ListingFactory(DjangoModelFactory):
    class Meta:
        model = Listing

    shop = factory.SubFactory(ShopFactory)
    code = factory.Sequence("item-{}".format)


class ListingPartFactory(DjangoModelFactory):
    class Meta:
        model = ListingPart

    listing = factory.SubFactory(ListingFactory)
    sku = factory.SubFactory(SkuFactory)
    quantity = 1
