"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    """Catalogue, warehouses, stock, supply."""

    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        """Fill the registry of the audit."""
        from inventory.ledger import audit

        audit.register()
