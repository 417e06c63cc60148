"""Sales by day, and the figures of SKUs that are made from them and from the ledger."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.shops.models import Shop
from inventory.catalogue.models import Sku


class ShopSales(models.Model):
    """Units of a SKU that a shop sold on one day; of a bundle, its components are what was sold."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="sales", verbose_name=_("shop"))
    day = models.DateField(_("day"))
    units = models.PositiveIntegerField(_("units"))
    # What a file said of a day stays, whatever the reservations of that day say.
    imported = models.BooleanField(_("imported"), default=False)

    class Meta:
        ordering = ["-day", "shop", "sku"]
        verbose_name = _("sales of a day")
        verbose_name_plural = _("sales by day")
        indexes = [models.Index(fields=["day"], name="shop_sales_by_day")]
        constraints = [models.UniqueConstraint(fields=["sku", "shop", "day"], name="shop_sales_once")]

    def __str__(self) -> str:
        return f"{self.shop_id}/{self.sku_id} {self.day}: {self.units}"


class ShopVelocity(models.Model):
    """Units of a SKU that a shop sold in the 30 days up to the last refresh; no row means none."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", verbose_name=_("shop"))
    units_30 = models.PositiveIntegerField(_("units in 30 days"))

    class Meta:
        ordering = ["sku", "shop"]
        verbose_name = _("sales of 30 days")
        verbose_name_plural = _("sales of 30 days")
        constraints = [models.UniqueConstraint(fields=["sku", "shop"], name="shop_velocity_once")]

    def __str__(self) -> str:
        return f"{self.shop_id}/{self.sku_id}: {self.units_30}"


class SkuFigures(models.Model):
    """The figures of a SKU as of the last refresh; no row means nothing sold, nothing on hand, class C."""

    class Abc(models.TextChoices):
        """How much a SKU adds to the revenue of 30 days."""

        A = "A", _("A: the first 80% of the revenue")
        B = "B", _("B: the next 15%")
        C = "C", _("C: the rest")

    sku = models.OneToOneField(Sku, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("SKU"))
    sold_7 = models.PositiveIntegerField(_("units in 7 days"), default=0)
    sold_30 = models.PositiveIntegerField(_("units in 30 days"), default=0)
    # A day instead of an age: it stays the same while nothing moves.
    stocked_on = models.DateField(_("in stock since, on average"), null=True)
    abc = models.CharField(_("ABC class"), max_length=1, choices=Abc, default=Abc.C)

    class Meta:
        ordering = ["sku"]
        verbose_name = _("figures of a SKU")
        verbose_name_plural = _("figures of SKUs")
        constraints = [models.CheckConstraint(condition=Q(abc__in=["A", "B", "C"]), name="sku_figures_abc")]

    def __str__(self) -> str:
        return str(self.sku_id)
