"""The page of one strategy: its versions, and what can be done with them."""

from collections.abc import Callable, Sequence
from datetime import MAXYEAR, datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.admin_base import actor_of, read_id
from core.errors import DomainError, InvalidInput
from strategies.actions import cancel_plan, publish_version, retire_strategy, roll_back
from strategies.admin.choices import find_kind_or_404
from strategies.admin.editor import require
from strategies.admin.findings import say_findings
from strategies.admin.wording import SaidVersion, say_version, say_versions
from strategies.models import Strategy, StrategyVersion
from strategies.selectors import compare_versions, lint_draft
from strategies.selectors.outlooks import count_published, count_retired


def strategy_page(request: HttpRequest, pk: str) -> HttpResponse:
    """A strategy with its history; the versions `from` and `to` are compared in words."""
    require(request, "strategies.view_strategy")
    strategy = get_object_or_404(Strategy, pk=read_id(pk))
    kind = find_kind_or_404(strategy.kind)
    versions = say_versions(kind, strategy.versions.order_by("-number"))
    in_force = next((each for each in versions if each.version.state == "published"), None)
    compared = _compared(request, strategy)
    context = {
        **admin.site.each_context(request),
        "title": strategy.name,
        "strategy": strategy,
        "kind": kind,
        "versions": versions,
        "in_force": in_force,
        "shown": in_force or versions[0],
        "simulation": simulation_url(request, versions[0].version),
        "compared": compared,
        "compared_from": (compared[0] if compared else _earlier(versions, in_force).version).number,
        "compared_to": (compared[1] if compared else versions[0].version).number,
        "changes": compare_versions(*compared) if compared else None,
    }
    return TemplateResponse(request, "strategies/strategy.html", context)


def publish_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Ask whether a draft shall decide from now on or from a time, and have it do so."""
    version = _find_version(request, pk, number)

    def work() -> str:
        at = _asked_time(request)
        publish_version(version, at=at, actor=actor_of(request))
        if at is None:
            return _("Version %(number)d is in force.") % {"number": number}
        return _("Version %(number)d will be published %(time)s.") % {
            "number": number,
            "time": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"),
        }

    def ask() -> dict[str, Any]:
        return {
            "heading": _("Publish version %(number)d of %(name)s") % _names(version),
            "button": _("Publish"),
            "can_plan": True,
            "planned": request.POST.get("at") or _local(version.publish_at),
            **_outlook(version),
        }

    return _confirm(request, version, work, ask)


def roll_back_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Ask whether an earlier version shall be in force again, and have it so."""
    version = _find_version(request, pk, number)

    def work() -> str:
        made = roll_back(version.strategy, to_version=version, actor=actor_of(request))
        return _("Rolled back: version %(new)d says what version %(old)d said, and is in force.") % {
            "new": made.number,
            "old": number,
        }

    def ask() -> dict[str, Any]:
        heading = _("Roll back to version %(number)d of %(name)s") % _names(version)
        return {"heading": heading, "button": _("Roll back"), **_outlook(version)}

    return _confirm(request, version, work, ask)


def unplan_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Ask whether a planned version shall stay a draft, and have it so."""
    version = _find_version(request, pk, number)

    def work() -> str:
        cancel_plan(version, actor=actor_of(request))
        return _("Version %(number)d isn't planned any more; it stays as a draft.") % {"number": number}

    def ask() -> dict[str, Any]:
        heading = _("Don't publish version %(number)d of %(name)s") % _names(version)
        return {"heading": heading, "button": _("Call the plan off")}

    return _confirm(request, version, work, ask)


def retire_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a strategy shall decide nothing any more, and have it so."""
    require(request, "strategies.publish_strategy")
    version = get_object_or_404(StrategyVersion.objects.select_related("strategy"), strategy=pk, state="published")

    def work() -> str:
        retire_strategy(version.strategy, actor=actor_of(request))
        return _("The strategy is retired: those below it decide, or the settings.")

    def ask() -> dict[str, Any]:
        heading = _("Retire %(name)s") % _names(version)
        return {"heading": heading, "button": _("Retire"), "moved": count_retired(version.strategy)}

    return _confirm(request, version, work, ask)


def simulation_url(request: HttpRequest, version: StrategyVersion | None) -> str:
    """Where a draft is simulated; empty for anything else, and for those who may not."""
    if version is None or version.state != StrategyVersion.State.DRAFT:
        return ""
    if not request.user.has_perms(["channels.add_simulation", "channels.change_simulation"]):
        return ""
    return f"{reverse('admin:simulation')}?version={version.pk}"


def _find_version(request: HttpRequest, pk: int, number: int) -> StrategyVersion:
    require(request, "strategies.publish_strategy")
    return get_object_or_404(StrategyVersion.objects.select_related("strategy"), strategy=pk, number=number)


def _confirm(
    request: HttpRequest, version: StrategyVersion, work: Callable[[], str], ask: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The question, or the work; what refuses it stands above the question. Only who is asked waits for the outlook."""
    problems: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, work())
        except DomainError as error:
            problems = [fault.message for fault in error.errors] or [error.detail]
        else:
            return HttpResponseRedirect(reverse("admin:strategies_strategy_change", args=[version.strategy_id]))
    asked = ask()
    page = {
        **admin.site.each_context(request),
        "title": asked["heading"],
        "strategy": version.strategy,
        "words": say_version(find_kind_or_404(version.strategy.kind), version),
        "problems": problems,
        "findings": None,
        "zone": timezone.get_default_timezone_name(),
        "simulation": simulation_url(request, version),
        **asked,
    }
    return TemplateResponse(request, "strategies/confirm.html", page)


def _outlook(version: StrategyVersion) -> dict[str, Any]:
    """What is odd about a version, what it says otherwise than the one in force, and how many SKUs it would win."""
    in_force = version.strategy.versions.filter(state=StrategyVersion.State.PUBLISHED).first()
    return {
        "findings": _findings(version),
        "changes": compare_versions(in_force, version) if in_force else [],
        "moved": count_published(version),
    }


def _findings(version: StrategyVersion) -> list[str]:
    said = say_findings(find_kind_or_404(version.strategy.kind), lint_draft(version))
    return [finding.sentence for finding in said]


def _earlier(versions: Sequence[SaidVersion], in_force: SaidVersion | None) -> SaidVersion:
    """What the newest version is compared with unless somebody says otherwise."""
    if in_force is None or in_force is versions[0]:
        return versions[min(1, len(versions) - 1)]
    return in_force


def _names(version: StrategyVersion) -> dict[str, Any]:
    return {"number": version.number, "name": version.strategy.name}


def _asked_time(request: HttpRequest) -> datetime | None:
    if request.POST.get("when") != "later":
        return None
    text = request.POST.get("at", "")
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    # At the end of the calendar, the moment may have no date in another zone, and could be stored but not read.
    if at is None or at.year == MAXYEAR:
        raise InvalidInput(_("Say at which time."))
    at = timezone.make_aware(at) if timezone.is_naive(at) else at
    if at <= timezone.now():
        raise InvalidInput(_("This time has passed already."))
    return at


def _local(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else ""


def _compared(request: HttpRequest, strategy: Strategy) -> Sequence[StrategyVersion]:
    numbers = [read_id(request.GET.get(name, "")) for name in ("from", "to")]
    found = {version.number: version for version in strategy.versions.all()}
    return tuple(found[number] for number in numbers if number) if set(numbers) <= found.keys() else ()
