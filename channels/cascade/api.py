"""What shops may sell, over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from channels.cascade.availability import find_availability
from core.api.auth import scoped
from core.errors import FieldError, InvalidInput, NotFound
from core.models import ApiKey

router = Router(tags=["availability"], auth=scoped("availability"))

MOST_SKUS = 200
MOST_PAIRS = 1_000

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]


class AvailabilityQuery(Schema):
    """One shop and up to 200 SKUs; repeat `sku` for each."""

    shop: Code
    sku: list[Code] = Field(min_length=1, max_length=MOST_SKUS)


class AvailabilitySearch(Schema):
    """Every shop with every SKU: up to 1,000 pairs."""

    model_config = ConfigDict(extra="forbid")

    shops: list[Code] = Field(min_length=1, max_length=MOST_PAIRS)
    skus: list[Code] = Field(min_length=1, max_length=MOST_PAIRS)


class AvailabilityItem(Schema):
    """What a shop may sell of a SKU; the version grows with every change, and is 0 while there was none."""

    shop: str
    sku: str
    quantity: int
    version: int


class AvailabilityOut(Schema):
    """The numbers in the order asked; `unknown` lists the codes of no shop and no SKU."""

    items: list[AvailabilityItem]
    unknown: list[str]
    as_of: AwareDatetime


@router.get("/availability", response=AvailabilityOut)
def get_availability(request: HttpRequest, query: Query[AvailabilityQuery]) -> HttpResponse:
    """What one shop may sell of up to 200 SKUs."""
    return _answer(request, [query.shop], query.sku)


@router.post("/availability/search", response=AvailabilityOut)
def search_availability(request: HttpRequest, search: AvailabilitySearch) -> HttpResponse:
    """What several shops may sell of several SKUs, up to 1,000 pairs."""
    if len(set(search.shops)) * len(set(search.skus)) > MOST_PAIRS:
        fault = _("Shops times SKUs must be at most %(most)s pairs.") % {"most": MOST_PAIRS}
        raise InvalidInput(fault, [FieldError("skus", fault)])
    return _answer(request, search.shops, search.skus)


def _answer(request: HttpRequest, shops: Sequence[str], skus: Sequence[str]) -> HttpResponse:
    """Written by hand: checking our own numbers against a schema would cost more than reading them."""
    _check_owner(request.auth, shops)  # type: ignore[attr-defined]
    as_of = datetime.now(UTC)
    found = find_availability(shops, skus)
    items = [
        {"shop": shop, "sku": sku, "quantity": quantity, "version": version}
        for shop, sku, quantity, version in found.items
    ]
    content = {"items": items, "unknown": found.unknown, "as_of": as_of}
    return HttpResponse(orjson.dumps(content, option=orjson.OPT_UTC_Z), content_type="application/json")


def _check_owner(key: ApiKey, shops: Sequence[str]) -> None:
    """A shop's key sees its own shop; a store's key sees none."""
    if key.owner == ApiKey.Owner.INTEGRATION:
        return
    own = key.owner_code if key.owner == ApiKey.Owner.SHOP else None
    for shop in shops:
        if shop != own:
            raise NotFound(_("There is no shop %(shop)s.") % {"shop": shop})
