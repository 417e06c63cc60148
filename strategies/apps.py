"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StrategiesConfig(AppConfig):
    """Policy as data with versions."""

    name = "strategies"
    verbose_name = _("Strategies")

    def ready(self) -> None:
        """Fill the registry of the audit."""
        from strategies import audit

        audit.register()
