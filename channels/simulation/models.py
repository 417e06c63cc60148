"""Simulations: edits that are tried together, and what came of it."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from channels.shops.models import Listing, Shop
from core.models import Job
from inventory.catalogue.models import Sku


class Simulation(models.Model):
    """Edits, and the result of the last time they were tried together."""

    name = models.CharField(_("name"), max_length=200)
    # The edits as `channels.simulation.rules.edits` has them.
    edits = models.JSONField(default=list, encoder=DjangoJSONEncoder, editable=False)
    author = models.CharField(_("author"), max_length=150, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("job"))
    # The result: what it is about, when, what the data was then, and its totals.
    computed_edits = models.JSONField(default=list, encoder=DjangoJSONEncoder, editable=False)
    computed_at = models.DateTimeField(_("computed"), null=True, editable=False)
    basis = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    summary = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")

    def __str__(self) -> str:
        return self.name


class SimulatedNumber(models.Model):
    """A shop's number that the edits of a simulation change. The versions are ids of strategy versions."""

    simulation = models.ForeignKey(
        Simulation, models.CASCADE, db_index=False, related_name="numbers", verbose_name=_("simulation")
    )
    sku = models.ForeignKey(Sku, models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("SKU"))
    shop = models.ForeignKey(
        Shop, models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("shop")
    )
    before = models.PositiveIntegerField(_("before"))
    after = models.PositiveIntegerField(_("after"))
    difference = models.GeneratedField(
        expression=F("after") - F("before"),
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=_("difference"),
    )
    version_before = models.BigIntegerField(_("decided before by"), null=True)
    version_after = models.BigIntegerField(_("decided after by"), null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("simulated shop number")
        verbose_name_plural = _("simulated shop numbers")
        indexes = [models.Index(fields=["simulation", "difference"], name="simulated_number_difference")]

    def __str__(self) -> str:
        return f"{self.shop_id}/{self.sku_id}: {self.before} → {self.after}"


class SimulatedTarget(models.Model):
    """A listing's target that the edits of a simulation change. The versions are ids of strategy versions."""

    class Change(models.TextChoices):
        """What happens to the listing."""

        MOVED = "moved", _("Another number")
        OPENED = "opened", _("Published again")
        CLOSED = "closed", _("No longer published")

    simulation = models.ForeignKey(
        Simulation, models.CASCADE, db_index=False, related_name="targets", verbose_name=_("simulation")
    )
    listing = models.ForeignKey(
        Listing, models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("listing")
    )
    shop = models.ForeignKey(
        Shop, models.CASCADE, db_constraint=False, db_index=False, related_name="+", verbose_name=_("shop")
    )
    change = models.CharField(_("change"), max_length=8, choices=Change)
    # What it shows, or showed last; nothing for one that never had a number.
    before = models.PositiveIntegerField(_("before"), null=True)
    after = models.PositiveIntegerField(_("after"), null=True)
    difference = models.GeneratedField(
        expression=Coalesce(F("after"), 0) - Coalesce(F("before"), 0),
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=_("difference"),
    )
    version_before = models.BigIntegerField(_("decided before by"), null=True)
    version_after = models.BigIntegerField(_("decided after by"), null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("simulated listing target")
        verbose_name_plural = _("simulated listing targets")
        indexes = [models.Index(fields=["simulation", "difference"], name="simulated_target_difference")]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.before} → {self.after}"
