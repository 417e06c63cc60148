"""Stock rows, ledger entries, holds and dirty marks.

Only the verbs in `inventory.ledger.actions` write these tables: `on_hand` changes with a ledger
entry, `allocated` with a hold, and both mark the SKU dirty in the same transaction.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from inventory.catalogue.models import Sku
from inventory.warehouses.models import FunctionalWarehouse


class StockRow(models.Model):
    """How many units of a SKU lie in a functional warehouse, and how many of them are held.

    No index has a column that changes with the stock, so PostgreSQL updates these rows in place (HOT).
    """

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="stock", db_index=False, verbose_name=_("SKU"))
    functional = models.ForeignKey(
        FunctionalWarehouse, models.PROTECT, related_name="stock", verbose_name=_("functional warehouse")
    )
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    allocated = models.PositiveIntegerField(_("allocated"), default=0)
    safety_stock = models.PositiveIntegerField(_("safety stock"), null=True, blank=True)
    version = models.PositiveBigIntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ["sku", "functional"]
        verbose_name = _("stock row")
        verbose_name_plural = _("stock")
        permissions = [
            ("receive_stock", gettext_noop("Can receive stock")),
            ("issue_stock", gettext_noop("Can issue stock")),
            ("adjust_stock", gettext_noop("Can adjust stock")),
            ("count_stock", gettext_noop("Can count stock")),
            ("move_stock", gettext_noop("Can move stock to another status")),
            ("hold_stock", gettext_noop("Can hold and release stock")),
            ("set_safety_stock", gettext_noop("Can set safety stock")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["sku", "functional"], name="stock_row_once"),
            models.CheckConstraint(condition=Q(allocated__lte=F("on_hand")), name="stock_allocated_within_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.sku.code} @ {self.functional.code}"


class LedgerEntry(models.Model):
    """One change of `on_hand`. A trigger refuses every update and delete.

    The database checks the SKU and the functional warehouse once, on the stock row that every entry is written
    from; checking them again for each entry would double the cost of a large count.
    """

    class Kind(models.TextChoices):
        """Why stock changed."""

        OPENING = "opening", _("Opening balance")
        RECEIPT = "receipt", _("Receipt")
        ISSUE = "issue", _("Issue")
        ADJUSTMENT = "adjustment", _("Adjustment")
        STATUS_CHANGE = "status_change", _("Status change")
        COUNT = "count", _("Count")

    sku = models.ForeignKey(
        Sku, models.PROTECT, related_name="+", db_index=False, db_constraint=False, verbose_name=_("SKU")
    )
    functional = models.ForeignKey(
        FunctionalWarehouse,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("functional warehouse"),
    )
    # Of a status change: the other functional warehouse, which has the opposite entry.
    counterpart = models.ForeignKey(
        FunctionalWarehouse,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("counterpart"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    quantity = models.IntegerField(_("quantity"))
    balance = models.PositiveIntegerField(_("balance"))
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        indexes = [
            models.Index(fields=["sku", "functional", "id"], name="ledger_by_row"),
            models.Index(fields=["functional", "id"], name="ledger_by_functional"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="ledger_quantity_not_zero")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d}"


class Hold(models.Model):
    """Units of a stock row set aside; open until `closed_at` is set.

    As with ledger entries, SKU and functional warehouse are checked once, on the stock row that is booked.
    """

    class Kind(models.TextChoices):
        """What the units are held for."""

        MANUAL = "manual", _("Manual hold")
        RESERVATION = "reservation", _("Reservation")
        ORDER = "order", _("Order")

    class Outcome(models.TextChoices):
        """How a hold ended."""

        RELEASED = "released", _("Released")
        EXPIRED = "expired", _("Expired")
        MOVED = "moved", _("Moved to another row")

    sku = models.ForeignKey(
        Sku, models.PROTECT, related_name="holds", db_index=False, db_constraint=False, verbose_name=_("SKU")
    )
    functional = models.ForeignKey(
        FunctionalWarehouse,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("functional warehouse"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.MANUAL)
    quantity = models.PositiveIntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=200)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    # What the hold belongs to, by its id in the app above that keeps it, and which of its lines; it ends with that.
    source_id = models.BigIntegerField(_("belongs to"), null=True, blank=True)
    line = models.PositiveSmallIntegerField(_("line"), default=0, db_default=0)
    # Not routed yet: the units may still be taken from another row instead.
    provisional = models.BooleanField(_("provisional"), default=False, db_default=False)
    safety_used = models.PositiveIntegerField(_("of the safety stock"), default=0, db_default=0)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    actor = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes = [
            models.Index(fields=["sku", "functional"], name="hold_open_by_row", condition=Q(closed_at=None)),
            models.Index(
                fields=["expires_at"],
                name="hold_open_expiry",
                condition=Q(closed_at=None, expires_at__isnull=False),
            ),
            models.Index(fields=["source_id"], name="hold_by_source", condition=Q(source_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="hold_quantity_positive"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="hold_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(kind="manual", source_id=None, provisional=False)
                | (~Q(kind="manual") & Q(source_id__isnull=False, expires_at=None)),
                name="hold_source_by_kind",
            ),
            models.CheckConstraint(condition=Q(safety_used__lte=F("quantity")), name="hold_safety_within_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.sku.code} @ {self.functional.code}"


class DirtySku(models.Model):
    """A SKU whose numbers must be recomputed.

    `generation` grows with every mark; a worker leases the row under a token and deletes it only if
    the generation is still the one it computed, so no change is ever lost between two workers.
    """

    # Marks are written from rows that have the SKU; checking it again at every commit would cost a sale a tenth.
    sku = models.OneToOneField(
        Sku, models.CASCADE, primary_key=True, related_name="+", db_constraint=False, verbose_name=_("SKU")
    )
    generation = models.PositiveBigIntegerField(_("changes"), default=1)
    marked_at = models.DateTimeField(_("waiting since"), auto_now_add=True)
    lease = models.UUIDField(_("lease"), null=True)
    leased_until = models.DateTimeField(_("leased until"), null=True)

    class Meta:
        verbose_name = _("dirty SKU")
        verbose_name_plural = _("dirty SKUs")

    def __str__(self) -> str:
        return str(self.sku_id)


class DirtyBatch(models.Model):
    """SKUs marked together by one transaction that has no time to mark each: the worker turns them into marks.

    Nobody else ever reads or locks such a row, so sales of the same SKU don't wait for one another's mark.
    """

    sku_ids = ArrayField(models.BigIntegerField(), verbose_name=_("SKUs"))
    marked_at = models.DateTimeField(_("waiting since"), auto_now_add=True)

    class Meta:
        verbose_name = _("SKUs of a sale to be computed")
        verbose_name_plural = _("SKUs of sales to be computed")

    def __str__(self) -> str:
        return str(self.pk)


class WaitingSku(models.Model):
    """A SKU with a mark, or in a batch that isn't turned into marks yet. A view, for those who only look."""

    sku = models.OneToOneField(
        Sku, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False, verbose_name=_("SKU")
    )
    generation = models.PositiveBigIntegerField(_("changes"))
    marked_at = models.DateTimeField(_("waiting since"))
    leased_until = models.DateTimeField(_("leased until"), null=True)

    class Meta:
        managed = False
        db_table = "inventory_waitingsku"
        verbose_name = _("dirty SKU")
        verbose_name_plural = _("dirty SKUs")

    def __str__(self) -> str:
        return str(self.sku_id)
