"""What waits to be sent."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Q, QuerySet

from channels.sync.models import ListingTarget


def due_targets(now: datetime) -> QuerySet[ListingTarget]:
    """Targets with a number to send now: not yet tried, or their time has come again."""
    due = Q(retry_at__lte=now) | (Q(retry_at=None) & ~Q(state=ListingTarget.State.REFUSED))
    return ListingTarget.objects.filter(
        due,
        version__gt=F("published_version"),
        paused=False,
        listing__active=True,
        listing__paused=False,
    )


def find_due_shops(now: datetime, platforms: Sequence[str]) -> list[int]:
    """Active shops of these platforms with a number to send, that nobody serves and that may be called."""
    found = due_targets(now).filter(
        Q(shop__leased_until=None) | Q(shop__leased_until__lt=now),
        Q(shop__push_after=None) | Q(shop__push_after__lte=now),
        shop__active=True,
        shop__platform__in=platforms,
    )
    return list(found.order_by("shop_id").values_list("shop_id", flat=True).distinct())
