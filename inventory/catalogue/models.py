"""SKUs, brands, categories, bundles and regions."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Brand(models.Model):
    """A brand."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        ordering = ["code"]
        verbose_name = _("brand")
        verbose_name_plural = _("brands")

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A node of the category tree."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="category_not_own_parent",
                violation_error_message=_("A category can't be its own parent."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Region(models.Model):
    """A province, city or county with its official code."""

    class Level(models.TextChoices):
        """How deep in the map a region lies."""

        PROVINCE = "province", _("Province")
        CITY = "city", _("City")
        COUNTY = "county", _("County")

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    level = models.CharField(_("level"), max_length=10, choices=Level)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name


class Sku(models.Model):
    """One thing that can be sold: a style in a colour and a size, or a bundle of such things."""

    class Lifecycle(models.TextChoices):
        """Where a SKU stands between its launch and its end."""

        NEW = "new", _("New")
        REGULAR = "regular", _("Regular")
        CLEARANCE = "clearance", _("Clearance")
        DISCONTINUED = "discontinued", _("Discontinued")

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    # Pinyin and initials of the name, so that a Chinese name is found from a Latin keyboard.
    search_name = models.CharField(max_length=600, blank=True, editable=False)
    barcode = models.CharField(_("barcode"), max_length=64, null=True, blank=True, unique=True)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, verbose_name=_("brand"))
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("category"))
    season = models.CharField(_("season"), max_length=32, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True, verbose_name=_("tags"))
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, null=True, blank=True)
    weight_g = models.PositiveIntegerField(_("weight (g)"), null=True, blank=True)
    volume_ml = models.PositiveIntegerField(_("volume (ml)"), null=True, blank=True)
    lifecycle = models.CharField(_("lifecycle"), max_length=16, choices=Lifecycle, default=Lifecycle.REGULAR)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        indexes = [GinIndex(fields=["tags"], name="sku_tags")]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0) | Q(price=None), name="sku_price_not_negative"),
            models.CheckConstraint(condition=Q(cost__gte=0) | Q(cost=None), name="sku_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class BundleComponent(models.Model):
    """What one unit of a bundle is made of."""

    bundle = models.ForeignKey(Sku, models.CASCADE, related_name="components", verbose_name=_("bundle"))
    component = models.ForeignKey(Sku, models.PROTECT, related_name="bundles", verbose_name=_("component"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["bundle", "component"]
        verbose_name = _("bundle component")
        verbose_name_plural = _("bundle components")
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="bundle_component_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="bundle_component_quantity_positive"),
            models.CheckConstraint(condition=~Q(bundle=F("component")), name="bundle_not_own_component"),
        ]

    def __str__(self) -> str:
        return f"{self.bundle_id}: {self.component_id} x {self.quantity}"


class CatalogueVersion(models.Model):
    """A token that is new whenever a committed change could change what a SKU's code stands for, or its category.

    Triggers set it, as they do for `NetworkVersion`. New SKUs leave it as it is: nobody has known them yet.
    There is one row.
    """

    token = models.UUIDField()

    class Meta:
        verbose_name = _("version of the catalogue")
        verbose_name_plural = _("version of the catalogue")

    def __str__(self) -> str:
        return str(self.token)
