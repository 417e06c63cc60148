"""The records the marketplace passes around."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shop:
    """A seller's shop and the key pair its calls are signed with."""

    code: str
    name: str
    name_zh: str
    face: str
    app_key: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item on a shop's shelf. `seq` is the marketplace-wide number of its last change."""

    shop: str
    item: str
    title: str
    title_zh: str
    style: str
    flag: str
    quantity: int
    version: int
    seq: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What a seller says about an item; its stock comes separately."""

    item: str
    title: str
    title_zh: str
    style: str
    flag: str


@dataclass(frozen=True, slots=True)
class Update:
    """A number received for an item. `trouble` is empty, or the result it is refused with."""

    item: str
    quantity: int
    version: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an update, and the item as it stands now (None if there is no such item)."""

    result: str
    held: Item | None


@dataclass(frozen=True, slots=True)
class Received:
    """One line of the history of updates. `received_at` is in seconds since 1970."""

    id: int
    shop: str
    item: str
    quantity: int
    version: int
    result: str
    received_at: float


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shop with its counts for the list of shops."""

    shop: Shop
    items: int
    in_stock: int
