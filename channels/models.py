"""The models of this app, gathered for Django."""

from channels.cascade.models import ShopQuantity
from channels.decisions.models import Decision
from channels.figures.models import ShopSales, ShopVelocity, SkuFigures
from channels.reservations.models import DedicatedUse, Reservation, Shortage
from channels.shops.models import Channel, DedicatedUnits, Listing, ListingPart, Share, Shop
from channels.simulation.models import SimulatedNumber, SimulatedTarget, Simulation
from channels.sync.models import ListingTarget, SyncDefaults

__all__ = [
    "Channel",
    "Decision",
    "DedicatedUnits",
    "DedicatedUse",
    "Listing",
    "ListingPart",
    "ListingTarget",
    "Reservation",
    "Share",
    "Shop",
    "ShopQuantity",
    "ShopSales",
    "ShopVelocity",
    "Shortage",
    "SimulatedNumber",
    "SimulatedTarget",
    "Simulation",
    "SkuFigures",
    "SyncDefaults",
]
