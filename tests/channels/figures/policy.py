"""Short ways to publish a strategy in a test and to see what is marked."""

from inventory.models import DirtySku, Sku
from strategies.actions import create_strategy, publish_version


def publish(*rows, kind="sync", code="s", **action):
    """A published strategy that asks these rows, all of them, and does the action."""
    version = create_strategy(
        kind=kind,
        code=code,
        name=code,
        conditions={"any": [{"all": [{"fact": fact, "op": op, "value": value} for fact, op, value in rows]}]},
        action=action or {"ratio": "50"},
        actor="t",
    )
    return publish_version(version, actor="t")


def marked():
    """The codes of the SKUs that are marked; the marks are gone then."""
    found = set(Sku.objects.filter(pk__in=DirtySku.objects.values("sku")).values_list("code", flat=True))
    DirtySku.objects.all().delete()
    return found
