"""The page of the audit: the last one in full, "Run now", and those before it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import BooleanRadioFilter, RangeDateTimeFilter, RangeNumericFilter
from unfold.decorators import display

from core.admin_base import ReadOnlyAdmin
from core.admin_dialogs import DialogForm, dialog
from core.audit.actions import start_audit
from core.audit.models import AuditRun
from core.audit.selectors import KEPT, find_unfinished, is_too_old, last_audit, result_lines, violation_lines
from core.errors import Forbidden


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Past audits, with the last one above them."""

    list_display = ("started_at", "state", "check_count", "repaired", "actor", "finished_at")
    list_filter = (
        ("complete", BooleanRadioFilter),
        ("violation_count", RangeNumericFilter),
        ("started_at", RangeDateTimeFilter),
    )
    list_before_template = "audit/last.html"
    change_form_after_template = "audit/run.html"
    fields = (("started_at", "finished_at"), ("check_count", "violation_count"), ("repaired", "complete"), "actor")
    actions_list = ("run_now",)
    empty_hint = gettext_lazy("There has been no audit yet. Run one now; beat runs one every night.")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the last audit in full, and how far a running one is."""
        run = last_audit()
        more: dict[str, Any] = {"run": run, "running": find_unfinished(), "kept": KEPT}
        if run is not None:
            more |= {"too_old": is_too_old(run), **_lines(run)}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With what it has found and repaired."""
        run = self.get_object(request, object_id)
        more: dict[str, Any] = {"run": run, "kept": KEPT, **(_lines(run) if run else {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})
        return response

    @display(description=gettext_lazy("state"), ordering="violation_count", label={"clean": "success", "bad": "danger"})
    def state(self, run: AuditRun) -> tuple[str, str]:
        """Clean, or how much is wrong."""
        if not run.violation_count:
            return "clean", _("Clean")
        words = ngettext("%(count)d violation", "%(count)d violations", run.violation_count)
        return "bad", words % {"count": run.violation_count}

    @dialog(
        DialogForm,
        gettext_lazy("Run now"),
        icon="fact_check",
        permissions=["core.run_audit"],
        help=gettext_lazy("Checks everything that must always be true. It only reads, and nobody has to wait for it."),
    )
    def run_now(self, request: HttpRequest, form: DialogForm) -> str:
        """Queue an audit."""
        if not isinstance(request.user, AbstractUser):
            raise Forbidden(_("Sign in first."))
        start_audit(user=request.user)
        return _("The audit has begun.")


def _lines(run: AuditRun) -> dict[str, Any]:
    return {
        "results": result_lines(run),
        "violations": violation_lines(run.violations),
        "repairs": violation_lines(run.repairs),
    }
