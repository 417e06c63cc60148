"""The storefront's HTML: values in, text out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode
from zlib import crc32

from .records import Item, Shelf, Shop
from .words import LANGUAGES, WORDS

LOW_STOCK = 5
"""Up to this many left counts as few."""
TONES = 12


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at what: language, path of the page, words searched for."""

    language: str
    path: str
    words: str

    def say(self, key: str, **values: object) -> str:
        """A phrase in the visitor's language, safe to put into HTML."""
        return escape(WORDS[self.language][key].format(**values))

    def link(self, path: str, **params: object) -> str:
        """A link that keeps the language, safe to put into an attribute."""
        query = {"lang": self.language} | {key: value for key, value in params.items() if value}
        return escape(f"{path}?{urlencode(query)}")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of items, how many there are, page number and count, and the change they are as of."""

    items: Sequence[Item]
    total: int
    page: int
    pages: int
    seq: int


def render_index(view: View, shelves: Sequence[Shelf]) -> str:
    """The list of shops."""
    cards = "".join(_card(view, shelf) for shelf in shelves)
    body = f'<section class="cards">{cards}</section>' if cards else _note(view, "no_shops")
    head = f'<h1>{view.say("shops")}</h1><p class="lead">{view.say("tagline")}</p>'
    return _page(view, view.say("shops"), head + body, search="/items")


def render_shop(view: View, shop: Shop, found: Found) -> str:
    """One shop's items."""
    name = escape(shop.name_zh if view.language == "zh" else shop.name)
    head = (
        f'<div class="banner"><h1>{name}</h1><span class="face">{view.say("face_" + shop.face)}'
        f'</span><p class="lead">{view.say("items_count", count=found.total)}</p></div>'
    )
    stream = f"/shops/{quote(shop.code, safe='')}/events?since={found.seq}"
    body = head + _tiles(view, found, {})
    return _page(view, name, body, search=view.path, face=shop.face, stream=stream)


def render_items(view: View, shops: Mapping[str, Shop], found: Found) -> str:
    """Items of all shops."""
    count = view.say("results", count=found.total)
    head = f'<h1>{view.say("items")}</h1><p class="lead">{count}</p>'
    names = {code: s.name_zh if view.language == "zh" else s.name for code, s in shops.items()}
    body = head + _tiles(view, found, names)
    stream = f"/events?since={found.seq}"
    return _page(view, view.say("items"), body, search="/items", stream=stream)


def render_missing(view: View) -> str:
    """The page for an address that leads nowhere."""
    return _page(view, view.say("missing"), _note(view, "missing"), search="/items")


def _page(view: View, title: str, body: str, *, search: str, face: str = "mall", stream: str = "") -> str:
    market = view.say("market")
    words = " ".join(
        f'data-word-{key}="{view.say(key)}"' for key in ("in", "low", "out", "connecting", "connected", "reconnecting")
    )
    live = f'<p class="live" id="live" role="status">{view.say("connecting")}</p>' if stream else ""
    return (
        f'<!doctype html><html lang="{view.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} · {market}</title>"
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/storefront.css">'
        '<script src="/static/storefront.js" defer></script></head>'
        f'<body class="face-{face}" data-stream="{escape(stream)}" data-low="{LOW_STOCK}" {words}>'
        f'<header><a class="brand" href="{view.link("/")}">{market}</a>{_search(view, search)}'
        f"{_languages(view)}{live}</header><main>{body}</main></body></html>"
    )


def _search(view: View, path: str) -> str:
    hint = view.say("search_hint")
    return (
        f'<form class="search" action="{escape(path)}" role="search">'
        f'<input type="hidden" name="lang" value="{view.language}">'
        f'<input type="search" name="q" value="{escape(view.words)}" placeholder="{hint}" '
        f'aria-label="{hint}"><button>{view.say("search")}</button></form>'
    )


def _languages(view: View) -> str:
    links = "".join(
        f'<a lang="{code}" hreflang="{code}"{" aria-current=true" if code == view.language else ""} '
        f'href="{escape(view.path + "?" + urlencode({"lang": code, "q": view.words}))}">{name}</a>'
        for code, name in LANGUAGES.items()
    )
    return f'<nav class="languages">{links}</nav>'


def _card(view: View, shelf: Shelf) -> str:
    shop = shelf.shop
    name = escape(shop.name_zh if view.language == "zh" else shop.name)
    return (
        f'<a class="card face-{shop.face}" href="{view.link("/shops/" + quote(shop.code, safe=""))}">'
        f'<span class="face">{view.say("face_" + shop.face)}</span><h2>{name}</h2>'
        f"<p>{view.say('items_count', count=shelf.items)} · "
        f"{view.say('in_stock_count', count=shelf.in_stock)}</p></a>"
    )


def _tiles(view: View, found: Found, shop_names: Mapping[str, str]) -> str:
    if not found.items:
        return _note(view, "none")
    tiles = "".join(_tile(view, item, shop_names.get(item.shop, "")) for item in found.items)
    return f'<section class="tiles">{tiles}</section>{_pager(view, found)}'


def _tile(view: View, item: Item, shop_name: str) -> str:
    title = item.title_zh if view.language == "zh" else item.title
    level = _level(item.quantity)
    shop = f'<p class="shop">{escape(shop_name)}</p>' if shop_name else ""
    return (
        f'<article class="tile tone-{crc32(item.style.encode()) % TONES}" '
        f'data-shop="{escape(item.shop)}" data-item="{escape(item.item)}" data-level="{level}">'
        f'<div class="swatch" aria-hidden="true">{escape(title[:1].upper())}</div>'
        f'<h3>{escape(title)}</h3>{shop}<p class="code">{escape(item.item)}</p>'
        f'<p class="stock"><b class="number">{item.quantity}</b> <span class="unit">'
        f'{view.say("left")}</span><span class="badge">{view.say(level)}</span></p></article>'
    )


def _level(quantity: int) -> str:
    if quantity == 0:
        return "out"
    return "low" if quantity <= LOW_STOCK else "in"


def _pager(view: View, found: Found) -> str:
    if found.pages == 1:
        return ""
    links = [f"<span>{view.say('page', page=found.page, pages=found.pages)}</span>"]
    if found.page > 1:
        href = view.link(view.path, q=view.words, page=found.page - 1)
        links.insert(0, f'<a rel="prev" href="{href}">{view.say("previous")}</a>')
    if found.page < found.pages:
        href = view.link(view.path, q=view.words, page=found.page + 1)
        links.append(f'<a rel="next" href="{href}">{view.say("next")}</a>')
    return f'<nav class="pager">{"".join(links)}</nav>'


def _note(view: View, key: str) -> str:
    return f'<p class="note">{view.say(key)}</p>'
