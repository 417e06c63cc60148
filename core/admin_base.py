"""What every admin page shares: look, read-only lists, links, and telling the verbs what a form changed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.checks import UnfoldModelAdminChecks

from core.admin_preview import PreviewMixin


class AdminChecks(UnfoldModelAdminChecks):  # type: ignore[misc]
    """The system checks, without the one that reads permissions: before the first migration there is no table of them,
    and before every later one those that it brings are missing.
    """

    def _check_unfold_action_permission_methods(self, obj: Any) -> list[Any]:
        return []


class Admin(ModelAdmin):  # type: ignore[misc]
    """A list and form in the house style.

    `empty_hint` is said when there is nothing yet; `fixed_fields` can't change once the object exists.
    """

    checks_class = AdminChecks
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True
    empty_hint: Any = ""
    fixed_fields: Sequence[str] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Sequence[Any]:
        """The fixed fields too, once the object exists."""
        fields: Sequence[Any] = super().get_readonly_fields(request, obj)
        return fields if obj is None else [*fields, *self.fixed_fields]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What verbs have derived from an object goes with it: nobody needs a right of their own for that."""
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        pages = self.admin_site._registry.items()  # noqa: SLF001 — the site has no public list of its pages
        derived = {str(model._meta.verbose_name) for model, page in pages if isinstance(page, ReadOnlyAdmin)}  # noqa: SLF001
        return deleted, counts, needed - derived, protected

    def log_rows(self, request: HttpRequest, rows: Iterable[models.Model], words: str) -> None:
        """Write a change of each row into its history."""
        LogEntry.objects.log_actions(request.user.pk, list(rows), CHANGE, change_message=words)  # type: ignore[arg-type]


class ReadOnlyAdmin(Admin):
    """A list of what verbs have written; nothing here is edited by hand."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody changes rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody deletes rows by hand."""
        return False


class MarkingAdmin(PreviewMixin, Admin):
    """A form whose saving changes numbers: the verbs are told which rows it touches.

    `mark_rows` gets every row that is added, changed or deleted, the object and the children of its
    inlines alike, and marks exactly the SKUs that depend on them. A changed row is given twice, as it was
    before and as it is after, so that what it leaves is recomputed like what it comes to; all in the
    form's own transaction. `unmarked_fields` of the object move no number.
    """

    unmarked_fields: Sequence[str] = ("code", "name")

    def mark_rows(self, rows: Sequence[models.Model]) -> None:
        """Mark what depends on these rows."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Mark the object as it was, then save it."""
        if change and self._moves_numbers(form):
            self.mark_rows(list(self.model.objects.filter(pk=obj.pk)))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Mark the children as they were, save them, and mark everything as it is now."""
        before = [child for formset in formsets for child in _children_before(formset)]
        self.mark_rows(before)
        super().save_related(request, form, formsets, change)
        after = [child for formset in formsets for child in _children_after(formset)]
        if not change or self._moves_numbers(form):
            after.append(form.instance)
        self.mark_rows(after)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Mark, then delete."""
        self.mark_rows([obj])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Mark, then delete."""
        self.mark_rows(list(queryset))
        super().delete_queryset(request, queryset)

    def set_fields(self, request: HttpRequest, queryset: QuerySet[Any], words: str, **values: Any) -> int:
        """Set the same fields of many rows, marked and in their history; the number of rows that differed."""
        with transaction.atomic():
            rows = list(queryset.exclude(**values))
            same = self.model.objects.filter(pk__in=[row.pk for row in rows])
            self.mark_rows(rows)
            same.update(**values)
            self.mark_rows(list(same))
            if rows:
                self.log_rows(request, rows, words)
        return len(rows)

    def _moves_numbers(self, form: "ModelForm[Any]") -> bool:
        return bool(set(form.changed_data) - set(self.unmarked_fields))


class ActivityAdmin(MarkingAdmin):
    """A marking page of things that are opened and closed by their field `active`."""

    actions: Sequence[str] = ("activate", "deactivate")

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Open the chosen rows."""
        self.set_and_tell(request, queryset, gettext("Activated."), active=True)

    @admin.action(description=_("Deactivate"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Close the chosen rows."""
        self.set_and_tell(request, queryset, gettext("Deactivated."), active=False)

    def set_and_tell(self, request: HttpRequest, queryset: QuerySet[Any], words: str, **values: Any) -> None:
        """As `set_fields`, and say how many rows it was."""
        count = self.set_fields(request, queryset, words, **values)
        self.message_user(
            request, ngettext("%(count)d row changed.", "%(count)d rows changed.", count) % {"count": count}
        )


def _children_before(formset: Any) -> list[models.Model]:
    """The rows, as they are stored, that saving this formset will change or delete."""
    deleted = getattr(formset, "deleted_forms", [])
    changing = [form for form in formset.initial_forms if form.has_changed() or form in deleted]
    keys = [form.instance.pk for form in changing if form.instance.pk]
    return list(formset.model.objects.filter(pk__in=keys)) if keys else []


def _children_after(formset: Any) -> list[models.Model]:
    """The rows that saving this formset has added or changed."""
    return [*formset.new_objects, *(child for child, _fields in formset.changed_objects)]


def actor_of(request: HttpRequest) -> str:
    """Who is acting, as the verbs write it down."""
    return str(request.user.get_username())


def read_id(text: str) -> int | None:
    """The id in an address or a form; None for what can't be one."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def two_lines(first: object, second: object) -> SafeString:
    """A code with its name beneath, for lists with many columns."""
    return format_html('<span class="op-first">{}</span><span class="op-note op-second">{}</span>', first, second)


def link(text: object, name: str, *args: object, query: str = "") -> SafeString:
    """A link to the admin page `name` with `text` on it; `query` is a ready query string."""
    url = reverse(f"admin:{name}", args=args) + (f"?{query}" if query else "")
    return format_html('<a class="op-link" href="{}">{}</a>', url, text)
