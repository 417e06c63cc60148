"""Children edited on the parent's page, without a query per child for the boxes that choose something."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet


class KnownAutocompleteSelect(AutocompleteSelect):
    """A searchable choice that knows its present choice's words; Django's own asks the database for each."""

    known: tuple[str, str] | None = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """The present choice alone: the others are searched for."""
        if self.known is None or [str(chosen) for chosen in value] != [self.known[0]]:
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]  # noqa: FBT003
        options.append(self.create_option(name, self.known[0], self.known[1], True, 0))  # noqa: FBT003
        return [(None, options, 0)]


class ChildFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Rows whose boxes take their words from the loaded children, and share one list of choices."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        for name, field in form.fields.items():
            if isinstance(field, ModelChoiceField):
                self._spare_queries(form, name, field)
        return form

    def _spare_queries(self, form: Any, name: str, field: Any) -> None:
        outer = field.widget
        widget = outer.widget if isinstance(outer, RelatedFieldWidgetWrapper) else outer
        if isinstance(widget, KnownAutocompleteSelect):
            chosen = form.instance._state.fields_cache.get(name)  # noqa: SLF001 — what the query has brought along
            widget.known = (str(chosen.pk), str(chosen)) if chosen is not None else None
        elif not widget.is_hidden:
            lists: dict[str, Any] = self.__dict__.setdefault("choice_lists", {})
            if name not in lists:
                lists[name] = list(field.choices)
            outer.choices = lists[name]


class Inline(TabularInline):  # type: ignore[misc]
    """Rows of a child edited on the parent's page. Its queryset must load what its boxes name."""

    formset = ChildFormSet
    extra = 0
    per_page = 50
    show_change_link = False
    hide_title = True

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Searchable choices that know their words."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownAutocompleteSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
