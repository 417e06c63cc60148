"""What a key may be allowed to do; an endpoint asks for exactly one of these."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """The scopes of version 1; the value is what a key stores."""

    AVAILABILITY = "availability", _("Read availability")
    STOCK = "stock", _("Read stock and the ledger")
    STOCK_WRITE = "stock:write", _("Change stock")
    RESERVATIONS = "reservations", _("Read, release and extend reservations")
    RESERVATIONS_WRITE = "reservations:write", _("Reserve stock")
    ORDERS = "orders", _("Read and cancel orders")
    ORDERS_WRITE = "orders:write", _("Send orders")
    FULFILMENTS = "fulfilments", _("Handle fulfilments")
    TRANSFERS = "transfers", _("Handle transfers")
    ALERTS = "alerts", _("Handle alerts")
    DEALER = "dealer", _("Read a dealer's own data")
    EVENTS = "events", _("Subscribe to events")
