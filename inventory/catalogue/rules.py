"""Pure decisions about the catalogue."""

from collections.abc import Collection, Mapping

SEARCH_NAME_LENGTH = 600
# The facts that strategies ask about, by the field of a SKU that they come from.
FACTS_OF: Mapping[str, Collection[str]] = {
    "code": ("sku", "sku_code"),
    "name": ("name",),
    "brand": ("brand",),
    "category": ("category",),
    "season": ("season",),
    "tags": ("tag",),
    "price": ("price", "margin"),
    "cost": ("cost", "margin"),
    "weight_g": ("weight",),
    "lifecycle": ("lifecycle",),
}


def search_name(name: str) -> str:
    """How a name is typed on a Latin keyboard: its pinyin without tones, and the initials.

    Cut to what the column holds; empty for a name without Chinese characters, which is found as it is.
    """
    if name.isascii():
        return ""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes a while to load, and few commands need it

    whole = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return f"{whole} {initials}".lower()[:SEARCH_NAME_LENGTH]
