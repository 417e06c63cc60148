"""What past audits have found."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class AuditRun(models.Model):
    """An audit that has ended; one that broke off leaves no trace here."""

    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    # With every check there was, so that it says something about the whole.
    complete = models.BooleanField(_("all checks"))
    check_count = models.PositiveIntegerField(_("checks"))
    violation_count = models.PositiveBigIntegerField(_("violations"))
    # By check, in order: [{"check", "total", "seconds"}]
    results = models.JSONField(default=list, editable=False)
    # The first of each check, up to `core.audit.selectors.KEPT`: [{"check", "where", "sentence", "facts", "proposal"}]
    violations = models.JSONField(default=list, editable=False)
    # What was put right just before; not set when nobody asked for repairs.
    repaired = models.PositiveIntegerField(_("repaired"), null=True)
    # The first of them, in the shape of `violations`.
    repairs = models.JSONField(default=list, editable=False)
    actor = models.CharField(_("by"), max_length=150)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        permissions = [("run_audit", gettext_noop("Can run the audit"))]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
