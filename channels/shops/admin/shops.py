"""Pages of channels and shops."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    DropdownFilter,
)

from channels.platforms import registry
from channels.platforms.contract import PlatformError
from channels.shops.actions import mark_shares, mark_shops, renew_access
from channels.shops.admin.forms import account_fields, connection_fields, shop_form
from channels.shops.admin.pools import ShareInline
from channels.shops.models import Channel, Listing, Share, Shop
from channels.sync.actions import forget_published
from channels.sync.connections import connect
from channels.sync.forms import POLICY_FIELDSET
from channels.sync.models import ListingTarget
from core.admin_base import ActivityAdmin, Admin, link
from core.admin_dialogs import DialogForm, dialog
from core.errors import Conflict


@admin.register(Channel)
class ChannelAdmin(Admin):
    """Ways to the market."""

    list_display = ("code", "name", "shop_count")
    search_fields = ("code", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """With the number of shops."""
        rows: QuerySet[Channel] = super().get_queryset(request)
        return rows.annotate(shop_total=Count("shops"))

    @admin.display(description=gettext_lazy("shops"), ordering="shop_total")
    def shop_count(self, channel: Any) -> int:
        """How many shops sell there."""
        return int(channel.shop_total)


class PlatformFilter(DropdownFilter):  # type: ignore[misc]
    """Shops of one platform."""

    title = gettext_lazy("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        """Every platform there is."""
        return registry.known()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Shop]) -> QuerySet[Shop]:
        """The shops on it."""
        return queryset.filter(platform=self.value()) if self.value() else queryset


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counts = rows.filter(shop=OuterRef("pk")).order_by().values("shop").annotate(total=Count("pk"))
    return Coalesce(Subquery(counts.values("total")), 0, output_field=IntegerField())


@admin.register(Shop)
class ShopAdmin(ActivityAdmin):
    """Shops, with their platform, sync policy and shares."""

    list_display = (
        "code", "name", "channel", "platform_label", "active", "pools", "listing_link", "waiting", "push_problem",
    )  # fmt: skip
    list_select_related = ("channel",)
    list_filter = (("channel", AutocompleteSelectMultipleFilter), PlatformFilter, ("active", BooleanRadioFilter))
    search_fields = ("code", "name")
    autocomplete_fields = ("channel",)
    readonly_fields = ("push_problem",)
    inlines = (ShareInline,)
    actions_detail = ("test_connection",)
    unmarked_fields = ("code", "name", "channel", "platform", "active")
    empty_hint = gettext_lazy("There are no shops yet. Add one, give it a share of a pool, and list items in it.")

    @property
    def conditional_fields(self) -> dict[str, str]:
        """A platform's settings are shown while that platform is chosen."""
        return {name: f"platform == '{name.partition('__')[0]}'" for name in connection_fields()}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shop]:
        """With pools, listings and what waits to be published."""
        rows: QuerySet[Shop] = super().get_queryset(request)
        late = ListingTarget.objects.filter(version__gt=F("published_version"))
        return rows.annotate(
            pool_total=_counted(Share.objects.filter(active=True)),
            listing_total=_counted(Listing.objects.all()),
            late=_counted(late),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 — Django's signature
        """With the fields of the connected platforms."""
        return super().get_form(request, obj, change=change, **{"form": shop_form(), **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The shop, its platform with the settings, and its policy."""
        platform = ("platform", *connection_fields(), "push_problem")
        return (
            (None, {"fields": (("code", "name"), ("channel", "active"))}),
            (_("Platform"), {"fields": platform}),
            POLICY_FIELDSET,
        )

    def save_model(self, request: HttpRequest, obj: Shop, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Publish at once with new credentials; a shop that opens or closes changes what the others get."""
        changed = set(form.changed_data)
        super().save_model(request, obj, form, change)
        if changed & {"platform", *connection_fields()}:
            renew_access([obj.pk])
        if change and "active" in changed:
            self._mark_pools([obj.pk])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Another platform or account knows none of the numbers yet; a renewed secret is no other account."""
        super().save_related(request, form, formsets, change)
        if change and set(form.changed_data) & {"platform", *account_fields()}:
            forget_published(form.instance.listings.values_list("pk", flat=True))

    def set_fields(self, request: HttpRequest, queryset: QuerySet[Shop], words: str, **values: Any) -> int:
        """As everywhere, and what the other shops of the pools get."""
        shops = list(queryset.exclude(**values).values_list("pk", flat=True))
        self._mark_pools(shops)
        return super().set_fields(request, queryset, words, **values)

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """The listings of the shops, and what lies beneath the changed shares."""
        mark_shops([row.pk for row in rows if isinstance(row, Shop)])
        mark_shares([row.pk for row in rows if isinstance(row, Share)])

    def delete_model(self, request: HttpRequest, obj: Shop) -> None:
        """Its pools' other shops may get more."""
        self._mark_pools([obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Shop]) -> None:
        """As for one."""
        self._mark_pools(list(queryset.values_list("pk", flat=True)))
        super().delete_queryset(request, queryset)

    def _mark_pools(self, shop_ids: Sequence[int]) -> None:
        mark_shops(shop_ids)
        mark_shares(list(Share.objects.filter(shop__in=shop_ids).values_list("pk", flat=True)))

    @admin.display(description=gettext_lazy("platform"), ordering="platform")
    def platform_label(self, shop: Shop) -> SafeString | str:
        """The platform's name, and whether it can be published to."""
        label = dict(registry.known()).get(shop.platform, shop.platform)
        if registry.is_connected(shop.platform):
            return str(label)
        return format_html('{} <span class="op-note">{}</span>', label, _("not connected"))

    @admin.display(description=gettext_lazy("pools"), ordering="pool_total")
    def pools(self, shop: Any) -> int:
        """How many pools it has an active share of."""
        return int(shop.pool_total)

    @admin.display(description=gettext_lazy("listings"), ordering="listing_total")
    def listing_link(self, shop: Any) -> SafeString:
        """To its listings."""
        return link(shop.listing_total, "channels_listing_changelist", query=f"shop__id__exact={shop.pk}")

    @admin.display(description=gettext_lazy("waiting"), ordering="late")
    def waiting(self, shop: Any) -> SafeString | str:
        """To the numbers that aren't on the platform yet."""
        if not shop.late:
            return ""
        return link(shop.late, "channels_listingtarget_changelist", query=f"shop__id__exact={shop.pk}&waiting=1")

    @dialog(
        DialogForm,
        gettext_lazy("Test connection"),
        icon="cable",
        permissions=["channels.change_shop"],
        help=gettext_lazy("Asks the platform for the shop's first items with the saved settings. Nothing is changed."),
    )
    def test_connection(self, request: HttpRequest, form: DialogForm) -> str:
        """Ask the platform for a page of items."""
        try:
            page = connect(int(str(form.object_id))).list_items()
        except PlatformError as error:
            raise Conflict(error.message) from error
        return _("The platform answers: %(count)d items on the first page.") % {"count": len(page.items)}
