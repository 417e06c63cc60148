"""Every fact that allocation and sync can ask about."""

from channels.figures.facts.how_much import FIGURES, POOL_QUANTITY, SHOP_QUANTITY
from channels.figures.facts.what import GOODS
from channels.figures.facts.when import CLOCK
from channels.figures.facts.where import CAMPAIGN, POOL_PLACES, SHOP_PLACES
from strategies.registry import Fact, register_facts

__all__ = ["POOL_FACTS", "SHOP_FACTS", "register"]


def _keys(*facts: Fact) -> tuple[str, ...]:
    return tuple(fact.key for fact in facts)


# In the order of the editor, for the kinds that decide about pools and about shops.
POOL_FACTS = _keys(*POOL_PLACES, *GOODS, POOL_QUANTITY, *FIGURES, *CLOCK, CAMPAIGN)
SHOP_FACTS = _keys(*SHOP_PLACES, *GOODS, SHOP_QUANTITY, *FIGURES, *CLOCK, CAMPAIGN)


def register() -> None:
    """Tell the strategy centre what can be asked about; called once, when the app is ready."""
    register_facts(*POOL_PLACES, *SHOP_PLACES, *GOODS, POOL_QUANTITY, SHOP_QUANTITY, *FIGURES, *CLOCK, CAMPAIGN)
