"""A kind of strategy to try the centre with: bins that paint SKUs. Its grid lives in memory."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from strategies import registry
from strategies.registry import Choice, Fact, Kind
from strategies.rules.shapes import EMPTY, NOTHING, Axis, Column, FactType, Grid

ZONE = ZoneInfo("Asia/Shanghai")
COLOURS = ("red", "green", "blue")


class Paint(BaseModel):
    """What a strategy of this kind does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colour: str | None = None
    coats: int = Field(default=1, ge=1)


@dataclass
class World:
    """The facts of now, and what has been marked."""

    bins: tuple[str, ...] = ("A", "B")
    sides: tuple[str, ...] = ("left", "right")
    skus: tuple[int, ...] = (11, 12, 13, 14)
    prices: dict[int, int] = field(default_factory=lambda: {11: 500, 12: 1000, 13: 2000})
    tags: dict[int, tuple[str, ...]] = field(default_factory=lambda: {11: ("sale",), 12: ("sale", "wool")})
    born: dict[int, str] = field(default_factory=dict)  # the day from which the age counts
    units: dict[tuple[str, int], int] = field(default_factory=dict)
    shows: dict[str, tuple[str, str]] = field(default_factory=dict)  # from one day up to another
    colours: tuple[str, ...] = COLOURS  # that there are
    marked: list[list[int]] = field(default_factory=list)
    loads: list[tuple[frozenset, object]] = field(default_factory=list)
    on_load: object = None

    def load(self, keys, sku_ids, at):
        self.loads.append((frozenset(keys), sku_ids))
        chosen = [sku for sku in self.skus if sku_ids is None or sku in set(sku_ids)]
        moment = at.astimezone(ZONE)
        columns = {key: getattr(self, f"_{key}")(chosen, moment) for key in keys}
        if self.on_load:
            self.on_load()
        return Grid(moment, tuple(range(1, len(self.bins) + 1)), self.bins, np.array(chosen, np.int64), columns)

    def check(self, action):
        known = action.colour in (None, *self.colours)
        return [] if known else [("colour", f"there is no colour {action.colour}")]

    def mark(self, sku_ids):
        self.marked.append(list(sku_ids))

    def taken(self):
        """What has been marked since the last look, all calls together."""
        taken, self.marked = sorted(sku for call in self.marked for sku in call), []
        return taken

    def _bin(self, _skus, _at):
        return Column(np.arange(len(self.bins)), codes=self.bins)

    def _side(self, _skus, _at):
        codes = tuple(dict.fromkeys(self.sides))
        return Column(np.array([codes.index(side) for side in self.sides]), codes=codes)

    def _price(self, skus, _at):
        return Column(np.array([self.prices.get(sku, EMPTY) for sku in skus], np.int64))

    def _tag(self, skus, _at):
        return _many([self.tags.get(sku, ()) for sku in skus])

    def _lot(self, skus, _at):
        return Column(np.array([sku % 2 for sku in skus], np.int64), codes=("even", "odd"))

    def _nobody(self, skus, _at):
        return Column(np.full(len(skus), NOTHING), codes=("x",))

    def _age(self, skus, at):
        today = np.datetime64(at.date().isoformat())
        days = [
            EMPTY if sku not in self.born else int((today - np.datetime64(self.born[sku])).astype(int)) for sku in skus
        ]
        return Column(np.array(days, np.int64))

    def _units(self, skus, _at):
        return Column(np.array([[self.units.get((place, sku), 0) for sku in skus] for place in self.bins], np.int64))

    def _show(self, _skus, at):
        today = at.date().isoformat()
        running = tuple(code for code, (start, end) in self.shows.items() if start <= today < end)
        return _many([running for _bin in self.bins])


def _many(lists):
    codes = tuple(sorted({code for codes in lists for code in codes}))
    offsets = np.cumsum([0, *(len(codes) for codes in lists)])
    return Column(
        np.array([codes.index(code) for part in lists for code in part], np.int64), codes=codes, offsets=offsets
    )


def _choices(*codes):
    return lambda: [Choice(code, code.title()) for code in codes]


FACTS = (
    Fact("toy_bin", "bin", FactType.CHOICE, Axis.PLACE, "Where", choices=_choices("A", "B")),
    Fact("toy_side", "side", FactType.CHOICE, Axis.PLACE, "Where", choices=_choices("left", "right")),
    Fact("toy_price", "price", FactType.NUMBER, Axis.SKU, "What", unit="CNY", places=2),
    Fact("toy_tag", "tag", FactType.MANY, Axis.SKU, "What", choices=_choices("sale", "wool")),
    Fact("toy_lot", "lot", FactType.CHOICE, Axis.SKU, "What", choices=_choices("even", "odd")),
    Fact("toy_nobody", "nobody", FactType.CHOICE, Axis.SKU, "What", choices=_choices("x")),
    Fact("toy_age", "age", FactType.NUMBER, Axis.SKU, "What", unit="days", moves=True),
    Fact("toy_units", "units", FactType.NUMBER, Axis.PAIR, "How much"),
    Fact("toy_show", "show", FactType.MANY, Axis.PLACE, "When", choices=_choices("fair"), moves=True),
)
CLOCK = ("date", "weekday", "hour")


def make_kind(world, key="toy"):
    """The kind over a world."""

    def load(keys, sku_ids, at):
        return _renamed(world.load([name.removeprefix("toy_") for name in keys], sku_ids, at))

    return Kind(
        key=key,
        label="Painting",
        facts=(*(fact.key for fact in FACTS), *(name for name in CLOCK)),
        action=Paint,
        place_label="bin",
        load=load,
        mark=world.mark,
        describe=lambda action: f"paint it {action.colour}",
        check=world.check,
        form="",
    )


def _renamed(grid):
    columns = {f"toy_{key}": column for key, column in grid.columns.items()}
    return Grid(grid.at, grid.place_ids, grid.places, grid.sku_ids, columns)


@contextmanager
def registered(*kinds):
    """The kinds and their facts in the registry, and out of it again."""
    kept = registry._registry
    registry._registry = registry._Registry(dict(kept.facts), dict(kept.kinds))
    try:
        registry.register_facts(*(fact for fact in FACTS))
        for kind in kinds:
            registry.register_kind(kind)
        yield
    finally:
        registry._registry = kept
