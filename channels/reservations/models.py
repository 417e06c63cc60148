"""Reservations, the dedicated units they have consumed, and shortages that wait for a person."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels.shops.models import DedicatedUnits, Shop
from inventory.supply.models import Pool


class Reservation(models.Model):
    """Units promised to a shop's customer; `inventory.Hold` rows with its id hold them."""

    class Check(models.TextChoices):
        """What a line must fit."""

        ENTITLEMENT = "entitlement", _("The shop's quantity")
        STOCK = "stock", _("The stock beneath the shop's pools")

    class State(models.TextChoices):
        """Where a reservation stands."""

        HELD = "held", _("Held")
        CONFIRMED = "confirmed", _("Confirmed")
        RELEASED = "released", _("Released")
        EXPIRED = "expired", _("Expired")

    # Checking the shop in the database would lock its one row for every sale; `reserve` has found it in the network.
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="reservations", db_constraint=False, verbose_name=_("shop")
    )
    # A key is the caller's own: two callers may use the same one.
    caller = models.CharField(_("caller"), max_length=64)
    key = models.CharField(_("key"), max_length=200)
    request_hash = models.CharField(max_length=64, editable=False)
    check_kind = models.CharField(_("checked against"), max_length=16, choices=Check)
    # Where a person let the units be taken instead of beneath the shop's own pools.
    pool = models.ForeignKey(
        Pool,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("dispatch pool"),
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.HELD)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    # The first answer as it was sent, without its id: a repeated request gets it again word for word.
    answer = models.TextField(editable=False)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [
            # By day for the figures of sales; of blocks, not of rows, so that selling pays next to nothing for it.
            BrinIndex(fields=["created_at"], name="reservation_created"),
            models.Index(
                fields=["expires_at"],
                name="reservation_expiry",
                condition=Q(state="held", expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="reservation_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=["held", "confirmed"], closed_at=None)
                | Q(state__in=["released", "expired"], closed_at__isnull=False),
                name="reservation_closed_with_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.key}"


class DedicatedUse(models.Model):
    """Dedicated units that a reservation has consumed; given back when it is released."""

    reservation = models.ForeignKey(
        Reservation, models.CASCADE, related_name="dedicated", verbose_name=_("reservation")
    )
    dedicated = models.ForeignKey(
        DedicatedUnits, models.CASCADE, related_name="uses", verbose_name=_("dedicated units")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    returned_at = models.DateTimeField(_("given back"), null=True, blank=True)

    class Meta:
        ordering = ["reservation", "dedicated"]
        verbose_name = _("use of dedicated units")
        verbose_name_plural = _("uses of dedicated units")
        constraints = [
            models.UniqueConstraint(fields=["reservation", "dedicated"], name="dedicated_use_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="dedicated_use_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id}: {self.quantity}"


class Shortage(models.Model):
    """Units that a marketplace has sold and no seating of the stock could serve: somebody must decide."""

    class State(models.TextChoices):
        """Where a shortage stands."""

        OPEN = "open", _("To decide")
        TRANSFER = "transfer", _("Waits for a transfer")
        BACKORDER = "backorder", _("On backorder")
        RESERVED = "reserved", _("Reserved")
        CANCELLED = "cancelled", _("Cancelled")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="shortages", verbose_name=_("shop"))
    caller = models.CharField(_("caller"), max_length=64)
    key = models.CharField(_("key"), max_length=200)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    # The request as it came, to try it again: {"lines": [{"sku", "quantity"}], "expires_in", "partial", "reason"}.
    request = models.JSONField(editable=False)
    # What was short at the last try: [{"sku", "wanted", "available"}].
    lines = models.JSONField(_("short lines"))
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.OPEN)
    note = models.CharField(_("note"), max_length=200, blank=True)
    # The holds that keep the units at the place a transfer will bring them from.
    hold_ids = models.JSONField(default=list, editable=False)
    reservation = models.ForeignKey(
        Reservation, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reservation")
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    actor = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    tried_at = models.DateTimeField(_("last tried"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("shortage")
        verbose_name_plural = _("shortages")
        permissions = [("decide_shortage", gettext_noop("Can decide shortages"))]
        indexes = [
            models.Index(
                fields=["id"], name="shortage_unsettled", condition=Q(state__in=["open", "transfer", "backorder"])
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="shortage_key_once")]

    def __str__(self) -> str:
        return self.reference or self.key
