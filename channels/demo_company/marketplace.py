"""Opens Linden's shops on the demo marketplace and lists its items there."""

from django.db.models import QuerySet
from pydantic import SecretStr

from channels.demo_company.network import SHOPS, ShopPlan
from channels.models import Listing, Shop
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem, DemoShop, publish_items, register_shops
from channels.platforms.vault import credential_keys, seal
from core.secrets import derive_secret


def connect_shops(base_url: str, admin_secret: str) -> None:
    """Register every shop, list its items and keep its key; what is there already is brought up to date.

    Raises PlatformError when the marketplace can't be reached.
    """
    opened = [_opened(plan) for plan in SHOPS]
    register_shops(base_url, admin_secret, opened)
    for shop in opened:
        config = DemoConfig(base_url=base_url, app_key=shop.app_key, app_secret=SecretStr(shop.app_secret))
        publish_items(config, [_item(*row) for row in _listed(shop.code)])
        Shop.objects.filter(code=shop.code).update(credentials=seal(config, credential_keys()))


def _opened(plan: ShopPlan) -> DemoShop:
    chinese, english = _halves(plan.name)
    key = f"linden-{plan.code.lower()}"
    return DemoShop(plan.code, english, chinese, plan.face, key, derive_secret(f"demo-shop:{plan.code}"))


def _listed(shop: str) -> QuerySet[Listing, tuple[str, str, str]]:
    listings = Listing.objects.filter(shop__code=shop).order_by("code")
    return listings.values_list("code", "parts__sku__code", "parts__sku__name")


def _item(code: str, sku: str, name: str) -> DemoItem:
    chinese, english = _halves(name)
    return DemoItem(code, english, chinese, sku.rsplit("-", 1)[0])


def _halves(name: str) -> tuple[str, str]:
    """Chinese and English halves of a bilingual name, each whole in itself."""
    words = name.split(" ")
    chinese = [word for word in words if not word.isascii() or any(sign.isdigit() for sign in word)]
    english = [word for word in words if word.isascii()]
    return " ".join(chinese) or name, " ".join(english) or name
