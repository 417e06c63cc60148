"""Warehouses, functional warehouses and who works there."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.catalogue.models import Region


class Warehouse(models.Model):
    """A place that holds goods."""

    class Kind(models.TextChoices):
        """What sort of place a warehouse is."""

        DC = "dc", _("Distribution centre")
        STORE = "store", _("Store")
        DEALER = "dealer", _("Dealer")
        FORWARD = "forward", _("Forward warehouse")
        THIRD_PARTY = "third_party", _("Third party")

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.DC)
    active = models.BooleanField(_("active"), default=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, verbose_name=_("region"))
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    ships = models.BooleanField(_("ships orders"), default=True)
    pickup = models.BooleanField(_("offers pickup"), default=False)
    daily_capacity = models.PositiveIntegerField(_("orders per day"), null=True, blank=True)
    cutoff = models.TimeField(_("cut-off time"), null=True, blank=True)
    handling_fee = models.DecimalField(_("handling fee"), max_digits=10, decimal_places=2, default=0)

    class Meta:
        ordering = ["code"]
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        constraints = [
            models.CheckConstraint(condition=Q(handling_fee__gte=0), name="warehouse_handling_fee_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class GoodsStatus(models.Model):
    """The condition goods are in, which decides whether they may be sold."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=100)
    sellable = models.BooleanField(
        _("sellable by default"), default=False, help_text=_("Used when a functional warehouse is added.")
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("goods status")
        verbose_name_plural = _("goods statuses")

    def __str__(self) -> str:
        return str(_(self.name))


class FunctionalWarehouse(models.Model):
    """The part of a warehouse that holds goods of one status."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="functional", verbose_name=_("warehouse"))
    status = models.ForeignKey(GoodsStatus, models.PROTECT, verbose_name=_("status"))
    sellable = models.BooleanField(_("sellable"), default=True)
    active = models.BooleanField(_("active"), default=True)
    safety_stock = models.PositiveIntegerField(
        _("safety stock"),
        default=0,
        help_text=_("Units of each SKU that are never offered; a stock row may set its own."),
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("functional warehouse")
        verbose_name_plural = _("functional warehouses")

    def __str__(self) -> str:
        return self.code


class WarehouseStaff(models.Model):
    """A user who works at a warehouse; a user with any such row sees those warehouses alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="workplaces", verbose_name=_("user")
    )
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="staff", verbose_name=_("warehouse"))

    class Meta:
        ordering = ["warehouse", "user"]
        verbose_name = _("warehouse staff")
        verbose_name_plural = _("warehouse staff")
        constraints = [models.UniqueConstraint(fields=["user", "warehouse"], name="warehouse_staff_once")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.warehouse_id}"
