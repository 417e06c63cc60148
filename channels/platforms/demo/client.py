"""The connector to a shop on the demo marketplace."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from channels.platforms.contract import (
    ItemPage,
    OutcomeKind,
    PlatformConfig,
    PlatformError,
    PlatformItem,
    PushOutcome,
    StockReading,
    StockUpdate,
)
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.transport import SignedTransport

BATCH_SIZE = 50
CALLS_PER_SECOND = 40.0

_RESULTS: Mapping[str, tuple[OutcomeKind, str]] = MappingProxyType(
    {
        "applied": (OutcomeKind.APPLIED, ""),
        "stale": (OutcomeKind.STALE, gettext_noop("The marketplace already has a newer number.")),
        "gone": (OutcomeKind.GONE, gettext_noop("The marketplace does not know item %(item)s.")),
        "locked": (OutcomeKind.LOCKED, gettext_noop("The marketplace has locked item %(item)s.")),
        "busy": (OutcomeKind.RETRY, gettext_noop("The marketplace is busy with item %(item)s.")),
        "invalid": (
            OutcomeKind.REJECTED,
            gettext_noop("The marketplace refused the number of item %(item)s: %(reason)s"),
        ),
    }
)
_UNKNOWN = (
    OutcomeKind.REJECTED,
    gettext_noop("The marketplace answered item %(item)s with an unknown result."),
)


class DemoPlatform:
    """One shop on the demo marketplace."""

    def __init__(self, transport: SignedTransport) -> None:
        self._transport = transport

    @classmethod
    def connect(cls, config: PlatformConfig) -> Self:
        """Prepare a connection for the shop in `config`, which must be a DemoConfig."""
        if not isinstance(config, DemoConfig):
            raise TypeError(f"DemoPlatform needs a DemoConfig, not {type(config).__name__}")
        secret = config.app_secret.get_secret_value()
        return cls(SignedTransport(config.base_url, config.app_key, secret))

    @property
    def batch_size(self) -> int:
        """Items per call."""
        return BATCH_SIZE

    @property
    def calls_per_second(self) -> float:
        """Calls the marketplace grants a shop with its usual settings."""
        return CALLS_PER_SECOND

    def push_stock(self, updates: Sequence[StockUpdate]) -> Sequence[PushOutcome]:
        """Set up to 50 numbers in one call."""
        if not updates:
            return []
        rows = [{"item": update.item, "quantity": update.quantity, "version": update.version} for update in updates]
        answer = self._transport.call("POST", "/api/stock/batch", {"updates": rows})
        results = _rows(answer, "results", [update.item for update in updates])
        return [_outcome(update, row) for update, row in zip(updates, results, strict=True)]

    def read_stock(self, items: Sequence[str]) -> Sequence[StockReading]:
        """Read up to 50 numbers in one call."""
        if not items:
            return []
        answer = self._transport.call("POST", "/api/stock/read", {"items": list(items)})
        return [
            StockReading(item, row.get("quantity"), row.get("version"))
            for item, row in zip(items, _rows(answer, "items", items), strict=True)
        ]

    def list_items(self, cursor: str = "") -> ItemPage:
        """A page of 200 items in order of their codes."""
        answer = self._transport.call("GET", "/api/items", cursor=cursor)
        try:
            items = [
                PlatformItem(row["item"], row["title"], row["quantity"], row["version"]) for row in answer["items"]
            ]
            return ItemPage(items, answer["next"])
        except (KeyError, TypeError) as error:
            raise _unreadable() from error

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _outcome(update: StockUpdate, row: Mapping[str, Any]) -> PushOutcome:
    kind, text = _RESULTS.get(str(row.get("result")), _UNKNOWN)
    # The same version sent twice is how an unknown result is cleared up: it had been applied.
    held = (row.get("quantity"), row.get("version"))
    if kind is OutcomeKind.STALE and held == (update.quantity, update.version):
        kind, text = OutcomeKind.APPLIED, ""
    message = _(text) % {"item": update.item, "reason": row.get("detail", "")} if text else ""
    return PushOutcome(
        listing_id=update.listing_id,
        kind=kind,
        message=message,
        retry_after=row.get("retry_after"),
        quantity=row.get("quantity"),
    )


def _rows(answer: Mapping[str, Any], key: str, items: Sequence[str]) -> list[dict[str, Any]]:
    """The answered rows, which must be one per item asked, in the same order."""
    rows = answer.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unreadable()
    if [row.get("item") for row in rows] != list(items):
        raise _unreadable()
    return rows


def _unreadable() -> PlatformError:
    return PlatformError(OutcomeKind.RETRY, _("The demo marketplace sent an answer that makes no sense."))
