"""Finds the SKUs and shops a person means."""

from django.db.models import Q

from channels.shops.models import Shop
from inventory.catalogue.models import Sku

MOST = 20


def find_sku(text: str) -> Sku | None:
    """The SKU with exactly this code or barcode."""
    if "\0" in text:
        return None
    return Sku.objects.filter(code=text).first() or Sku.objects.filter(barcode=text).first()


def search_skus(text: str, most: int = MOST) -> list[Sku]:
    """SKUs by code, barcode, name, or pinyin or initials of the name; those with the code first."""
    text = text.strip().replace("\0", "")
    if not text:
        return []
    exact = find_sku(text)
    named = Q(code__icontains=text) | Q(name__icontains=text) | Q(search_name__icontains=text.lower())
    found = Sku.objects.filter(named).order_by("code")[:most]
    return ([exact] if exact else []) + [sku for sku in found if sku != exact]


def shop_choices() -> list[tuple[str, str]]:
    """(code, name) of every shop."""
    return list(Shop.objects.order_by("code").values_list("code", "name"))
