"""Setting the demo marketplace up: opening shops and filling their catalogue."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.transport import SignedTransport

UPSERT_SIZE = 500


@dataclass(frozen=True, slots=True)
class DemoShop:
    """A shop to open. `face` is the look of its storefront: tmall, jd, douyin or mall."""

    code: str
    name: str
    name_zh: str
    face: str
    app_key: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class DemoItem:
    """An item to publish. Items of one `style` share a colour. `flag` is empty, locked or busy."""

    item: str
    title: str
    title_zh: str = ""
    style: str = ""
    flag: str = ""


def register_shops(base_url: str, admin_secret: str, shops: Sequence[DemoShop]) -> None:
    """Open the shops, or bring them up to date. Raises PlatformError."""
    transport = SignedTransport(base_url, "admin", admin_secret)
    try:
        for shop in shops:
            transport.call("POST", "/api/shops", asdict(shop))
    finally:
        transport.close()


def publish_items(config: DemoConfig, items: Iterable[DemoItem]) -> int:
    """Create or update items of one shop, leaving their stock alone; returns how many. Raises PlatformError."""
    transport = SignedTransport(config.base_url, config.app_key, config.app_secret.get_secret_value())
    count = 0
    try:
        for batch in _batches(items):
            transport.call("POST", "/api/items/upsert", {"items": [asdict(item) for item in batch]})
            count += len(batch)
    finally:
        transport.close()
    return count


def _batches(items: Iterable[DemoItem]) -> Iterator[list[DemoItem]]:
    remaining = iter(items)
    while batch := list(islice(remaining, UPSERT_SIZE)):
        yield batch
