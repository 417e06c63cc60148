"""What the desk works on: the SKUs as locked, the requests to judge, and what comes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from channels.reservations.rules.flow import Groups
from channels.reservations.rules.numbers import Block, Column
from channels.reservations.rules.shapes import Basis, ShortLine
from channels.reservations.rules.view import Feeds, View


@dataclass(slots=True)
class Dedication:
    """Dedicated units not yet consumed; pool and shop are the view's indices."""

    id: int
    pool: int
    shop: int
    outstanding: int


NOTHING_MOVES = Groups()


@dataclass(slots=True, eq=False)
class SkuState:
    """A SKU's stock rows in the view, in units; `free` and `dedicated` shrink as requests are accepted.

    `lies` are the rows there are, all of them locked: what came into being since is nobody's to judge here.
    `winner` are the rules that decide how the pools serve their shops, NONE for their own settings and empty when none
    is decided. They are those of the moment when the rows were locked: what the batch takes after that may move a fact,
    but not the winner. `numbers` is what the engine says about the state as it is: a block and its column, None while
    it isn't known.
    """

    sku_id: int
    category: int
    feeds: Feeds
    free: list[int]  # [F]
    safety: list[int]  # [F]
    lies: set[int] = field(default_factory=set)
    dedicated: list[Dedication] = field(default_factory=list)
    groups: Groups = NOTHING_MOVES  # provisional holds that may move
    winner: tuple[int, ...] = ()  # [P]
    sold: tuple[tuple[int, int], ...] = ()  # (shop, units) of the last 30 days, where pools are divided by them
    numbers: tuple[Block, int] | None = None

    def fork(self) -> "SkuState":
        """A copy that can shrink without the original noticing."""
        dedicated = [replace(units) for units in self.dedicated]
        free, groups = self.free.copy(), self.groups.copy()
        own = self.sku_id, self.category, self.feeds
        return SkuState(*own, free, self.safety, self.lies, dedicated, groups, self.winner, self.sold)

    def take(self, row: int, units: int) -> None:
        """Units leave a row, and with them goes what the engine has said."""
        self.free[row] -= units
        self.numbers = None

    def rank(self, row: int) -> tuple[int, ...]:
        """The order in which rows are seated: shared by the fewest pools, then with the most room, then by code."""
        return self.feeds.shared_by[row], -self.free[row], row

    def key(self) -> tuple[int, ...]:
        """Everything that the engine's numbers for this SKU depend on and that may change within a batch."""
        return (self.sku_id, *self.free, *[units.outstanding for units in self.dedicated])

    def column(self, *, own: bool) -> Column:
        """The state as the engine is asked about it; with `own` units if the state's may shrink before that."""
        dedicated = tuple([(units.pool, units.shop, units.outstanding) for units in self.dedicated])
        free = self.free.copy() if own else self.free
        return Column(self.sku_id, self.category, free, self.safety, dedicated, self.winner, self.sold)


class JobLine(NamedTuple):
    """A line of a request; `parts` are (SKU id, units for one) of a bundle, or the SKU itself with 1."""

    sku: str
    wanted: int
    parts: tuple[tuple[int, int], ...]


@dataclass(eq=False)
class Job:
    """A request to judge. `shop` is the view's index; `pools` those that a person named instead of the shop's."""

    shop: int
    check: Basis
    partial: bool
    lines: tuple[JobLine, ...]
    pools: tuple[int, ...] | None = None

    @cached_property
    def demand(self) -> dict[int, int]:
        """Units wanted of each plain SKU, by id."""
        found: dict[int, int] = {}
        for line in self.lines:
            for sku, units in line.parts:
                found[sku] = found.get(sku, 0) + line.wanted * units
        return found

    def pools_of(self, view: View) -> Sequence[int]:
        """The pools beneath which the units are looked for."""
        if self.pools is not None:
            return self.pools
        stands = view.stands if self.check is Basis.STOCK else view.entitled
        return stands.get(self.shop, ())

    def dedicating(self, view: View) -> Sequence[int]:
        """The pools whose dedicated units the sale uses up: of a pool that was named, only its own."""
        pools = view.entitled.get(self.shop, ())
        return pools if self.pools is None else [pool for pool in pools if pool in self.pools]


@dataclass(slots=True, eq=False)
class Taken:
    """Units of a line seated on a row."""

    sku_id: int
    row: int
    units: int
    safety_used: int = 0


@dataclass(slots=True, eq=False)
class LineVerdict:
    """How many of a line's units are taken, and their seats."""

    line: JobLine
    taken: int
    seats: list[Taken] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Verdict:
    """What becomes of a job; `short` names what didn't fit, also where a partial job was accepted."""

    accepted: bool = False
    lines: list[LineVerdict] = field(default_factory=list)
    short: list[ShortLine] = field(default_factory=list)
    dedicated: list[tuple[int, int]] = field(default_factory=list)  # (id, units consumed)

    def add(self, position: int, line: JobLine, available: int) -> int:
        """Take what there is for a line; how many units of it that is."""
        taken = min(line.wanted, available)
        if taken < line.wanted:
            self.short.append(ShortLine(position, line.sku, line.wanted, available))
        self.lines.append(LineVerdict(line, taken))
        return taken

    def settle(self, *, partial: bool) -> bool:
        """Accept if nothing is short, or with `partial` if anything is taken; a refusal takes nothing."""
        self.accepted = not self.short or (partial and any(line.taken for line in self.lines))
        if not self.accepted:
            self.lines = []
        return self.accepted


@dataclass(slots=True, eq=False)
class Relocation:
    """Units of provisional holds, of the requests with this reach, that go to another row of the SKU."""

    sku_id: int
    reach: tuple[int, ...]
    home: int
    row: int
    units: int
    safety_used: int = 0
