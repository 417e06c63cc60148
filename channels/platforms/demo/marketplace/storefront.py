"""The storefront's requests: pages, and the stream of changes they listen to."""

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from . import pages
from .live import Subscription
from .market import Market, market_of
from .words import choose_language

PAGE = 60


async def index(request: Request) -> Response:
    """The shops."""
    market = market_of(request)
    shelves = await market.run(market.store.shelves)
    return HTMLResponse(pages.render_index(_view(request), shelves))


async def shop_page(request: Request) -> Response:
    """One shop's items with their stock, kept up to date by the page."""
    shop = market_of(request).shops.get(request.path_params["code"])
    if shop is None:
        raise HTTPException(404)
    return HTMLResponse(pages.render_shop(_view(request), shop, await _found(request, shop.code)))


async def items_page(request: Request) -> Response:
    """Items of all shops, searched by code or title."""
    shops = market_of(request).shops
    return HTMLResponse(pages.render_items(_view(request), shops, await _found(request, "")))


async def shop_events(request: Request) -> Response:
    """One shop's changes as server-sent events."""
    code = request.path_params["code"]
    if code not in market_of(request).shops:
        raise HTTPException(404)
    return _stream(request, code)


async def all_events(request: Request) -> Response:
    """Every shop's changes as server-sent events."""
    return _stream(request, "")


async def not_found(request: Request) -> Response:
    """The page for an address that leads nowhere."""
    return HTMLResponse(pages.render_missing(_view(request)), 404)


def _view(request: Request) -> pages.View:
    return pages.View(
        language=choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", "")),
        path=request.url.path,
        words=request.query_params.get("q", "").strip()[:100],
    )


async def _found(request: Request, shop: str) -> pages.Found:
    market = market_of(request)
    # Read first: a change between the two reads is then sent again rather than missed.
    seq = await market.run(market.store.last_seq)
    number = request.query_params.get("page", "1")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
    items, total = await market.run(
        market.store.find_items,
        shop,
        _view(request).words,
        offset=(page - 1) * PAGE,
        limit=PAGE,
    )
    return pages.Found(items, total, page, -(-total // PAGE) or 1, seq)


def _stream(request: Request, shop: str) -> Response:
    market = market_of(request)
    seen = request.headers.get("last-event-id") or request.query_params.get("since", "")
    since = int(seen) if seen.isdecimal() and len(seen) < 19 else None
    return StreamingResponse(
        _events(market, shop, since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(market: Market, shop: str, since: int | None) -> AsyncIterator[str]:
    subscription = market.hub.subscribe(shop)
    try:
        if since is not None:
            await _catch_up(market, subscription, since)
        async for message in subscription.messages():
            yield message
    finally:
        market.hub.leave(subscription)


async def _catch_up(market: Market, subscription: Subscription, since: int) -> None:
    """Offer what changed since the page was made or the connection broke."""
    latest = await market.run(market.store.last_seq)
    # A page that has seen more than there is comes from before the data was reset: send everything.
    missed = since if since <= latest else 0
    subscription.offer(await market.run(market.store.changed_since, missed, subscription.shop))


routes = [
    Route("/", index),
    Route("/items", items_page),
    Route("/events", all_events),
    Route("/shops/{code}", shop_page),
    Route("/shops/{code}/events", shop_events),
]
