"""From "add an edit" to its form: which thing it is about is found by words first."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.shops.models import Listing, Share, Shop
from channels.simulation.admin.forms import (
    DefaultPolicyForm,
    LinkEditForm,
    ListingPolicyForm,
    OrderForm,
    PoolEditForm,
    ShareEditForm,
    ShopPolicyForm,
)
from channels.simulation.models import Simulation
from channels.simulation.rules.edits import PublishVersion, ReorderStrategies, RetireStrategy, read_edits
from channels.simulation.selectors.words import kind_of_edit
from channels.sync.models import SyncDefaults
from core.admin_base import read_id
from inventory.supply.models import Pool, SupplyLink
from strategies.models import Strategy, StrategyVersion

MOST = 50

FORMS: dict[str, tuple[type[Model], Any]] = {
    "set_link": (SupplyLink, LinkEditForm),
    "set_share": (Share, ShareEditForm),
    "set_pool": (Pool, PoolEditForm),
    "shop": (Shop, ShopPolicyForm),
    "listing": (Listing, ListingPolicyForm),
    "default": (SyncDefaults, DefaultPolicyForm),
}


class _Chosen:
    """Choosing the thing says everything already."""

    is_bound = True

    def __init__(self, edit: PublishVersion | RetireStrategy) -> None:
        self.edit = edit

    def is_valid(self) -> bool:
        """It was chosen from a list."""
        return True

    def to_edit(self) -> PublishVersion | RetireStrategy:
        """The edit."""
        return self.edit


def form_for(request: HttpRequest, simulation: Simulation, do: str) -> Any:
    """The form of an edit of the thing in the address; None while nothing is chosen. Http404 for what isn't there."""
    level = request.GET.get("level", "")
    chosen = read_id(request.GET.get("id", ""))
    if do == "set_policy" and level == "default":
        SyncDefaults.objects.get_or_create(pk=1)
        chosen = 1
    if do in ("publish_version", "retire_strategy"):
        wanted = read_id(request.POST.get("id", ""))
        return None if wanted is None else _choose_strategy(do, wanted)
    if chosen is None:
        return None
    if do == "reorder_strategies":
        return _order_form(request, simulation, chosen)
    key = level if do == "set_policy" else do
    if key not in FORMS:
        raise Http404
    model, form_class = FORMS[key]
    thing = model._default_manager.filter(pk=chosen).first()  # noqa: SLF001 — public for all but its name
    if thing is None:
        raise Http404
    form = form_class(request.POST or None, instance=thing)
    form.about = str(thing)
    return form


def choose_thing(request: HttpRequest, simulation: Simulation, do: str) -> dict[str, Any]:
    """What the page to choose from shows: the things that match the words, with the address of each one's form."""
    level, words = request.GET.get("level", "shop"), request.GET.get("q", "").strip().replace("\0", "")
    rows = _things(request, do, level, words)
    base = reverse("admin:channels_simulation_edit", args=[simulation.pk, do])
    query = f"level={level}&" if do == "set_policy" else ""
    posted = do in ("publish_version", "retire_strategy")
    return {
        "what": kind_of_edit(do),
        "words": words,
        "do": do,
        "level": level,
        "levels": _levels(base) if do == "set_policy" else [],
        "posted": posted,
        "rows": [(row.pk, _name(row), f"{base}?{query}id={row.pk}") for row in rows[:MOST]],
        "more": len(rows) > MOST,
    }


def _levels(base: str) -> list[tuple[str, str, str]]:
    names = {"shop": _("Shops"), "listing": _("Listings"), "default": _("Default sync policy")}
    return [(level, name, f"{base}?level={level}") for level, name in names.items()]


def _things(request: HttpRequest, do: str, level: str, words: str) -> Sequence[Model]:
    if do == "publish_version":
        drafts = StrategyVersion.objects.filter(state=StrategyVersion.State.DRAFT).select_related("strategy")
        return _named(drafts, words, "strategy__name", "strategy__code", order=("strategy", "-number"))
    if do == "retire_strategy":
        published = Strategy.objects.filter(versions__state=StrategyVersion.State.PUBLISHED)
        return _named(published, words, "name", "code", order=("kind", "position"))
    if do == "reorder_strategies":
        return _named(Strategy.objects.all(), words, "name", "code", order=("kind", "position"))
    model, _form = FORMS[level if do == "set_policy" and level in FORMS else do if do in FORMS else "shop"]
    page: Any = admin.site._registry[model]  # noqa: SLF001 — the site has no public list of its pages
    found, several = page.get_search_results(request, page.get_queryset(request), words)
    return list((found.distinct() if several else found)[: MOST + 1])


def _named(rows: QuerySet[Any], words: str, *fields: str, order: Sequence[str]) -> Sequence[Model]:
    found = rows.none()
    for field in fields:
        found = found | rows.filter(**{f"{field}__icontains": words})
    return list(found.distinct().order_by(*order)[: MOST + 1])


def _name(row: Model) -> str:
    if isinstance(row, Listing):
        return f"{row.shop.code} {row.code} {row.title}"
    if isinstance(row, StrategyVersion):
        note = f" – {row.note}" if row.note else ""
        return f"{row.strategy.name} v{row.number}{note}"
    return str(row)


def _choose_strategy(do: str, pk: int) -> _Chosen:
    edit = PublishVersion(id=pk) if do == "publish_version" else RetireStrategy(id=pk)
    model: type[Model] = StrategyVersion if do == "publish_version" else Strategy
    if not model._default_manager.filter(pk=pk).exists():  # noqa: SLF001 — public for all but its name
        raise Http404
    return _Chosen(edit)


def _order_form(request: HttpRequest, simulation: Simulation, pk: int) -> OrderForm:
    """On the order that the simulation tries already, if it does."""
    strategy = Strategy.objects.filter(pk=pk).first()
    if strategy is None:
        raise Http404
    order = list(Strategy.objects.filter(kind=strategy.kind).order_by("position").values_list("pk", flat=True))
    for edit in read_edits(simulation.edits):
        if isinstance(edit, ReorderStrategies) and edit.kind == strategy.kind and set(edit.order) == set(order):
            order = list(edit.order)
    form = OrderForm(request.POST or None, strategy=strategy, order=order)
    vars(form)["about"] = str(strategy)
    return form
