"""A platform that says what a test wants, and what the demo marketplace was told."""

from datetime import timedelta

from django.utils import timezone

from channels.models import ListingTarget, Shop
from channels.platforms.contract import PushOutcome


def sent(server, config):
    return [(line["item"], line["quantity"], line["result"]) for line in server.history(config)]


def lift_waits():
    """As if all waiting times had passed."""
    past = timezone.now() - timedelta(seconds=1)
    ListingTarget.objects.filter(retry_at__isnull=False).update(retry_at=past)
    Shop.objects.filter(push_after__isnull=False).update(push_after=past)


class Scripted:
    """A platform that does what the test says."""

    batch_size = 10
    calls_per_second = 1e6

    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def push_stock(self, updates):
        self.calls.append([update.item for update in updates])
        return [PushOutcome(update.listing_id, self.answer(update)) for update in updates]
