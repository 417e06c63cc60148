"""One open connection per shop and process: a new one for every push would cost more than the push."""

from dataclasses import dataclass
from threading import Lock

from channels.platforms import registry, vault
from channels.platforms.contract import Platform
from channels.shops.models import Shop


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection and what it was made from."""

    made_from: tuple[str, str]
    platform: Platform


_connections: dict[int, Connection] = {}
_lock = Lock()


def connect(shop_id: int) -> Platform:
    """The shop's connection, made anew when its platform or credentials have changed.

    Raises PlatformError (rejected) without a connector and (auth) when the credentials can't be read.
    """
    made_from = Shop.objects.values_list("platform", "credentials").get(id=shop_id)
    with _lock:
        known = _connections.get(shop_id)
        if known is None or known.made_from != made_from:
            connector = registry.get(made_from[0])
            config = vault.unseal(made_from[1], connector.config, vault.credential_keys())
            if known is not None:
                known.platform.close()
            known = _connections[shop_id] = Connection(made_from, connector.platform.connect(config))
        return known.platform
