"""The network without any stock, kept by each process until its token says that it has changed.

Loading it takes a dozen queries, far more than a reservation may cost. With it come the allocation strategies: the
token is renewed with theirs, and what their conditions say of the clock is asked anew for every SKU.
"""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone

from channels.allocation.selectors import allocation_rules, wants_sales
from channels.cascade.rules import CascadeNetwork
from channels.cascade.selectors import load_network
from channels.shops.models import Share
from inventory.supply.models import NetworkVersion, Pool
from inventory.supply.rules import Bools
from inventory.supply.selectors import LoadedSupply
from strategies.selectors import Ruleset


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """The network, and the database ids behind its indices, in the same order; it holds for `token` up to `until`."""

    token: UUID | None
    until: datetime | None
    network: CascadeNetwork
    supply: LoadedSupply
    shop_ids: tuple[int, ...]
    share_active: Bools  # [H] a share's own flag: a closed shop's shares count as inactive in the network
    rules: Ruleset | None  # the allocation strategies, None when there are none
    by_demand: bool  # whether a pool is or may be divided by demand


MOST_READS = 5  # of a network that somebody is editing all the time

_KEPT: dict[str, LoadedNetwork] = {}
_LOADING = Lock()


def find_network(token: UUID | None) -> LoadedNetwork:
    """The network that the token of now stands for, as of now.

    Inside a caller's transaction it is loaded anew: its own changes have no token yet.
    """
    database = str(connection.settings_dict["NAME"])
    kept = _KEPT.get(database)
    if kept is not None and _holds(kept, token):
        return kept
    with _LOADING:
        kept = _KEPT.get(database)
        if kept is None or not _holds(kept, token):
            kept = _KEPT[database] = load_network_now()
    return kept


def kept_network() -> LoadedNetwork | None:
    """The network as this process knows it, for those who find out in time whether its token is still that of now."""
    kept = _KEPT.get(str(connection.settings_dict["NAME"]))
    return kept if kept is not None and _holds(kept, kept.token) else None


def load_network_now() -> LoadedNetwork:
    """The network as the database has it, from one moment: read again when it has changed while it was read."""
    loaded = _load(_read_token())
    for _ in range(MOST_READS):
        token = _read_token()
        if loaded.token == token:
            break
        loaded = _load(token)
    return loaded


def _load(token: UUID | None) -> LoadedNetwork:
    now = timezone.now()
    network, supply, shop_ids, share_ids = load_network(now)
    rules = allocation_rules()
    flags = dict(Share.objects.values_list("pk", "active"))
    edges = [edge for window in Pool.objects.values_list("starts_at", "ends_at") for edge in window]
    return LoadedNetwork(
        token=token,
        until=min((edge for edge in edges if edge is not None and edge > now), default=None),
        network=network,
        supply=supply,
        shop_ids=shop_ids,
        share_active=np.array([flags.get(share, False) for share in share_ids], bool),
        rules=rules if rules.rules else None,
        by_demand=wants_sales(network, rules),
    )


def _read_token() -> UUID | None:
    return NetworkVersion.objects.values_list("token", flat=True).first()


def _holds(kept: LoadedNetwork, token: UUID | None) -> bool:
    fresh = token is not None and kept.token == token
    return fresh and (kept.until is None or timezone.now() < kept.until)
