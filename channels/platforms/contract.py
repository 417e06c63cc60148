"""What every platform connector offers and what it answers: the one contract the publisher knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self, get_args

from pydantic import BaseModel, ConfigDict, SecretStr


class OutcomeKind(StrEnum):
    """How a platform took one update, or failed a whole call."""

    APPLIED = "applied"
    """The platform holds this quantity and version now."""
    STALE = "stale"
    """The platform already holds a newer version; there is nothing left to send."""
    GONE = "gone"
    """The platform does not know the item."""
    LOCKED = "locked"
    """The platform refuses changes to the item for now."""
    THROTTLED = "throttled"
    """Too many calls; nothing was applied. Try again after `retry_after`."""
    RETRY = "retry"
    """Passing trouble, and the update may or may not have been applied. Send it again."""
    AUTH = "auth"
    """The platform refused the credentials. No call of this shop succeeds until they are changed."""
    REJECTED = "rejected"
    """The platform refused the content. The same update would be refused again."""


@dataclass(frozen=True, slots=True)
class StockUpdate:
    """The number a listing should show.

    `item` is the platform's own code, `quantity` counts whole units and is never negative, `version`
    starts at 1 and only grows for one listing.
    """

    listing_id: int
    item: str
    quantity: int
    version: int


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of one update.

    `retry_after` is in seconds. `quantity` is the number the platform holds after the call, when it said so.
    """

    listing_id: int
    kind: OutcomeKind
    message: str = ""
    retry_after: float | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class StockReading:
    """What a platform shows for an item. Both numbers are None when it does not know the item.

    `version` is also None on a platform that keeps no versions.
    """

    item: str
    quantity: int | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PlatformItem:
    """An item a shop offers on its platform."""

    item: str
    title: str
    quantity: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a shop's items. `next_cursor` is empty on the last page."""

    items: Sequence[PlatformItem]
    next_cursor: str


class PlatformError(Exception):
    """A whole call failed, so no update of it has an outcome of its own.

    `kind` is throttled, retry, auth or rejected, `message` a sentence for the person who looks after the
    shop, `retry_after` the seconds the platform asked to wait, if it did.
    """

    def __init__(self, kind: OutcomeKind, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after = retry_after


class PlatformConfig(BaseModel):
    """What one shop needs to reach its platform: a flat record, encrypted as a whole where it is stored.

    Field titles and descriptions are marked with `gettext_noop`; whoever shows them translates them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Names of the fields no page and no export may show."""
        return frozenset(
            name
            for name, field in cls.model_fields.items()
            if field.annotation is SecretStr or SecretStr in get_args(field.annotation)
        )


class Platform(Protocol):
    """A connection to one shop on one platform. Safe to share between threads; close it when done.

    Any call may raise `PlatformError`.
    """

    @classmethod
    def connect(cls, config: PlatformConfig) -> Self:
        """Prepare a connection. Nothing is sent yet. `config` is of the platform's own model."""

    @property
    def batch_size(self) -> int:
        """The most updates one `push_stock` takes, and the most items one `read_stock` takes."""

    @property
    def calls_per_second(self) -> float:
        """Calls the platform allows one shop, on average."""

    def push_stock(self, updates: Sequence[StockUpdate]) -> Sequence[PushOutcome]:
        """Set the numbers of up to `batch_size` items. One outcome per update, in the same order."""

    def read_stock(self, items: Sequence[str]) -> Sequence[StockReading]:
        """What the platform shows for up to `batch_size` items. One reading per item, in the same order."""

    def list_items(self, cursor: str = "") -> ItemPage:
        """A page of the shop's items, from the beginning when `cursor` is empty."""

    def close(self) -> None:
        """Give the connection back."""
