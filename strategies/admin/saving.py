"""What the editor's button does: a new strategy with its first draft, or the next draft of one."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from pydantic import BaseModel

from core.admin_base import actor_of
from core.errors import DomainError
from strategies.actions import create_strategy, rename_strategy, save_draft
from strategies.admin.choices import find_kind_or_404
from strategies.admin.drafts import Draft, read_draft
from strategies.admin.editor import require
from strategies.models import Strategy, StrategyVersion
from strategies.rules.shapes import Conditions


def create_view(request: HttpRequest, kind: str) -> JsonResponse:
    """Make a strategy of the kind; `url` of its page, or what is wrong."""
    require(request, "strategies.add_strategy")
    draft = read_draft(find_kind_or_404(kind), request.POST)

    def save(conditions: Conditions, action: BaseModel) -> StrategyVersion:
        return create_strategy(
            kind=kind,
            code=_free_code(kind),
            name=_text(request, "name"),
            conditions=conditions,
            action=action,
            note=_text(request, "note"),
            actor=actor_of(request),
        )

    return _answer(request, draft, save)


def save_view(request: HttpRequest, pk: int) -> JsonResponse:
    """Save the next draft of a strategy; `url` of its page, or what is wrong."""
    require(request, "strategies.change_strategy")
    strategy = get_object_or_404(Strategy, pk=pk)
    draft = read_draft(find_kind_or_404(strategy.kind), request.POST)
    newest = strategy.versions.order_by("-number").first()

    def save(conditions: Conditions, action: BaseModel) -> StrategyVersion:
        actor = actor_of(request)
        with transaction.atomic():
            rename_strategy(strategy, name=_text(request, "name"), actor=actor)
            return save_draft(strategy, conditions=conditions, action=action, note=_text(request, "note"), actor=actor)

    answer = _answer(request, draft, save)
    if newest is not None and str(newest.number) != request.POST.get("newest", ""):
        messages.warning(request, _overtaken(newest))
    return answer


def _answer(
    request: HttpRequest, draft: Draft, save: Callable[[Conditions, BaseModel], StrategyVersion]
) -> JsonResponse:
    if draft.content is not None:
        try:
            version = save(*draft.content)
        except DomainError as error:
            draft.refuse(error)
        else:
            messages.success(request, _("Version %(number)d is saved.") % {"number": version.number})
            return JsonResponse({"url": reverse("admin:strategies_strategy_change", args=[version.strategy_id])})
    return JsonResponse(draft.answer())


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()


def _overtaken(newest: StrategyVersion) -> str:
    return _("Meanwhile %(name)s has saved version %(number)d. Compare the two before you publish one.") % {
        "name": newest.author,
        "number": newest.number,
    }


def _free_code(kind: str) -> str:
    """A code nobody has to think of: the next number of its kind."""
    codes = set(Strategy.objects.filter(kind=kind).values_list("code", flat=True))
    number = len(codes) + 1
    while f"{kind}-{number:03d}" in codes:
        number += 1
    return f"{kind}-{number:03d}"
