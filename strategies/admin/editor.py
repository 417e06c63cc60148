"""The editor: its page, the look at what is matched while one edits, and saving a draft."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.admin_base import read_id
from strategies.admin.choices import describe_facts, find_kind_or_404, group_facts, label_values
from strategies.admin.drafts import Draft, load_form, read_draft
from strategies.admin.operators import list_operators
from strategies.admin.wording import say
from strategies.models import Strategy, StrategyVersion
from strategies.registry import Kind, all_kinds
from strategies.rules.shapes import Conditions
from strategies.selectors.matches import MatchedSku, find_matches

PLACES_SHOWN = 6


def new_page(request: HttpRequest) -> HttpResponse:
    """The editor of a new strategy of the kind `kind`, or of the first one."""
    require(request, "strategies.add_strategy")
    kind = find_kind_or_404(request.GET.get("kind") or all_kinds()[0].key)
    return _page(request, kind, Strategy(kind=kind.key), None)


def edit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor of the next version, which starts as the latest one or as the version `version`."""
    require(request, "strategies.change_strategy")
    strategy = get_object_or_404(Strategy, pk=pk)
    versions = {version.number: version for version in strategy.versions.all()}
    wanted = read_id(request.GET.get("version", ""))
    version = versions.get(max(versions) if wanted is None else wanted)
    if version is None:
        raise Http404
    return _page(request, find_kind_or_404(strategy.kind), strategy, version, newest=max(versions))


def look_view(request: HttpRequest, kind: str) -> JsonResponse:
    """What a draft says in words and matches now, or what is wrong with it; nothing is saved.

    Answers the faults, and `words`, `skus`, `cells` (None where something is wrong), `sample`.
    """
    require(request, "strategies.view_strategy")
    found = find_kind_or_404(kind)
    draft = read_draft(found, request.POST)
    return JsonResponse(
        {**draft.answer(), "words": say(found, draft.conditions, draft.action), **_matches(found, draft)}
    )


def require(request: HttpRequest, permission: str) -> None:
    """Refuse without the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _page(
    request: HttpRequest, kind: Kind, strategy: Strategy, version: StrategyVersion | None, newest: int | None = None
) -> HttpResponse:
    conditions = Conditions.model_validate(version.conditions if version else {})
    form = load_form(kind, initial=version.action if version else {})
    back = (
        reverse("admin:strategies_strategy_change", args=[strategy.pk])
        if version
        else reverse("admin:strategies_strategy_changelist") + f"?kind={kind.key}"
    )
    context = {
        **admin.site.each_context(request),
        "title": _("Edit the strategy") if version else _("New strategy: %(kind)s") % {"kind": kind.label},
        "subtitle": strategy.name,
        "kind": kind,
        "strategy": strategy,
        "newest": newest,
        "form": form,
        "form_template": getattr(form, "editor_template", "strategies/_action.html"),
        "place": kind.place_label,
        "cells_label": _("SKUs × %(place)s") % {"place": kind.place_label},
        "headings": group_facts(kind),
        "back": back,
        "data": _editor_data(kind, strategy, conditions),
    }
    return TemplateResponse(request, "strategies/editor.html", context)


def _editor_data(kind: Kind, strategy: Strategy, conditions: Conditions) -> dict[str, Any]:
    save = (
        reverse("admin:strategy_save", args=[strategy.pk])
        if strategy.pk
        else reverse("admin:strategy_create", args=[kind.key])
    )
    return {
        "facts": describe_facts(kind),
        "operators": list_operators(),
        "conditions": conditions.model_dump(mode="json"),
        "labels": label_values(kind, conditions),
        "urls": {
            "choices": reverse("admin:strategy_choices", args=[kind.key]),
            "look": reverse("admin:strategy_look", args=[kind.key]),
            "save": save,
        },
        "texts": {
            "incomplete": _("This row isn't complete."),
            "rows": _("Some rows aren't complete. Fill them in or remove them."),
            "refused": _("Nothing has been saved. Look at the marked places."),
            "unsaved": _(
                "Nothing has been saved: the server can't be reached. What you have entered is kept; "
                "try again in a moment."
            ),
        },
    }


def _matches(kind: Kind, draft: Draft) -> dict[str, Any]:
    if draft.conditions is None:
        return {"skus": None, "cells": None, "sample": []}
    found = find_matches(kind, draft.conditions, timezone.localtime())
    return {
        "skus": found.skus,
        "skus_shown": number_format(found.skus, force_grouping=True),
        "cells": found.cells,
        "cells_shown": number_format(found.cells, force_grouping=True),
        "sample": [{"words": sku.words, "places": _places(sku)} for sku in found.sample],
    }


def _places(sku: MatchedSku) -> str:
    if sku.places is None:
        return _("everywhere")
    shown, rest = sku.places[:PLACES_SHOWN], len(sku.places) - PLACES_SHOWN
    return ", ".join(shown) + (_(" and %(count)d more") % {"count": rest} if rest > 0 else "")
