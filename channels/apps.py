"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    """Channels, shops, listings, sync."""

    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        """Fill the registries."""
        import channels.network.sections  # noqa: F401 — registers the sections of the network document
