"""Opens Linden's shops on the demo marketplace and lists its items there."""

from collections.abc import Iterator

from channels.demo_company.network import SHOPS, ShopPlan
from channels.models import Listing, Shop
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.transport import SignedTransport
from channels.platforms.vault import credential_keys, seal
from core.secrets import derive_secret

BATCH = 500


def connect_shops(base_url: str, admin_secret: str) -> None:
    """Register every shop, list its items and keep its key; what is there already is brought up to date.

    Raises PlatformError when the marketplace can't be reached.
    """
    admin = SignedTransport(base_url, "admin", admin_secret)
    try:
        for plan in SHOPS:
            _connect(plan, base_url, admin)
    finally:
        admin.close()


def _connect(plan: ShopPlan, base_url: str, admin: SignedTransport) -> None:
    shop = Shop.objects.get(code=plan.code)
    key, secret = f"linden-{plan.code.lower()}", derive_secret(f"demo-shop:{plan.code}")
    names = dict(zip(("name_zh", "name"), _split_name(plan.name), strict=True))
    admin.call(
        "POST", "/api/shops", {"code": plan.code, "face": plan.face, "app_key": key, "app_secret": secret, **names}
    )
    transport = SignedTransport(base_url, key, secret)
    try:
        for items in _items(shop):
            transport.call("POST", "/api/items/upsert", {"items": items})
    finally:
        transport.close()
    config = DemoConfig.model_validate({"base_url": base_url, "app_key": key, "app_secret": secret})
    shop.credentials = seal(config, credential_keys())
    shop.save(update_fields=["credentials"])


def _items(shop: Shop) -> Iterator[list[dict[str, str]]]:
    rows = (
        Listing.objects.filter(shop=shop).order_by("code").values_list("code", "parts__sku__code", "parts__sku__name")
    )
    items = []
    for item, sku, name in rows:
        chinese, english = _split_name(name)
        items.append({"item": item, "title": english, "title_zh": chinese, "style": sku.rsplit("-", 1)[0]})
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _split_name(name: str) -> tuple[str, str]:
    """Chinese and English halves of a bilingual name, each whole in itself."""
    words = name.split(" ")
    chinese = [word for word in words if not word.isascii() or any(sign.isdigit() for sign in word)]
    english = [word for word in words if word.isascii()]
    return " ".join(chinese) or name, " ".join(english) or name
