"""Reading calls: who sent them, and whether they say something the marketplace understands."""

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from .market import market_of
from .problems import Problem
from .records import Listed, Shop

ADMIN_KEY = "admin"
BATCH_LIMIT = 50
UPSERT_LIMIT = 500
NUMBER_LIMIT = 2**31
VERSION_LIMIT = 2**63
TEXT_LIMIT = 200
FACES = ("tmall", "jd", "douyin", "mall")
FLAGS = ("", "locked", "busy")


async def shop_call(request: Request) -> tuple[Shop, dict[str, Any]]:
    """The shop a call is signed by, and the object it sent (empty without a body).

    Raises Problem: 401 for the signature, 429 when the shop's allowance is used up, 400 for the body.
    """
    market = market_of(request)
    shop = market.keys.get(request.headers.get("x-market-key", ""))
    if shop is None:
        raise Problem(401, "unknown-key", "There is no shop with this X-Market-Key.")
    body = await request.body()
    market.gate.check(shop.app_secret, request.method, _target(request), request.headers, body)
    wait = market.bucket(shop).take()
    if wait:
        detail = f"Shop {shop.code} may make {market.settings.rate:g} calls a second."
        raise Problem(429, "too-many-calls", detail, retry_after=wait)
    return shop, _object(body)


async def admin_call(request: Request) -> dict[str, Any]:
    """The object sent by whoever holds the admin secret. Raises Problem (400, 401 or 403)."""
    market = market_of(request)
    if not market.settings.admin_secret:
        raise Problem(403, "no-admin", "This marketplace was started without an admin secret.")
    if request.headers.get("x-market-key") != ADMIN_KEY:
        raise Problem(401, "unknown-key", "Only the admin key may do this.")
    body = await request.body()
    secret = market.settings.admin_secret
    market.gate.check(secret, request.method, _target(request), request.headers, body)
    return _object(body)


def read_shop(payload: dict[str, Any]) -> Shop:
    """A shop to open. Raises Problem (422) naming the field."""
    face = _text(payload, "face")
    if face not in FACES:
        raise Problem(422, "invalid", f"face must be one of {', '.join(FACES)}.")
    key = _text(payload, "app_key")
    if key == ADMIN_KEY:
        raise Problem(422, "invalid", "app_key must not be the admin key.")
    secret = _text(payload, "app_secret")
    if len(secret) < 8:
        raise Problem(422, "invalid", "app_secret must have at least 8 characters.")
    name = _text(payload, "name")
    return Shop(_text(payload, "code"), name, _text(payload, "name_zh", or_else=name), face, key, secret)


def read_listed(row: object) -> Listed:
    """An item to list. Raises Problem (422) naming the field."""
    if not isinstance(row, dict):
        raise Problem(422, "invalid", "Every item must be an object.")
    item, title = _text(row, "item"), _text(row, "title")
    flag = row.get("flag", "")
    if flag not in FLAGS:
        raise Problem(422, "invalid", "flag must be empty, locked or busy.")
    title_zh = _text(row, "title_zh", or_else=title)
    return Listed(item, title, title_zh, _text(row, "style", or_else=item), flag)


def read_rows(payload: dict[str, Any], key: str, limit: int) -> Sequence[Any]:
    """The list under `key`. Raises Problem (422) if it is missing or longer than `limit`."""
    rows = payload.get(key)
    if not isinstance(rows, list):
        raise Problem(422, "invalid", f"{key} must be a list.")
    if len(rows) > limit:
        raise Problem(422, "batch-too-large", f"{key} holds {len(rows)} rows, {limit} are allowed.")
    return rows


def read_code(row: object) -> str:
    """The item code of an update. Raises Problem (422): a row without one cannot be answered by itself."""
    if not isinstance(row, dict):
        raise Problem(422, "invalid", "Every update must be an object.")
    return _text(row, "item")


def row_fault(row: dict[str, Any]) -> str:
    """What is wrong with an update's numbers, empty if nothing."""
    quantity, version = row.get("quantity"), row.get("version")
    if type(quantity) is not int or not 0 <= quantity < NUMBER_LIMIT:
        return "quantity must be a whole number, not negative."
    if type(version) is not int or not 1 <= version < VERSION_LIMIT:
        return "version must be a whole number from 1."
    return ""


def _target(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    path: bytes = request.scope["raw_path"]
    return (path + b"?" + query if query else path).decode("ascii")


def _object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        payload = json.loads(body)
    except ValueError:
        raise Problem(400, "not-json", "The body is not JSON.") from None
    if not isinstance(payload, dict):
        raise Problem(400, "not-json", "The body must be a JSON object.")
    return payload


def _text(row: dict[str, Any], key: str, *, or_else: str = "") -> str:
    value = row.get(key) or or_else
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT:
        raise Problem(422, "invalid", f"{key} must be a text of 1 to {TEXT_LIMIT} characters.")
    return value
