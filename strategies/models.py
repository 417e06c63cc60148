"""Strategies, their versions, and the log of everything that was done to them."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class Strategy(models.Model):
    """One policy under one name, whatever its versions say. In its kind, the first that matches decides."""

    kind = models.CharField(_("kind"), max_length=32)
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    position = models.PositiveIntegerField(_("position"))
    created_at = models.DateTimeField(_("created"))
    created_by = models.CharField(_("created by"), max_length=150)

    class Meta:
        ordering = ["kind", "position"]
        verbose_name = _("strategy")
        verbose_name_plural = _("strategies")
        permissions = [("publish_strategy", gettext_noop("Can publish, retire and order strategies"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="strategy_code_once",
                violation_error_message=_("There is a strategy with this code already."),
            ),
            # Deferred, so that two strategies can change places.
            models.UniqueConstraint(
                fields=["kind", "position"], name="strategy_position_once", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StrategyVersion(models.Model):
    """What a strategy says: written once and never changed; only its state moves on. Triggers see to both."""

    class State(models.TextChoices):
        """Where a version stands."""

        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    strategy = models.ForeignKey(Strategy, models.PROTECT, related_name="versions", verbose_name=_("strategy"))
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    conditions = models.JSONField(_("conditions"), default=dict)
    action = models.JSONField(_("action"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)
    author = models.CharField(_("author"), max_length=150)
    created_at = models.DateTimeField(_("created"))
    # A draft with a time is planned: it is published when the time has come.
    publish_at = models.DateTimeField(_("planned for"), null=True, blank=True)
    planned_by = models.CharField(_("planned by"), max_length=150, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.CharField(_("published by"), max_length=150, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    retired_by = models.CharField(_("retired by"), max_length=150, blank=True)

    class Meta:
        ordering = ["strategy", "-number"]
        verbose_name = _("version of a strategy")
        verbose_name_plural = _("versions of strategies")
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_number_once"),
            models.UniqueConstraint(
                fields=["strategy"], name="strategy_published_once", condition=Q(state="published")
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None, retired_at=None)
                | Q(state="published", published_at__isnull=False, retired_at=None)
                | Q(state="retired", published_at__isnull=False, retired_at__isnull=False),
                name="strategy_version_times_by_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["publish_at"],
                name="strategy_version_planned",
                condition=Q(state="draft", publish_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.strategy.code} v{self.number}"


class StrategyEvent(models.Model):
    """Something that was done, never changed afterwards; so what was in force at any moment can be told."""

    class Verb(models.TextChoices):
        """What was done."""

        CREATED = "created", _("Created")
        SAVED = "saved", _("Draft saved")
        RENAMED = "renamed", _("Renamed")
        PLANNED = "planned", _("Planned")
        UNPLANNED = "unplanned", _("Plan called off")
        PUBLISHED = "published", _("Published")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        RETIRED = "retired", _("Retired")
        REORDERED = "reordered", _("Reordered")

    kind = models.CharField(_("kind"), max_length=32)
    strategy = models.ForeignKey(Strategy, models.PROTECT, null=True, related_name="events", verbose_name=_("strategy"))
    version = models.ForeignKey(StrategyVersion, models.PROTECT, null=True, related_name="+", verbose_name=_("version"))
    verb = models.CharField(_("what"), max_length=16, choices=Verb)
    actor = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("time"))
    # `in_force`: the ids of the versions that decide from here on, in order. `order`: the ids of all strategies.
    # `marked`: how many SKUs got another winner.
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("event of a strategy")
        verbose_name_plural = _("events of strategies")
        indexes = [models.Index(fields=["kind", "-at", "-id"], name="strategy_event_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.verb} {self.at:%Y-%m-%d %H:%M}"


class StrategyToken(models.Model):
    """One row for each kind: what everybody locks who changes the rules of the kind.

    Triggers renew the token whenever the rules in force or the plans change, so a process may keep the rules it has
    loaded for as long as the token stays the same.
    """

    kind = models.CharField(max_length=32, unique=True)
    token = models.UUIDField()
    # The passing of time has been judged up to here: what it has changed is marked.
    judged_at = models.DateTimeField()
    # What the rules in force asked about places just then: by fact, by id of the place.
    places = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("version of the rules")

    def __str__(self) -> str:
        return f"{self.kind} {self.token}"
