"""The first page: what lies where, what waits, and what needs a person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import ListingTarget, Shop
from channels.reservations.selectors.ways_out import count_unsettled
from core.audit.selectors import is_too_old, last_audit
from core.models import Job
from inventory.ledger.selectors import open_holds
from inventory.models import Pool, Sku, StockRow, WaitingSku, Warehouse
from inventory.warehouses.selectors import within_workplaces

EXPIRING_WITHIN = timedelta(hours=24)
SHOWN = 8


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the parts of the page that the user may see; a part left out is a key that is missing."""
    for name, (permission, load) in PARTS.items():
        if request.user.has_perm(permission):
            context[name] = load(request)
    context["title"] = _("Today")
    context["no_skus"] = not Sku.objects.exists()
    return context


def _stock(request: HttpRequest) -> dict[str, Any]:
    rows = within_workplaces(StockRow.objects.order_by(), request.user)
    sums = rows.values("functional__warehouse__kind").annotate(
        on_hand=Sum("on_hand"),
        allocated=Sum("allocated"),
        places=Count("functional__warehouse", distinct=True),
    )
    kinds = [
        {
            "label": Warehouse.Kind(row["functional__warehouse__kind"]).label,
            "on_hand": row["on_hand"],
            "allocated": row["allocated"],
            "free": row["on_hand"] - row["allocated"],
            "places": row["places"],
            "kind": row["functional__warehouse__kind"],
        }
        for row in sums
    ]
    kinds.sort(key=lambda kind: -kind["on_hand"])
    return {
        "kinds": kinds,
        "on_hand": sum(k["on_hand"] for k in kinds),
        "allocated": sum(k["allocated"] for k in kinds),
    }


def _pools(_request: HttpRequest) -> list[Pool]:
    counted = Pool.objects.annotate(
        supply_total=Count("supplies", distinct=True),
        shop_total=Count("shares", filter=Q(shares__active=True, shares__shop__active=True), distinct=True),
    )
    return list(counted.order_by("-active", "code")[:SHOWN])


def _publishing(_request: HttpRequest) -> dict[str, Any]:
    late = Q(version__gt=F("published_version"))
    refused = Q(state=ListingTarget.State.REFUSED)
    facts: dict[str, Any] = ListingTarget.objects.aggregate(
        total=Count("pk"),
        pending=Count("pk", filter=late & ~refused),
        refused=Count("pk", filter=refused),
        at_risk=Count("pk", filter=Q(quantity__gt=F("wanted"))),
        oldest=Min("changed_at", filter=late & ~refused & Q(paused=False, listing__paused=False, listing__active=True)),
    )
    facts["problems"] = list(Shop.objects.filter(active=True).exclude(push_problem="")[:SHOWN])
    return facts


def _dirty(_request: HttpRequest) -> dict[str, Any]:
    return WaitingSku.objects.aggregate(total=Count("pk"), oldest=Min("marked_at"))


def _holds(request: HttpRequest) -> list[Any]:
    soon = open_holds().filter(expires_at__lte=timezone.now() + EXPIRING_WITHIN)
    return list(within_workplaces(soon, request.user).order_by("expires_at")[:SHOWN])


def _shortages(_request: HttpRequest) -> dict[str, Any]:
    return count_unsettled()


def _jobs(_request: HttpRequest) -> list[Job]:
    return list(Job.objects.select_related("created_by")[:SHOWN])


def _audit(_request: HttpRequest) -> dict[str, Any]:
    """What the last audit says that somebody should know; empty when all is well."""
    run = last_audit()
    if run is None or (run.violation_count == 0 and not is_too_old(run)):
        return {}
    return {"violations": run.violation_count, "finished_at": run.finished_at}


PARTS: dict[str, tuple[str, Callable[[HttpRequest], Any]]] = {
    "audit": ("core.view_auditrun", _audit),
    "stock": ("inventory.view_stockrow", _stock),
    "pools": ("inventory.view_pool", _pools),
    "publishing": ("channels.view_listingtarget", _publishing),
    "dirty": ("inventory.view_waitingsku", _dirty),
    "shortages": ("channels.view_shortage", _shortages),
    "holds": ("inventory.view_hold", _holds),
    "jobs": ("core.view_job", _jobs),
}
