"""The result of the cascade: what each shop may sell."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.shops.models import Shop
from inventory.catalogue.models import Sku


class ShopQuantity(models.Model):
    """How many units of a SKU a shop may sell; no row means none and never any."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="+", db_index=False, verbose_name=_("SKU"))
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="quantities", verbose_name=_("shop"))
    quantity = models.PositiveIntegerField(_("quantity"), default=0)
    version = models.PositiveBigIntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ["sku", "shop"]
        verbose_name = _("shop quantity")
        verbose_name_plural = _("shop quantities")
        constraints = [models.UniqueConstraint(fields=["sku", "shop"], name="shop_quantity_once")]

    def __str__(self) -> str:
        return f"{self.shop_id}/{self.sku_id}: {self.quantity}"
