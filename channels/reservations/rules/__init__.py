"""How requests are judged and seated: values in, values out."""

from channels.reservations.rules.desk import Desk, MoreRowsNeeded
from channels.reservations.rules.flow import Groups, Parcel, Reach
from channels.reservations.rules.shapes import Basis, LineRequest, ReservationRequest, ShortLine
from channels.reservations.rules.states import Dedication, Job, JobLine, LineVerdict, Relocation, SkuState, Verdict
from channels.reservations.rules.tidying import Claim, tidy_seats
from channels.reservations.rules.view import View, narrow_view

__all__ = [
    "Basis",
    "Claim",
    "Dedication",
    "Desk",
    "Groups",
    "Job",
    "JobLine",
    "LineRequest",
    "LineVerdict",
    "MoreRowsNeeded",
    "Parcel",
    "Reach",
    "Relocation",
    "ReservationRequest",
    "ShortLine",
    "SkuState",
    "Verdict",
    "View",
    "narrow_view",
    "tidy_seats",
]
