"""The calls sellers make. Every one is signed."""

import random
import sqlite3
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .market import Market, market_of
from .problems import Problem
from .reading import (
    BATCH_LIMIT,
    UPSERT_LIMIT,
    admin_call,
    read_code,
    read_listed,
    read_rows,
    read_shop,
    row_fault,
    shop_call,
)
from .records import Item, Result, Update

PAGE = 200
HISTORY_PAGE = 1000


async def health(request: Request) -> Response:
    """Whether the server is up and its file can be read."""
    market = market_of(request)
    seq = await market.run(market.store.last_seq)
    return JSONResponse({"status": "ok", "shops": len(market.shops), "changes": seq})


async def register_shop(request: Request) -> Response:
    """Open a shop or bring it up to date."""
    shop = read_shop(await admin_call(request))
    market = market_of(request)
    try:
        await market.run(market.store.save_shop, shop)
    except sqlite3.IntegrityError:
        raise Problem(409, "key-taken", "This app_key belongs to another shop.") from None
    await market.run(market.load_shops)
    return JSONResponse({"code": shop.code})


async def upsert_items(request: Request) -> Response:
    """Create items or change their titles, style and flag."""
    shop, payload = await shop_call(request)
    market = market_of(request)
    items = [read_listed(row) for row in read_rows(payload, "items", UPSERT_LIMIT)]
    await market.run(market.store.upsert_items, shop.code, items)
    return JSONResponse({"count": len(items)})


async def push_stock(request: Request) -> Response:
    """Set numbers: one result per update, in order."""
    shop, payload = await shop_call(request)
    market = market_of(request)
    rows = read_rows(payload, "updates", BATCH_LIMIT)
    codes = [read_code(row) for row in rows]
    faults = [row_fault(row) for row in rows]
    good = [row for row, fault in zip(rows, faults, strict=True) if not fault]
    results = await market.run(market.store.receive, shop.code, _updates(market, good))
    market.hub.publish(shop.code, [row.held for row in results if row.held and row.result == "applied"])
    if random.random() < market.settings.lose_rate:  # noqa: S311 - not a secret
        raise Problem(503, "lost", "The call was taken, but its answer was lost.")
    remaining = iter(results)
    answers = [
        {"item": code, "result": "invalid", "detail": fault} if fault else {"item": code, **_answer(next(remaining))}
        for code, fault in zip(codes, faults, strict=True)
    ]
    return JSONResponse({"results": answers})


async def read_stock(request: Request) -> Response:
    """The numbers of some items, in the order asked; null for an item that does not exist."""
    shop, payload = await shop_call(request)
    market = market_of(request)
    codes = read_rows(payload, "items", BATCH_LIMIT)
    if not all(isinstance(code, str) for code in codes):
        raise Problem(422, "invalid", "items must be a list of item codes.")
    held = await market.run(market.store.items, shop.code, codes)
    return JSONResponse({"items": [{"item": code, **_numbers(held.get(code))} for code in codes]})


async def list_items(request: Request) -> Response:
    """A page of the shop's items in order of their codes; `next` is the cursor of the following one."""
    shop, _payload = await shop_call(request)
    market = market_of(request)
    cursor = request.query_params.get("cursor", "")
    items = await market.run(market.store.items_after, shop.code, cursor, PAGE + 1)
    shown = items[:PAGE]
    rows = [{"item": item.item, "title": item.title, "flag": item.flag, **_numbers(item)} for item in shown]
    return JSONResponse({"items": rows, "next": shown[-1].item if len(items) > PAGE else ""})


async def list_history(request: Request) -> Response:
    """The updates the shop sent, in the order received; `next` is the cursor of the following ones."""
    shop, _payload = await shop_call(request)
    market = market_of(request)
    after = request.query_params.get("after", "0")
    if not after.isdecimal() or len(after) > 18:
        raise Problem(422, "invalid", "after must be a whole number.")
    lines = await market.run(market.store.history, shop.code, int(after), HISTORY_PAGE)
    return JSONResponse(
        {
            "updates": [asdict(line) for line in lines],
            "next": str(lines[-1].id) if len(lines) == HISTORY_PAGE else "",
        }
    )


def _updates(market: Market, rows: list[dict[str, Any]]) -> list[Update]:
    rate = market.settings.fail_rate
    return [
        Update(
            row["item"],
            row["quantity"],
            row["version"],
            trouble="busy" if random.random() < rate else "",  # noqa: S311 - not a secret
        )
        for row in rows
    ]


def _answer(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = {"result": result.result}
    if result.held is not None:
        answer |= _numbers(result.held)
    if result.result == "busy":
        answer["retry_after"] = 1
    return answer


def _numbers(item: Item | None) -> dict[str, int | None]:
    if item is None:
        return {"quantity": None, "version": None}
    return {"quantity": item.quantity, "version": item.version}


routes = [
    Route("/health", health),
    Route("/api/shops", register_shop, methods=["POST"]),
    Route("/api/items", list_items),
    Route("/api/items/upsert", upsert_items, methods=["POST"]),
    Route("/api/stock/batch", push_stock, methods=["POST"]),
    Route("/api/stock/read", read_stock, methods=["POST"]),
    Route("/api/history", list_history),
]
