"""Pages that others link to: simulate a draft, and "Which strategy decides here?"."""

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from channels.explain.selectors.search import find_sku, search_skus, shop_choices
from channels.explain.urls import pages as explaining_pages
from channels.shops.models import Shop
from channels.simulation.actions import add_edit, run_simulation, simulate_version
from channels.simulation.admin.simulations import page_url
from channels.simulation.models import Simulation
from channels.simulation.rules.edits import PublishVersion
from channels.simulation.selectors.deciding import find_decisions
from channels.simulation.selectors.results import find_about
from core.admin_base import actor_of, read_id
from core.errors import DomainError
from inventory.supply.models import Pool
from inventory.warehouses.selectors import workplaces
from strategies.models import StrategyVersion


def simulate(request: HttpRequest) -> HttpResponse:
    """Simulate a draft: `?version=` is its id, or `?strategy=` that of a strategy, whose latest draft is meant."""
    version = _find_version(request)
    if not request.user.has_perms(["channels.add_simulation", "channels.change_simulation"]):
        raise PermissionDenied
    if request.method == "POST":
        return _start(request, version)
    found = find_about(version)
    others = Simulation.objects.exclude(pk__in=[each.pk for each in found])[:50]
    title = _("Simulate %(version)s") % {"version": f"{version.strategy.name} v{version.number}"}
    return _page(request, "simulation/simulate.html", title, version=version, found=found, others=others)


def which_strategy(request: HttpRequest) -> HttpResponse:
    """Which strategies decide a SKU in a shop, now or at a moment in the past, and why."""
    user: AbstractUser | AnonymousUser = request.user
    if not user.has_perm("strategies.view_strategy"):
        raise PermissionDenied
    if workplaces(user) is not None:
        raise PermissionDenied(_("Your account sees single warehouses, not the numbers of shops."))
    shop, text, pool = (request.GET.get(name, "").replace("\0", "").strip() for name in ("shop", "sku", "pool"))
    at, wrong = _read_moment(request.GET.get("at", ""))
    sku, seller = find_sku(text), Shop.objects.filter(code=shop).first()
    asked = sku is not None and seller is not None and not wrong
    return _page(
        request,
        "simulation/which.html",
        _("Which strategy decides here?"),
        shops=shop_choices(),
        shop=shop,
        text=text,
        pools=list(Pool.objects.order_by("code").values_list("code", "name")),
        pool=pool,
        at=request.GET.get("at", ""),
        moment=at,
        wrong=wrong,
        sku=sku,
        found=search_skus(text) if sku is None else [],
        decisions=find_decisions(sku, seller, at, pool) if asked and sku and seller else None,
    )


def extra_pages() -> list[URLPattern]:
    """These pages and those that explain."""
    guard = admin.site.admin_view
    return [
        *explaining_pages(),
        path("simulate/", guard(simulate), name="simulation"),
        path("which-strategy/", guard(which_strategy), name="which_strategy"),
    ]


admin.site.extra_urls = extra_pages  # type: ignore[attr-defined]


def _start(request: HttpRequest, version: StrategyVersion) -> HttpResponse:
    """Make or extend a simulation and run it at once."""
    user, actor = request.user, actor_of(request)
    if not isinstance(user, AbstractUser):
        raise PermissionDenied
    wanted = request.POST.get("simulation", "")
    extended = get_object_or_404(Simulation, pk=read_id(wanted)) if wanted else None
    simulation = extended or simulate_version(version, actor=actor)
    try:
        if extended:
            add_edit(extended.pk, PublishVersion(id=version.pk), actor=actor)
        run_simulation(simulation.pk, user=user)
    except DomainError as refused:
        messages.error(request, refused.detail)
    return HttpResponseRedirect(page_url(simulation.pk))


def _find_version(request: HttpRequest) -> StrategyVersion:
    version, strategy = (read_id(request.GET.get(name, "")) for name in ("version", "strategy"))
    versions = StrategyVersion.objects.select_related("strategy")
    found = None
    if version is not None:
        found = versions.filter(pk=version).first()
    elif strategy is not None:
        drafts = versions.filter(strategy_id=strategy, state=StrategyVersion.State.DRAFT)
        found = drafts.order_by("-number").first()
    if found is None:
        raise Http404(_("There is no such draft to simulate."))
    return found


def _read_moment(text: str) -> tuple[datetime | None, str]:
    """(the moment, None for now; what is wrong with it)."""
    if not text.strip():
        return None, ""
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        moment = None
    # At the ends of the calendar, the moment may have no date in another zone.
    if moment is None or moment.year in (MINYEAR, MAXYEAR):
        return None, _("This is no date and time.")
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return (None, _("This lies in the future.")) if moment > timezone.now() else (moment, "")


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})
