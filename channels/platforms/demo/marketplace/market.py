"""The running marketplace: its settings and everything its pages and calls share."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from .limits import TokenBucket
from .live import Hub
from .records import Shop
from .signing import Gate
from .store import Store

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the marketplace behaves.

    `rate` is calls a second per shop, `burst` how many of them at once. `fail_rate` is the share of updates
    answered busy without being applied, `lose_rate` the share of stock calls that are applied and then
    answered with an error. An empty `admin_secret` means that no shop can be opened.
    """

    data: Path
    rate: float = 40.0
    burst: float = 80.0
    fail_rate: float = 0.0
    lose_rate: float = 0.0
    admin_secret: str = ""


class Market:
    """Shops in memory, items in the store, open pages in the hub."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.data)
        self.gate = Gate()
        self.hub = Hub()
        self.shops: dict[str, Shop] = {}
        self.keys: dict[str, Shop] = {}
        # One thread, so the store is never used by two at once and batches commit in the order received.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._buckets: dict[str, TokenBucket] = {}
        self.load_shops()

    def load_shops(self) -> None:
        """Read the shops and their keys again."""
        shops = self.store.shops()
        self.shops = {shop.code: shop for shop in shops}
        self.keys = {shop.app_key: shop for shop in shops}

    def bucket(self, shop: Shop) -> TokenBucket:
        """The shop's call allowance."""
        if shop.code not in self._buckets:
            self._buckets[shop.code] = TokenBucket(self.settings.rate, self.settings.burst)
        return self._buckets[shop.code]

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a store method in the store's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Finish what is being written and close the file."""
        self._thread.shutdown(wait=True)
        self.store.close()


def market_of(request: Request) -> Market:
    """The marketplace a request came to."""
    market: Market = request.app.state.market
    return market
