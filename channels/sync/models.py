"""What each listing should show, what it shows, and the default sync policy."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.shops.models import Listing, Shop
from strategies.models import StrategyVersion


class SyncDefaults(models.Model):
    """The sync policy that shops and listings start from; there is one row."""

    policy = models.JSONField(_("sync policy"), default=dict, blank=True)

    class Meta:
        verbose_name = _("default sync policy")
        verbose_name_plural = _("default sync policy")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sync_defaults_single_row")]

    def __str__(self) -> str:
        return str(_("Default sync policy"))


class ListingTarget(models.Model):
    """The number a listing should show and the last one the platform took.

    `version` grows with every change of `quantity`; the publisher sends the newest and records what
    the platform accepted, so an older number can't overwrite a newer one.
    """

    class State(models.TextChoices):
        """How the last push went."""

        PENDING = "pending", _("Waiting")
        PUBLISHED = "published", _("Published")
        RETRY = "retry", _("Will be retried")
        REFUSED = "refused", _("Refused by the platform")

    listing = models.OneToOneField(
        Listing, models.CASCADE, primary_key=True, related_name="target", verbose_name=_("listing")
    )
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="targets", verbose_name=_("shop"))
    quantity = models.PositiveIntegerField(_("target"))
    # The number the policy wants although an increase-only listing may not be lowered to it.
    wanted = models.PositiveIntegerField(_("wanted"))
    backed = models.BooleanField(_("backed by stock"), default=True)
    # The version of the sync strategy that decided last, and whether it pauses the listing.
    strategy_version = models.ForeignKey(
        StrategyVersion, models.SET_NULL, null=True, db_index=False, related_name="+", verbose_name=_("strategy")
    )
    paused = models.BooleanField(_("paused by strategy"), default=False, db_default=False)
    version = models.PositiveBigIntegerField(_("version"), default=1)
    changed_at = models.DateTimeField(_("changed"), auto_now_add=True)
    published_quantity = models.PositiveIntegerField(_("published"), null=True, blank=True)
    published_version = models.PositiveBigIntegerField(_("published version"), default=0)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    # The highest number handed to the platform whose answer isn't known: it may or may not show it.
    sent_quantity = models.PositiveIntegerField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    message = models.CharField(_("message"), max_length=300, blank=True)

    class Meta:
        ordering = ["listing"]
        verbose_name = _("listing target")
        verbose_name_plural = _("listing targets")
        indexes = [
            models.Index(
                fields=["shop", "retry_at"],
                name="target_pending",
                condition=Q(version__gt=F("published_version")),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_version__lte=F("version")), name="target_published_version_within_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.quantity}"

    @property
    def pause_reason(self) -> str:
        """Why a strategy pauses the listing; empty when none does."""
        version = self.strategy_version
        return str(version.action["pause"]) if self.paused and version else ""

    @property
    def pause_note(self) -> str:
        """Which strategy pauses the listing, and why; empty when none does."""
        version = self.strategy_version
        return f"{version.strategy.name}: {self.pause_reason}" if self.paused and version else ""
