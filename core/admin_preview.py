"""“Preview the effect”: what an admin form would change in numbers, shown before it is saved."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.forms import ModelForm
from django.forms.formsets import all_valid
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from core.effects import measure_effect
from core.errors import DomainError

EDIT_AGAIN = "_edit_again"
DRAFT = "onepool_draft"  # on the request: whatever is posted, the form is shown and not saved


class PreviewMixin(ModelAdmin):  # type: ignore[misc]
    """Adds the button to a ModelAdmin's forms; the page that follows saves the same form or goes back to it."""

    actions_submit_line = ("preview_effect",)

    @action(description=gettext_lazy("Preview the effect"), icon="query_stats")  # type: ignore[untyped-decorator]
    def preview_effect(self, request: HttpRequest, obj: Any) -> None:
        """Name the button; the form it posts is answered before anything is saved."""

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any = None) -> list[Any]:
        """Without the button for people who can't save the form anyway."""
        allowed = self.has_change_permission(request) if object_id else self.has_add_permission(request)
        actions: list[Any] = super().get_actions_submit_line(request, object_id)
        return actions if allowed else [each for each in actions if each.action_name != self._button]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form, or the effect of the form that was posted with the preview's button."""
        extra_context = {
            "actions_submit_line": self.get_actions_submit_line(request, object_id),
            **(extra_context or {}),
        }
        if request.method == "POST" and self._button in request.POST:
            page = self._preview(request, object_id)
            if page is not None:
                return page
        if request.method == "POST" and EDIT_AGAIN in request.POST:
            setattr(request, DRAFT, True)
        shown: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return shown

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 — Django's signature
        """A form that never passes while a draft is shown again, so that nothing of it can be saved."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if not getattr(request, DRAFT, False):
            return form
        return type(form)(form.__name__, (form,), {"is_valid": lambda _self: False})

    @property
    def _button(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_preview_effect"

    def _preview(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The effect's page; None, with the request turned into a draft, when the form can't be saved."""
        obj = self._draft_object(request, object_id)
        form, formsets = self._draft_forms(request, obj)
        setattr(request, DRAFT, True)
        if form is None:
            return None

        def save() -> None:
            changing = obj is not None
            self.save_model(request, self.save_form(request, form, change=changing), form, changing)
            self.save_related(request, form, formsets, changing)

        try:
            effect = measure_effect(save)
        except DomainError as error:
            for sentence in [fault.message for fault in error.errors] or [error.detail]:
                messages.error(request, sentence)
            return None
        except DatabaseError:
            # A lock that somebody holds, a time limit, or a rule of the database that no form knows.
            messages.error(request, _("The effect can't be worked out now: the data is busy. Try again in a moment."))
            return None
        return self._effect_page(request, obj, effect)

    def _draft_object(self, request: HttpRequest, object_id: str | None) -> Any:
        """The object to be changed, None for a new one; PermissionDenied for those who may not save it."""
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return None
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_change_permission(request, obj):
            raise PermissionDenied
        return obj

    def _draft_forms(self, request: HttpRequest, obj: Any) -> tuple["ModelForm[Any] | None", list[Any]]:
        """The bound form and formsets as the change page binds them; None when a value doesn't fit."""
        changing = obj is not None
        form = self.get_form(request, obj, change=changing)(request.POST, request.FILES, instance=obj)
        valid = form.is_valid()
        formsets, _inlines = self._create_formsets(request, form.instance, change=changing)
        return (form if all_valid(formsets) and valid else None), formsets

    def _effect_page(self, request: HttpRequest, obj: Any, effect: Any) -> HttpResponse:
        kept = [(name, value) for name, values in request.POST.lists() for value in values]
        hidden = [(name, value) for name, value in kept if name not in ("csrfmiddlewaretoken", self._button)]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview the effect"),
            "subtitle": str(obj) if obj is not None else None,
            "opts": self.opts,
            "effect": effect,
            "hidden": hidden,
            "edit_again": EDIT_AGAIN,
        }
        return TemplateResponse(request, "preview/effect.html", context)
