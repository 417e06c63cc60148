"""What a load touches, by code, until it is marked for recomputation."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Touched:
    """Codes of everything whose numbers a change may move."""

    skus: set[str] = field(default_factory=set)
    sku_fields: dict[str, set[str]] = field(default_factory=dict)  # SKUs by field, of which strategies may ask
    functionals: set[str] = field(default_factory=set)
    warehouses: set[str] = field(default_factory=set)
    supplies: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)
    shops: set[str] = field(default_factory=set)
    opened_or_closed: set[str] = field(default_factory=set)  # shops, whose pools' other shops get less or more
    moved: set[str] = field(default_factory=set)  # shops on another platform than before
    listings: set[tuple[str, str]] = field(default_factory=set)  # shop, listing
    every_listing: bool = False
