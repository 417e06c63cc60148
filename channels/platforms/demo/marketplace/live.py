"""Passing changes on to open storefront pages as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from .records import Item

HEARTBEAT = 15.0
"""Seconds of silence after which a comment keeps the connection, and the page's trust in it, alive."""
GATHER = 0.02
"""Seconds a message waits for more changes to take along."""


class Subscription:
    """One open page. Keeps only the latest state per item, so a slow page never piles up messages."""

    def __init__(self, shop: str) -> None:
        self.shop = shop
        self._pending: dict[tuple[str, str], Item] = {}
        self._shown: dict[tuple[str, str], int] = {}
        self._ready = asyncio.Event()
        self._closed = False

    def offer(self, items: Sequence[Item]) -> None:
        """Add changes to the next message; one the page knows already, or a newer one, is dropped."""
        for item in items:
            key = (item.shop, item.item)
            if self._shown.get(key, 0) < item.seq:
                self._shown[key] = item.seq
                self._pending[key] = item
        if self._pending:
            self._ready.set()

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        self._ready.set()

    async def messages(self) -> AsyncIterator[str]:
        """The stream of events until the page goes or the server stops."""
        yield "retry: 1000\n\n: open\n\n"
        while not self._closed:
            try:
                await asyncio.wait_for(self._ready.wait(), HEARTBEAT)
            except TimeoutError:
                yield "event: beat\ndata: {}\n\n"
                continue
            await asyncio.sleep(GATHER)
            if self._pending:
                yield self._next_message()

    def _next_message(self) -> str:
        items = sorted(self._pending.values(), key=lambda item: item.seq)
        self._pending = {}
        self._ready.clear()
        data = [
            {
                "shop": item.shop,
                "item": item.item,
                "quantity": item.quantity,
                "version": item.version,
            }
            for item in items
        ]
        text = json.dumps(data, separators=(",", ":"))
        return f"id: {items[-1].seq}\nevent: stock\ndata: {text}\n\n"


class Hub:
    """All open pages, by shop. The empty shop means every shop."""

    def __init__(self) -> None:
        self._open: dict[str, set[Subscription]] = {}

    def subscribe(self, shop: str) -> Subscription:
        """Open a stream of one shop's changes, or of all."""
        subscription = Subscription(shop)
        self._open.setdefault(shop, set()).add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Forget a stream."""
        self._open[subscription.shop].discard(subscription)

    def publish(self, shop: str, items: Sequence[Item]) -> None:
        """Tell every page that shows the shop."""
        for subscription in (*self._open.get(shop, ()), *self._open.get("", ())):
            subscription.offer(items)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for subscriptions in self._open.values():
            for subscription in subscriptions:
                subscription.close()
