"""Pages of the system: groups, API keys, jobs, audits and the activity log; inventory registers the users' page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

import core.audit.admin  # noqa: F401 — registers its page
from core.admin_base import Admin, ReadOnlyAdmin, actor_of
from core.admin_dialogs import DialogForm, dialog
from core.admin_users import GroupAdmin
from core.api.scopes import Scope
from core.keys import create_api_key, revoke_api_key
from core.models import ApiKey, IdempotencyKey, Job

admin.site.unregister(Group)
admin.site.register(Group, GroupAdmin)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's name, owner and scopes; its secret is made by the verb."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"), choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    def clean_expires_at(self) -> Any:
        """A new end lies ahead."""
        moment = self.cleaned_data["expires_at"]
        if moment is not None and "expires_at" in self.changed_data and moment <= timezone.now():
            raise forms.ValidationError(_("The key would have expired already."))
        return moment


@admin.register(ApiKey)
class ApiKeyAdmin(Admin):
    """Keys for the API; the secret is shown once, when the key is made."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "owner", "owner_code", "scope_names", "state", "expires_at", "last_used_at")
    list_filter = (("owner", ChoicesDropdownFilter), ("last_used_at", RangeDateTimeFilter))
    search_fields = ("name", "prefix", "owner_code")
    fields = ("name", ("owner", "owner_code"), "scopes", "expires_at")
    fixed_fields = ("owner", "owner_code", "prefix", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)
    actions_detail = ("revoke_one",)
    empty_hint = gettext_lazy("No program has access yet. Add a key for each one that shall call the API.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With what has become of the key, once it exists."""
        return self.fields if obj is None else (*self.fields, ("prefix", "created_at"), ("last_used_at", "revoked_at"))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Make the key through the verb and show its secret, or save what was changed."""
        if change:
            super().save_model(request, obj, form, change)
            return
        said = form.cleaned_data
        key, secret = create_api_key(
            name=said["name"],
            scopes=said["scopes"],
            owner=said["owner"],
            owner_code=said["owner_code"],
            expires_at=said["expires_at"],
            actor=actor_of(request),
        )
        # The page goes on with its own object, which is the key from here on.
        vars(obj).update(vars(key))
        words = format_html(
            '{} <code class="op-secret">{}</code>', _("Copy the key now, it isn't shown again:"), secret
        )
        messages.warning(request, words)

    @admin.display(description=gettext_lazy("scopes"))
    def scope_names(self, key: ApiKey) -> str:
        """The scopes, as the API names them."""
        return ", ".join(key.scopes)

    @display(
        description=gettext_lazy("state"),
        label={"active": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, key: ApiKey) -> tuple[str, str]:
        """Whether the key can be used."""
        if key.revoked_at is not None:
            return "revoked", _("Revoked")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return "expired", _("Expired")
        return "active", _("Active")

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Revoke the chosen keys."""
        self.message_user(request, self._revoke(request, list(queryset)))

    @dialog(
        DialogForm,
        gettext_lazy("Revoke"),
        icon="key_off",
        permissions=["core.change_apikey"],
        help=gettext_lazy("Programs that use the key are refused from now on. This can't be undone."),
    )
    def revoke_one(self, request: HttpRequest, form: DialogForm) -> str:
        """Revoke one key."""
        return self._revoke(request, list(ApiKey.objects.filter(pk=form.object_id)))

    def _revoke(self, request: HttpRequest, keys: list[ApiKey]) -> str:
        for key in keys:
            revoke_api_key(key, actor=actor_of(request))
        self.log_rows(request, keys, _("Revoked."))
        return ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", len(keys)) % {"count": len(keys)}


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work, with how far it is."""

    list_display = ("title", "state_label", "progress", "message", "created_by", "created_at", "finished_at")
    list_select_related = ("created_by",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("created_by", AutocompleteSelectFilter),
        ("created_at", RangeDateTimeFilter),
    )
    search_fields = ("title", "message")
    fields = ("title", ("state", "progress"), "message", "created_by", ("created_at", "started_at", "finished_at"))
    readonly_fields = ("progress",)
    change_form_after_template = "admin/core/job/after.html"
    empty_hint = gettext_lazy("Imports, exports and other long work appear here with their progress.")

    @display(
        description=gettext_lazy("state"),
        ordering="state",
        label={"queued": "info", "running": "warning", "done": "success", "failed": "danger"},
    )
    def state_label(self, job: Job) -> tuple[str, str]:
        """Where the job stands."""
        return job.state, job.get_state_display()

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: Job) -> SafeString:
        """A bar that follows the job while the page is open."""
        return progress_bar(job)


def progress_bar(job: Job) -> SafeString:
    """A bar for the job; onepool/admin.js keeps it up to date while the job isn't finished."""
    finished = job.state in (Job.State.DONE, Job.State.FAILED)
    most = job.total or 1
    done = most if job.state == Job.State.DONE else min(job.done, most)
    return format_html(
        '<progress class="op-progress" data-state="{}" data-follow="{}" value="{}" max="{}"></progress>',
        job.state,
        "" if finished else reverse("core:job-state", args=[job.pk]),
        done,
        most,
    )


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """First answers kept for retries; the bodies stay out of sight."""

    list_display = ("created_at", "api_key", "route", "key", "status")
    list_display_links = None
    list_select_related = ("api_key",)
    list_filter = (("api_key", RelatedDropdownFilter), ("created_at", RangeDateTimeFilter))
    search_fields = ("key", "route")
    exclude = ("body", "request_hash")


@admin.register(LogEntry)
class ActivityAdmin(ReadOnlyAdmin):
    """Who changed what in these pages."""

    list_display = ("action_time", "user", "content_type", "object_link", "words")
    list_display_links = None
    list_select_related = ("user", "content_type")
    list_filter = (
        ("user", AutocompleteSelectFilter),
        ("content_type", RelatedDropdownFilter),
        ("action_time", RangeDateTimeFilter),
    )
    search_fields = ("object_repr", "change_message", "user__username")
    empty_hint = gettext_lazy("Whatever is changed in these pages is written down here.")

    @admin.display(description=gettext_lazy("object"), ordering="object_repr")
    def object_link(self, entry: LogEntry) -> SafeString | str:
        """What was changed."""
        url = None if entry.is_deletion() else entry.get_admin_url()
        return format_html('<a class="op-link" href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr

    @admin.display(description=gettext_lazy("change"))
    def words(self, entry: LogEntry) -> str:
        """What was done."""
        if entry.is_deletion():
            return _("Deleted.")
        return entry.get_change_message() or _("Added.")
