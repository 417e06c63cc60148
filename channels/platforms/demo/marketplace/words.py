"""The storefront's few words in English and Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "中文"})

_EN = {
    "market": "Demo marketplace",
    "tagline": "Every number here is what the seller published last.",
    "shops": "Shops",
    "items": "Items",
    "search": "Search",
    "search_hint": "Item code or title",
    "items_count": "Items: {count}",
    "in_stock_count": "{count} in stock",
    "results": "{count} found",
    "left": "left",
    "in": "In stock",
    "low": "Few left",
    "out": "Sold out",
    "connecting": "Connecting …",
    "connected": "Live",
    "reconnecting": "Connection lost, trying again …",
    "none": "Nothing found.",
    "no_shops": "No shop has opened yet.",
    "missing": "There is no such page.",
    "previous": "Previous",
    "next": "Next",
    "page": "Page {page} of {pages}",
    "face_tmall": "Flagship",
    "face_jd": "Direct",
    "face_douyin": "Live show",
    "face_mall": "Own mall",
}
_ZH = {
    "market": "演示商城",
    "tagline": "这里的每个数字都是商家最近一次发布的库存。",
    "shops": "店铺",
    "items": "商品",
    "search": "搜索",
    "search_hint": "商品编码或标题",
    "items_count": "{count} 件商品",
    "in_stock_count": "{count} 件有货",
    "results": "找到 {count} 件",
    "left": "件",
    "in": "有货",
    "low": "库存紧张",
    "out": "售罄",
    "connecting": "正在连接…",
    "connected": "实时",
    "reconnecting": "连接中断，正在重连…",
    "none": "没有找到商品。",
    "no_shops": "还没有店铺开业。",
    "missing": "没有这个页面。",
    "previous": "上一页",
    "next": "下一页",
    "page": "第 {page} / {pages} 页",
    "face_tmall": "旗舰店",
    "face_jd": "自营",
    "face_douyin": "直播间",
    "face_mall": "自有商城",
}
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _EN, "zh": _ZH})


def choose_language(asked: str, accepted: str) -> str:
    """`asked` (a language code) if there is one, else the first of an Accept-Language header we speak."""
    for code in (asked, *accepted.split(",")):
        short = code.strip().split(";")[0].split("-")[0].lower()
        if short in WORDS:
            return short
    return "en"
