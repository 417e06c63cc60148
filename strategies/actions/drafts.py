"""Drafts: what somebody writes down, and nobody sees any effect of before it is published."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from strategies.actions.changing import lock_kind
from strategies.actions.contents import Content, Given, check_content, find_known_kind
from strategies.models import Strategy, StrategyEvent, StrategyVersion

Verb = StrategyEvent.Verb


@transaction.atomic
def create_strategy(
    *, kind: str, code: str, name: str, conditions: Given, action: Given, note: str = "", actor: str
) -> StrategyVersion:
    """A new strategy, the last in its kind; its first draft. InvalidInput for what doesn't fit."""
    content = check_content(find_known_kind(kind), conditions, action, note)
    _check_label("code", code, 64)
    _check_label("name", name, 200)
    lock_kind(kind)
    if Strategy.objects.filter(kind=kind, code=code).exists():
        raise _refuse("code", _("There is a strategy with this code already."))
    strategy = add_strategy(kind, code, name, actor)
    version = add_version(strategy, content, actor)
    log(Verb.CREATED, strategy, version, actor)
    return version


@transaction.atomic
def save_draft(strategy: Strategy, *, conditions: Given, action: Given, note: str = "", actor: str) -> StrategyVersion:
    """The content as the newest version: a new draft, or the newest one if it says the same already."""
    content = check_content(find_known_kind(strategy.kind), conditions, action, note)
    lock_kind(strategy.kind)
    newest = strategy.versions.order_by("-number").first()
    if newest is not None and content_of(newest) == content:
        return newest
    version = add_version(strategy, content, actor)
    log(Verb.SAVED, strategy, version, actor)
    return version


@transaction.atomic
def rename_strategy(strategy: Strategy, *, name: str, actor: str) -> None:
    """Give the strategy another name; its code stays."""
    _check_label("name", name, 200)
    lock_kind(strategy.kind)
    set_name(strategy, name, actor)


def add_strategy(kind: str, code: str, name: str, actor: str) -> Strategy:
    """A new strategy behind all others of its kind; the kind is locked."""
    last = Strategy.objects.filter(kind=kind).aggregate(last=Max("position"))["last"] or 0
    return Strategy.objects.create(
        kind=kind, code=code, name=name, position=last + 1, created_at=timezone.now(), created_by=actor
    )


def set_name(strategy: Strategy, name: str, actor: str) -> None:
    """Give the strategy a name if it has another; the kind is locked."""
    before = Strategy.objects.values_list("name", flat=True).get(pk=strategy.pk)
    if before != name:
        strategy.name = name
        strategy.save(update_fields=["name"])
        log(Verb.RENAMED, strategy, None, actor, before=before, after=name)


def add_version(strategy: Strategy, content: Content, actor: str) -> StrategyVersion:
    """The content as the next version, a draft; the kind is locked."""
    newest = strategy.versions.aggregate(newest=Max("number"))["newest"] or 0
    return StrategyVersion.objects.create(
        strategy=strategy, number=newest + 1, author=actor, created_at=timezone.now(), **content._asdict()
    )


def content_of(version: StrategyVersion) -> Content:
    """What the version says."""
    return Content(version.conditions, version.action, version.note)


def log(
    verb: StrategyEvent.Verb, strategy: Strategy, version: StrategyVersion | None, actor: str, **details: object
) -> None:
    """Note something that leaves what is in force as it is; the kind is locked."""
    StrategyEvent.objects.create(
        kind=strategy.kind,
        strategy=strategy,
        version=version,
        verb=verb,
        actor=actor,
        at=timezone.now(),
        details=details,
    )


def _check_label(field: str, text: str, most: int) -> None:
    if not text or text != text.strip() or not text.isprintable():
        raise _refuse(field, _("This must be one line of text that neither begins nor ends with a blank."))
    if len(text) > most:
        raise _refuse(field, _("This is longer than %(most)d characters.") % {"most": most})


def _refuse(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, [FieldError(field, message)])
