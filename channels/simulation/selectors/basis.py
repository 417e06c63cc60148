"""What the data was when a result was made, and what has moved since."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import models
from django.db.models import Max
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.shops.models import Listing, ListingPart, Share, Shop
from channels.simulation.models import Simulation
from channels.simulation.selectors.digests import name_changed, read_digests
from channels.sync.models import SyncDefaults
from core.models import Job
from core.sheets.jobs import IMPORT
from inventory.catalogue.models import Category
from inventory.ledger.models import Hold, LedgerEntry
from inventory.supply.models import LinkOverride, NetworkVersion, Pool, Supply, SupplyLink
from inventory.warehouses.models import FunctionalWarehouse, Warehouse
from strategies.models import StrategyEvent, StrategyToken

NETWORK = (SupplyLink, LinkOverride, Supply, Pool, Share, Shop, Warehouse, FunctionalWarehouse, Category)
NAMED = 5  # so many of the changes are named; of more, only the last


def read_basis(now: datetime) -> dict[str, Any]:
    """Where everything that numbers follow from stands."""
    return {
        "at": now.isoformat(),
        "ledger": _last(LedgerEntry),
        "holds": _last(Hold),
        "event": _last(StrategyEvent),
        "network": str(NetworkVersion.objects.values_list("token", flat=True).first()),
        "policies": _digest_policies(),
        "listings": [_last(Listing), _last(ListingPart)],
        "digests": read_digests(),
        "strategies": _read_tokens(),
    }


def find_moves(simulation: Simulation) -> list[str]:
    """What has moved since the result was made, in sentences; none when it still holds or there is no result."""
    if simulation.computed_at is None:
        return []
    found = [_("The edits have changed.")] if simulation.edits != simulation.computed_edits else []
    before = simulation.basis
    at = parse_datetime(before["at"]) or simulation.computed_at
    found += [*_stock_moves(before), *_network_moves(before, at), *_data_moves(before)]
    return [*found, *_strategy_moves(before, at)]


def _stock_moves(before: Mapping[str, Any]) -> Iterator[str]:
    entries = LedgerEntry.objects.filter(pk__gt=before["ledger"]).count()
    if entries:
        words = ngettext("Stock has moved: %(count)d entry.", "Stock has moved: %(count)d entries.", entries)
        yield words % {"count": entries}
    opened = Hold.objects.filter(pk__gt=before["holds"]).count()
    ended = Hold.objects.filter(pk__lte=before["holds"], closed_at__gt=before["at"]).count()
    if opened or ended:
        yield _("Units have been held or released: %(opened)d new holds, %(ended)d ended.") % {
            "opened": opened,
            "ended": ended,
        }


def _network_moves(before: Mapping[str, Any], at: datetime) -> Iterator[str]:
    token = str(NetworkVersion.objects.values_list("token", flat=True).first())
    edits = _log_words(at, NETWORK)
    # Strategies of allocation renew the network's token as well, and are told of by themselves.
    if token != before["network"] and (edits or _read_tokens() == before["strategies"]):
        yield _said(_("The network has changed."), edits)
    if _digest_policies() != before["policies"]:
        yield _said(_("Sync policies have changed."), _log_words(at, (Shop, SyncDefaults)))
    elif (listings := _log_words(at, (Listing,))) or _have_listings_come(before, at):
        yield _said(_("Listings have been edited."), listings)


def _have_listings_come(before: Mapping[str, Any], at: datetime) -> bool:
    """Whether there are new listings or parts, or a file has changed those there are."""
    files = Job.objects.filter(kind=IMPORT, state=Job.State.DONE, params__sheet="listings", finished_at__gt=at)
    return before.get("listings") != [_last(Listing), _last(ListingPart)] or files.exists()


def _data_moves(before: Mapping[str, Any]) -> Iterator[str]:
    if changed := name_changed(before.get("digests", {})):
        yield _("Changed since: %(what)s.") % {"what": _(", ").join(changed)}


def _strategy_moves(before: Mapping[str, Any], at: datetime) -> Iterator[str]:
    if _read_tokens() == before["strategies"]:
        return
    events = StrategyEvent.objects.filter(pk__gt=before["event"], details__has_key="in_force")
    yield _said(_("Strategies have changed."), [_event_words(e) for e in events.select_related("strategy", "version")])


def _read_tokens() -> dict[str, str]:
    return {kind: str(token) for kind, token in StrategyToken.objects.values_list("kind", "token")}


def _event_words(event: StrategyEvent) -> str:
    about = str(event.version or event.strategy or event.kind)
    return f"{about}: {event.get_verb_display()} ({event.actor}, {_time(event.at)})"


def _log_words(since: datetime, models_: tuple[type[models.Model], ...]) -> list[str]:
    """What was changed by hand since, and by whom; newest first."""
    names = [model._meta.model_name for model in models_]  # noqa: SLF001 — public for all but its name
    entries = LogEntry.objects.filter(action_time__gt=since, content_type__model__in=names)
    rows = entries.order_by("-action_time").select_related("user")[: NAMED + 1]
    return [f"{row.object_repr} ({row.user.get_username()}, {_time(row.action_time)})" for row in rows]


def _said(sentence: str, named: list[str]) -> str:
    """The sentence and what is known of it."""
    if not named:
        return sentence
    more = " …" if len(named) > NAMED else ""
    return f"{sentence} {'; '.join(named[:NAMED])}{more}"


def _digest_policies() -> str:
    """A digest of the default policy and of those of the shops."""
    shops = list(Shop.objects.order_by("pk").values_list("pk", "sync"))
    defaults = list(SyncDefaults.objects.values_list("policy", flat=True))
    return sha256(repr((defaults, shops)).encode()).hexdigest()


def _last(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=Max("pk"))["last"] or 0)  # noqa: SLF001


def _time(moment: datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")
