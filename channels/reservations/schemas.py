"""The JSON of reservations: what is sent and what is answered."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from core.api.idempotency import MAX_LENGTH
from core.api.pagination import PageQuery
from inventory.ledger.rules import MAX_UNITS

MOST_LINES = 200
MOST_RESERVATIONS = 500
LONGEST_SECONDS = 30 * 24 * 60 * 60
DEFAULT_SECONDS = 15 * 60

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=r"^[^\x00]*$")]
Units = Annotated[StrictInt, Field(ge=1, le=MAX_UNITS)]
Seconds = Annotated[StrictInt, Field(ge=1, le=LONGEST_SECONDS)]
State = Literal["held", "confirmed", "released", "expired"]


class Body(BaseModel):
    """What is sent: a field that isn't known is a mistake, not something to pass over.

    Pydantic's own class: ninja's could read model instances too, which takes longer than everything else here.
    """

    model_config = ConfigDict(extra="forbid")


class LineIn(Body):
    """Units of a SKU; a bundle is booked as its components."""

    sku: Code
    quantity: Units


class ReservationIn(Body):
    """What to reserve for a shop; lines of the same SKU are summed."""

    shop: Code
    lines: list[LineIn] = Field(min_length=1, max_length=MOST_LINES)
    check: Literal["entitlement", "stock"] = Field(
        "entitlement", description="`stock` for what has been sold already: whatever the shares say."
    )
    partial: StrictBool = Field(False, description="Take what there is instead of all or nothing.")  # noqa: FBT003
    expires_in: Seconds | None = Field(DEFAULT_SECONDS, description="Seconds; null for never.")
    reference: Text = ""


class KeyedReservationIn(ReservationIn):
    """A reservation of a batch, with its idempotency key."""

    key: Key


@dataclass(frozen=True, slots=True)
class Misfit:
    """A reservation of a batch that doesn't fit the schema, and why."""

    fault: ValidationError


def _keep_misfit(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Each reservation of a batch is judged on its own, also where its values don't fit."""
    try:
        return validate(value)
    except ValidationError as fault:
        return Misfit(fault)


class BatchIn(Body):
    """Reservations, each judged on its own in the order given."""

    reservations: list[Annotated[KeyedReservationIn, WrapValidator(_keep_misfit)]] = Field(
        min_length=1, max_length=MOST_RESERVATIONS
    )


class ExtendIn(Body):
    """When a reservation is to expire from now on."""

    expires_in: Seconds | None = Field(description="Seconds from now; null for never.")


class HoldOut(Schema):
    """Units on a stock row; `sku` names a bundle's component, `safety_stock` units that come out of it."""

    functional: str
    quantity: int
    sku: str | None = Field(None, description="Only in a bundle: the component.")
    safety_stock: int | None = Field(None, description="Only where above 0.")


class LineOut(Schema):
    """What was asked of a SKU, what was reserved, and where the units lie."""

    sku: str
    requested: int
    reserved: int
    holds: list[HoldOut]


class ReservationOut(Schema):
    """A reservation as it was made."""

    id: int
    shop: str
    state: State
    check: str
    expires_at: AwareDatetime | None
    reference: str
    lines: list[LineOut]


class ReservationStateOut(ReservationOut):
    """A reservation as it stands; a released or expired one has no holds."""

    key: str
    created_at: AwareDatetime


class ProblemOut(Schema):
    """Why a reservation of a batch was refused, as a problem of its own (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None


class BatchResultOut(Schema):
    """How the reservation at `index` of the request ended."""

    index: int
    status: Literal["ok", "error"]
    error: ProblemOut | None
    reservation: ReservationOut | None
    replayed: bool


class BatchOut(Schema):
    """One result per reservation."""

    results: list[BatchResultOut]


class ReservationQuery(PageQuery):
    """Filters of the list of reservations."""

    shop: Code | None = None
    state: State | None = None
    reference: Text | None = None
    key: Key | None = Field(None, description="Your own idempotency key.")
    sku: Code | None = Field(None, description="Only those that hold units of this SKU now.")
