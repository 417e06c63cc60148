"""The strategy centre's place in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from core.admin_base import Admin
from strategies.admin import choices, editor, lists, saving, versions
from strategies.models import Strategy


@admin.register(Strategy)
class StrategyAdmin(Admin):
    """Strategies: a list in their order, an editor, and a page for each with its versions."""

    search_fields = ("code", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has decided numbers is kept: a strategy is retired."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """With the pages and answers of the editor."""
        guard = self.admin_site.admin_view
        own = [
            path("kind/<str:kind>/choices/", guard(choices.choices_view), name="strategy_choices"),
            path("kind/<str:kind>/look/", guard(editor.look_view), name="strategy_look"),
            path("kind/<str:kind>/create/", guard(saving.create_view), name="strategy_create"),
            path("kind/<str:kind>/figures/", guard(lists.figures_view), name="strategy_figures"),
            path("kind/<str:kind>/order/look/", guard(lists.order_look_view), name="strategy_order_look"),
            path("kind/<str:kind>/order/", guard(lists.order_save_view), name="strategy_order_save"),
            path("<int:pk>/edit/", guard(editor.edit_page), name="strategy_edit"),
            path("<int:pk>/save/", guard(saving.save_view), name="strategy_save"),
            path("<int:pk>/retire/", guard(versions.retire_page), name="strategy_retire"),
            path("<int:pk>/<int:number>/publish/", guard(versions.publish_page), name="strategy_publish"),
            path("<int:pk>/<int:number>/unplan/", guard(versions.unplan_page), name="strategy_unplan"),
            path("<int:pk>/<int:number>/roll-back/", guard(versions.roll_back_page), name="strategy_roll_back"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The strategies of a kind in their order."""
        return lists.list_page(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The editor."""
        return editor.new_page(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The strategy and its versions."""
        return versions.strategy_page(request, object_id)
