"""Supply warehouses, links, overrides and dispatch pools."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.catalogue.models import Category, Sku
from inventory.warehouses.models import FunctionalWarehouse

RATIO_RANGE = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


class Supply(models.Model):
    """A supply warehouse: stock gathered from functional warehouses at ratios."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("supply warehouse")
        verbose_name_plural = _("supply warehouses")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SupplyLink(models.Model):
    """How much of a functional warehouse feeds a supply warehouse."""

    supply = models.ForeignKey(Supply, models.CASCADE, related_name="links", verbose_name=_("supply warehouse"))
    functional = models.ForeignKey(
        FunctionalWarehouse, models.PROTECT, related_name="links", verbose_name=_("functional warehouse")
    )
    ratio = models.DecimalField(
        _("ratio (%)"),
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=RATIO_RANGE,
        help_text=_("Percentage of what is available; the result is rounded down."),
    )
    reserve = models.PositiveIntegerField(_("reserve"), default=0, help_text=_("Units held back before the ratio."))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["supply", "functional"]
        verbose_name = _("supply link")
        verbose_name_plural = _("supply links")
        constraints = [
            models.UniqueConstraint(fields=["supply", "functional"], name="supply_link_once"),
            models.CheckConstraint(condition=Q(ratio__gte=0, ratio__lte=100), name="supply_link_ratio_range"),
        ]

    def __str__(self) -> str:
        return f"{self.functional} → {self.supply.code} {self.ratio}%"


class LinkOverride(models.Model):
    """Another ratio or reserve for a SKU or for a category; an empty field leaves the link's own value."""

    link = models.ForeignKey(SupplyLink, models.CASCADE, related_name="overrides", verbose_name=_("supply link"))
    sku = models.ForeignKey(Sku, models.CASCADE, null=True, blank=True, verbose_name=_("SKU"))
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True, verbose_name=_("category"))
    ratio = models.DecimalField(
        _("ratio (%)"), max_digits=5, decimal_places=2, null=True, blank=True, validators=RATIO_RANGE
    )
    reserve = models.PositiveIntegerField(_("reserve"), null=True, blank=True)

    class Meta:
        ordering = ["link", "category", "sku"]
        verbose_name = _("link override")
        verbose_name_plural = _("link overrides")
        constraints = [
            models.CheckConstraint(
                condition=Q(sku__isnull=False, category=None) | Q(sku=None, category__isnull=False),
                name="link_override_sku_or_category",
                violation_error_message=_("Choose either a SKU or a category."),
            ),
            models.UniqueConstraint(
                fields=["link", "sku"], name="link_override_sku_once", condition=Q(sku__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["link", "category"], name="link_override_category_once", condition=Q(category__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(ratio=None) | Q(ratio__gte=0, ratio__lte=100), name="link_override_ratio_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.sku_id or self.category_id}"


class Pool(models.Model):
    """A dispatch pool: supply warehouses gathered for a business line and shared among shops."""

    class Mode(models.TextChoices):
        """How a pool is divided among its shops."""

        SHARED = "shared", _("Shared: each shop sees its ratio by itself")
        PROPORTIONAL = "proportional", _("Proportional: split by the ratios")
        PRIORITY = "priority", _("Channel first: by priority, one after another")
        DEPTH = "depth", _("Stock depth first: by home supply, one after another")
        DEMAND = "demand", _("Demand: split by what the shops sell, so that all last as long")

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    business_line = models.CharField(_("business line"), max_length=64, default="online")
    active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    supplies = models.ManyToManyField(Supply, blank=True, related_name="pools", verbose_name=_("supply warehouses"))
    mode = models.CharField(_("mode"), max_length=16, choices=Mode, default=Mode.SHARED)
    scarcity_at = models.PositiveIntegerField(
        _("scarce at"),
        null=True,
        blank=True,
        help_text=_("When the pool holds this many units or fewer, the first shop gets them all."),
    )
    # What the dates said when the pool's SKUs were last marked; the sweep compares it with the clock.
    window_open = models.BooleanField(default=True, editable=False)

    class Meta:
        ordering = ["code"]
        verbose_name = _("dispatch pool")
        verbose_name_plural = _("dispatch pools")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(starts_at__lt=F("ends_at")),
                name="pool_dates_in_order",
                violation_error_message=_("The pool must start before it ends."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class NetworkVersion(models.Model):
    """A token that is new whenever a committed change of the network could change a number.

    Triggers set it at the end of every transaction that touches the network's tables, however it is written, so a
    process may keep the network it has loaded for as long as the token stays the same. There is one row.
    """

    token = models.UUIDField()

    class Meta:
        verbose_name = _("version of the network")
        verbose_name_plural = _("version of the network")

    def __str__(self) -> str:
        return str(self.token)
