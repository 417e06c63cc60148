"""The one NinjaAPI: every app's router is mounted here."""

from channels.cascade.api import router as availability
from channels.explain.api import router as explanations
from channels.reservations.api import router as reservations
from core.api.base import OnepoolApi
from core.api.health import router as health
from inventory.ledger.api import router as stock

api = OnepoolApi(
    title="Onepool",
    version="1",
    description="One stock for every channel.",
    urls_namespace="api",
)
api.add_router("/health", health)
api.add_router("", stock)
api.add_router("", availability)
api.add_router("", explanations)
api.add_router("", reservations)
