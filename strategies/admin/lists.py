"""The list of a kind's strategies, what each decides now, and the change of their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin_base import actor_of, read_id
from core.errors import DomainError
from strategies.actions import reorder
from strategies.admin.choices import find_kind_or_404
from strategies.admin.editor import require
from strategies.admin.findings import say_findings
from strategies.admin.wording import SaidVersion, say_versions
from strategies.models import Strategy, StrategyVersion
from strategies.registry import Kind, all_kinds
from strategies.selectors import lint
from strategies.selectors.outlooks import count_decided, count_reordered


@dataclass(frozen=True, slots=True)
class ListedStrategy:
    """A line of the list: where it stands in the whole order, and its versions that matter."""

    pk: int
    code: str
    name: str
    place: int
    in_force: SaidVersion | None
    draft: SaidVersion | None  # the newest one that was never published, if it is newer than what is in force
    latest: SaidVersion


def list_page(request: HttpRequest) -> HttpResponse:
    """The strategies of the kind `kind`, searched by `q` and filtered by `state`."""
    require(request, "strategies.view_strategy")
    kinds = all_kinds()
    kind = find_kind_or_404(request.GET.get("kind") or kinds[0].key)
    query, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    listed = list_strategies(kind)
    rows = [row for row in listed if _has_state(row, state) and _has_words(row, query)]
    filtered = len(rows) < len(listed)
    may_order = request.user.has_perm("strategies.publish_strategy")
    context = {
        **admin.site.each_context(request),
        "title": _("Strategies"),
        "kinds": kinds,
        "kind": kind,
        "rows": rows,
        "total": len(listed),
        "query": query,
        "state": state,
        "states": _states(),
        "filtered": filtered,
        "can_order": may_order and not filtered and len(rows) > 1,
        "data": _list_data(kind, listed),
    }
    return TemplateResponse(request, "strategies/list.html", context)


def figures_view(request: HttpRequest, kind: str) -> JsonResponse:
    """What each strategy in force decides now, and what lint says: `{"strategies": {id: {skus, labels, findings}}}`."""
    require(request, "strategies.view_strategy")
    found = find_kind_or_404(kind)
    answer: dict[int, dict[str, Any]] = {
        strategy_id: {"skus": number_format(skus, force_grouping=True), "labels": [], "findings": []}
        for strategy_id, skus in count_decided(found.key).items()
    }
    for finding in say_findings(found, lint(found.key)):
        line = answer.setdefault(finding.strategy_id, {"skus": None, "labels": [], "findings": []})
        line["findings"].append(finding.sentence)
        if finding.label not in line["labels"]:
            line["labels"].append(finding.label)
    return JsonResponse({"strategies": answer})


def order_look_view(request: HttpRequest, kind: str) -> JsonResponse:
    """How many SKUs another order would give another winner: `skus` and `words`, or `problem`."""
    require(request, "strategies.publish_strategy")
    found = find_kind_or_404(kind)
    try:
        count = count_reordered(found.key, _asked_order(request))
    except DomainError as error:
        return JsonResponse({"problem": error.detail})
    words = ngettext(
        "%(count)s SKU would be decided by another strategy than now.",
        "%(count)s SKUs would be decided by another strategy than now.",
        count,
    ) % {"count": number_format(count, force_grouping=True)}
    return JsonResponse({"skus": count, "words": words if count else _("No SKU would be decided by another strategy.")})


def order_save_view(request: HttpRequest, kind: str) -> JsonResponse:
    """Put the strategies in the order of `ids`: nothing, or `problem`."""
    require(request, "strategies.publish_strategy")
    found = find_kind_or_404(kind)
    try:
        reorder(found.key, _asked_order(request), actor=actor_of(request))
    except DomainError as error:
        return JsonResponse({"problem": error.detail})
    return JsonResponse({})


def list_strategies(kind: Kind) -> list[ListedStrategy]:
    """Every strategy of a kind, in order."""
    said: dict[int, list[SaidVersion]] = {}
    for each in say_versions(kind, _shown_versions(kind)):
        said.setdefault(each.version.strategy_id, []).append(each)
    strategies = Strategy.objects.filter(kind=kind.key).order_by("position")
    return [_line(place, strategy, said[strategy.pk]) for place, strategy in enumerate(strategies, 1)]


def _shown_versions(kind: Kind) -> QuerySet[StrategyVersion]:
    """The latest of each strategy, and those in force."""
    versions = StrategyVersion.objects.filter(strategy__kind=kind.key)
    latest = versions.order_by("strategy_id", "-number").distinct("strategy_id").values("pk")
    return versions.filter(Q(pk__in=latest) | Q(state=StrategyVersion.State.PUBLISHED))


def _line(place: int, strategy: Strategy, said: Sequence[SaidVersion]) -> ListedStrategy:
    latest = max(said, key=lambda each: each.version.number)
    in_force = next((each for each in said if each.version.state == "published"), None)
    draft = latest if latest.version.state == "draft" else None
    return ListedStrategy(strategy.pk, strategy.code, strategy.name, place, in_force, draft, latest)


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("All states")),
        ("in_force", _("In force")),
        ("draft", _("With a draft")),
        ("planned", _("Planned")),
        ("off", _("Not in force")),
    ]


def _has_state(row: ListedStrategy, state: str) -> bool:
    planned = row.draft is not None and row.draft.version.publish_at is not None
    wanted = {
        "in_force": row.in_force is not None,
        "draft": row.draft is not None,
        "planned": planned,
        "off": row.in_force is None,
    }
    return wanted.get(state, True)


def _has_words(row: ListedStrategy, query: str) -> bool:
    said = " ".join(each.words for each in (row.in_force, row.latest) if each is not None)
    text = f"{row.code} {row.name} {said}".casefold()
    return all(word in text for word in query.casefold().split())


def _list_data(kind: Kind, listed: Iterable[ListedStrategy]) -> dict[str, Any]:
    return {
        "order": [row.pk for row in listed],
        "urls": {
            "figures": reverse("admin:strategy_figures", args=[kind.key]),
            "look": reverse("admin:strategy_order_look", args=[kind.key]),
            "save": reverse("admin:strategy_order_save", args=[kind.key]),
        },
        "texts": {"unreachable": _("The server can't be reached. Try again in a moment.")},
    }


def _asked_order(request: HttpRequest) -> list[int]:
    return [pk for text in request.POST.getlist("ids") if (pk := read_id(text)) is not None]
