"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    """Channels, shops, listings, sync."""

    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        """Fill the registries, and keep the built-in groups in step with the permissions there are."""
        import channels.network.sections  # noqa: F401 — registers the sections of the network document
        from channels.allocation import audit as allocation
        from channels.allocation import kind as allocation_kind
        from channels.cascade import audit as cascade
        from channels.figures import facts
        from channels.reservations import audit as reservations
        from channels.sync import audit as sync
        from channels.sync import kind as sync_kind

        for checks in (reservations, cascade, allocation, sync):
            checks.register()
        facts.register()
        allocation_kind.register()
        sync_kind.register()

        # Permissions come into being after migrations, so a migration can't hand them out.
        post_migrate.connect(_make_roles, sender=self, dispatch_uid="channels.roles")


def _make_roles(**_kwargs: Any) -> None:
    from inventory.warehouses.actions import ensure_roles

    ensure_roles()
