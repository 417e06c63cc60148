"""What a simulation can try: each edit names one thing by its id and the fields it changes.

A field that isn't given stays as it is; where null means something (no cap), null is given.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from channels.cascade.rules import Mode

MOST = 2**31 - 1

Ratio: TypeAlias = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
Units: TypeAlias = Annotated[int, Field(ge=0, le=MOST)]
Level: TypeAlias = Literal["default", "shop", "listing"]
PolicyValue: TypeAlias = int | float | str | None


class Edit(BaseModel):
    """One thing that is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """The fields that are given, besides what the edit does and to what."""
        return {name: getattr(self, name) for name in self.model_fields_set if name not in ("do", "id")}


class _Setting(Edit):
    """An edit of a row's fields."""

    id: int

    @model_validator(mode="after")
    def _says_something(self) -> "_Setting":
        if not self.given():
            raise ValueError("an edit changes at least one field")
        return self


class PublishVersion(Edit):
    """A draft comes into force."""

    do: Literal["publish_version"] = "publish_version"
    id: int


class RetireStrategy(Edit):
    """A strategy's published version leaves force."""

    do: Literal["retire_strategy"] = "retire_strategy"
    id: int


class ReorderStrategies(Edit):
    """The strategies of a kind get another order; `order` names all of them."""

    do: Literal["reorder_strategies"] = "reorder_strategies"
    kind: str
    order: tuple[int, ...]


class SetLink(_Setting):
    """A supply link."""

    do: Literal["set_link"] = "set_link"
    ratio: Ratio = Decimal(100)
    reserve: Units = 0
    active: bool = True


class SetShare(_Setting):
    """A shop's share of a pool."""

    do: Literal["set_share"] = "set_share"
    ratio: Ratio = Decimal(100)
    holdback: Units = 0
    cap: Units | None = None
    priority: Units = 1
    home_supply: int | None = None
    active: bool = True


class SetPool(_Setting):
    """A dispatch pool."""

    do: Literal["set_pool"] = "set_pool"
    mode: Mode = Mode.SHARED
    scarcity_at: Units | None = None
    active: bool = True


class SetPolicy(Edit):
    """Fields of a sync policy: those in `policy` are set, those in `unset` follow the level above again."""

    do: Literal["set_policy"] = "set_policy"
    level: Level
    id: int | None = None  # of the shop or of the listing
    policy: dict[str, PolicyValue] = {}
    unset: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_its_target(self) -> "SetPolicy":
        if (self.id is None) != (self.level == "default"):
            raise ValueError("a shop or a listing is named by its id, the default policy by none")
        if not self.policy and not self.unset:
            raise ValueError("an edit changes at least one field")
        return self


AnyEdit: TypeAlias = Annotated[
    PublishVersion | RetireStrategy | ReorderStrategies | SetLink | SetShare | SetPool | SetPolicy,
    Field(discriminator="do"),
]
_EDITS: TypeAdapter[tuple[AnyEdit, ...]] = TypeAdapter(tuple[AnyEdit, ...])


def read_edits(data: Any) -> tuple[AnyEdit, ...]:
    """The edits of plain data; pydantic's ValidationError when it isn't a list of them."""
    return _EDITS.validate_python(data)


def write_edits(edits: Sequence[AnyEdit]) -> list[dict[str, Any]]:
    """Plain data that `read_edits` makes the same edits of."""
    return [{"do": edit.do, **edit.model_dump(mode="json", exclude_unset=True)} for edit in edits]
