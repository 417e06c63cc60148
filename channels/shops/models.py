"""Channels, shops, shares, dedicated units and listings."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.catalogue.models import Sku
from inventory.supply.models import RATIO_RANGE, Pool, Supply


class Channel(models.Model):
    """A way to the market, such as Tmall, an own mall or the dealers."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        ordering = ["code"]
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.name


class Shop(models.Model):
    """A shop on a channel, connected to a platform."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="shops", verbose_name=_("channel"))
    platform = models.CharField(_("platform"), max_length=32)
    active = models.BooleanField(_("active"), default=True)
    # Fields of the sync policy this shop sets; a field that is present counts even when it is null.
    sync = models.JSONField(_("sync policy"), default=dict, blank=True)
    config = models.JSONField(_("platform settings"), default=dict, blank=True)
    credentials = models.TextField(_("credentials"), blank=True, editable=False)
    # The publisher's lease: one push at a time per shop, and none before a throttled platform allows it.
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    push_after = models.DateTimeField(null=True, editable=False)
    push_problem = models.CharField(_("publishing problem"), max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["code"]
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Share(models.Model):
    """What a shop may see of a pool."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="shares", verbose_name=_("dispatch pool"))
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="shares", verbose_name=_("shop"))
    ratio = models.DecimalField(_("ratio (%)"), max_digits=5, decimal_places=2, default=100, validators=RATIO_RANGE)
    holdback = models.PositiveIntegerField(_("holdback"), default=0, help_text=_("Units this shop never shows."))
    cap = models.PositiveIntegerField(_("cap"), null=True, blank=True)
    priority = models.PositiveIntegerField(_("priority"), default=1, help_text=_("1 is first; ties go by shop code."))
    home_supply = models.ForeignKey(
        Supply, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("home supply")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["pool", "priority", "shop__code"]
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(fields=["pool", "shop"], name="share_once"),
            models.CheckConstraint(condition=Q(ratio__gte=0, ratio__lte=100), name="share_ratio_range"),
        ]

    def __str__(self) -> str:
        return f"{self.pool.code} → {self.shop.code} {self.ratio}%"


class DedicatedUnits(models.Model):
    """Units of a SKU set aside for one shop of a pool; a sale consumes them first."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="dedicated", verbose_name=_("dispatch pool"))
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="dedicated", verbose_name=_("shop"))
    sku = models.ForeignKey(Sku, models.CASCADE, related_name="dedicated", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("quantity"))
    consumed = models.PositiveIntegerField(_("consumed"), default=0)

    class Meta:
        ordering = ["pool", "shop", "sku"]
        verbose_name = _("dedicated units")
        verbose_name_plural = _("dedicated units")
        constraints = [
            models.UniqueConstraint(fields=["pool", "shop", "sku"], name="dedicated_once"),
            models.CheckConstraint(
                condition=Q(consumed__lte=F("quantity")),
                name="dedicated_consumed_within_quantity",
                violation_error_message=_("More units are consumed than were dedicated."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id}/{self.shop_id}/{self.sku_id}: {self.quantity}"


class Listing(models.Model):
    """An item on a platform, tied to one or more SKUs."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="listings", verbose_name=_("shop"))
    code = models.CharField(_("platform item"), max_length=128)
    title = models.CharField(_("title"), max_length=200, blank=True)
    active = models.BooleanField(_("active"), default=True)
    paused = models.BooleanField(
        _("paused"), default=False, help_text=_("Nothing is sent; the platform keeps its number.")
    )
    pause_reason = models.CharField(_("reason for the pause"), max_length=200, blank=True)
    increase_only = models.BooleanField(
        _("increase only"), default=False, help_text=_("A platform event allows no lower number.")
    )
    sync = models.JSONField(_("sync policy"), default=dict, blank=True)

    class Meta:
        ordering = ["shop", "code"]
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [models.UniqueConstraint(fields=["shop", "code"], name="listing_once")]

    def __str__(self) -> str:
        return self.code


class ListingPart(models.Model):
    """How many units of a SKU one sold unit of the listing takes."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="parts", verbose_name=_("listing"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="listing_parts", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["listing", "sku"]
        verbose_name = _("listing part")
        verbose_name_plural = _("listing parts")
        constraints = [
            models.UniqueConstraint(fields=["listing", "sku"], name="listing_part_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="listing_part_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.sku_id} x {self.quantity}"
