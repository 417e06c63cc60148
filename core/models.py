"""API keys, idempotency keys, jobs and audits."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.audit.models import AuditRun

__all__ = ["ApiKey", "AuditRun", "IdempotencyKey", "Job"]


class ApiKey(models.Model):
    """A key for the API; the secret is shown once and only its hash is kept."""

    class Owner(models.TextChoices):
        """Whose key it is, which decides what it sees."""

        INTEGRATION = "integration", _("Integration (everything)")
        SHOP = "shop", _("Shop")
        STORE = "store", _("Store or warehouse")

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    owner = models.CharField(_("owner"), max_length=16, choices=Owner, default=Owner.INTEGRATION)
    owner_code = models.CharField(
        _("owner's code"), max_length=64, blank=True, help_text=_("Code of the shop or of the warehouse.")
    )
    scopes = ArrayField(models.CharField(max_length=32), default=list, verbose_name=_("scopes"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                condition=Q(owner="integration", owner_code="") | (~Q(owner="integration") & ~Q(owner_code="")),
                name="api_key_owner_code",
                violation_error_message=_("A shop's or store's key needs its code; an integration's has none."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The first answer to a request, kept so that a retry gets it again word for word."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", verbose_name=_("API key"))
    route = models.CharField(_("route"), max_length=200)
    key = models.CharField(_("key"), max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    body = models.BinaryField()
    created_at = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["api_key", "route", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class Job(models.Model):
    """Work that takes longer than a person should wait for a page."""

    class State(models.TextChoices):
        """Where a job stands."""

        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=64)
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    message = models.TextField(_("message"), blank=True)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    upload = models.FileField(_("file"), upload_to="jobs/%Y/%m/", blank=True)
    output = models.FileField(_("result file"), upload_to="jobs/%Y/%m/", blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    language = models.CharField(max_length=16, default="en")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="jobs", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(condition=Q(total=0) | Q(done__lte=F("total")), name="job_done_within_total")
        ]

    def __str__(self) -> str:
        return self.title
