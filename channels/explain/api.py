"""Why a shop shows the number it shows, over HTTP."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from channels.explain.selectors import explain_number
from channels.explain.shapes import Explanation
from core.api.auth import scoped
from core.errors import NotFound
from core.models import ApiKey

router = Router(tags=["availability"])


@router.get("/explanations/{shop}/{path:sku}", response=Explanation, auth=scoped("availability"))
def get_explanation(request: HttpRequest, shop: str, sku: str) -> dict[str, Any]:
    """The whole path of a number: stock rows, safety, links with the ratio and reserve used, pools counted once,
    the share and its mode, what each listing makes of it, and the stored number with its version.
    """
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    own = {ApiKey.Owner.INTEGRATION: shop, ApiKey.Owner.SHOP: key.owner_code}.get(ApiKey.Owner(key.owner))
    if own != shop:
        raise NotFound(_("There is no shop “%(code)s”.") % {"code": shop})
    return asdict(explain_number(shop, sku, timezone.now()))
