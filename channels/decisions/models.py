"""The record of what strategies have decided."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from strategies.models import StrategyVersion


class Decision(models.Model):
    """A version has decided a cell from one moment to another; without an end, it still does.

    What a place is, the kind says. `sku_id` is 0 where a kind decides about a place as a whole.
    """

    kind = models.CharField(_("kind"), max_length=32)
    place_id = models.BigIntegerField(_("place"))
    sku_id = models.BigIntegerField(_("SKU"))
    version = models.ForeignKey(
        StrategyVersion, models.PROTECT, related_name="+", db_index=False, verbose_name=_("version")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        ordering = ["kind", "sku_id", "place_id", "-since"]
        verbose_name = _("decision of a strategy")
        verbose_name_plural = _("decisions of strategies")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sku_id", "place_id"], name="decision_open_once", condition=Q(until=None)
            )
        ]
        indexes = [models.Index(fields=["kind", "sku_id", "place_id", "since"], name="decision_by_cell")]

    def __str__(self) -> str:
        return f"{self.kind} {self.place_id}/{self.sku_id}: {self.version_id}"
