"""How a pool is divided when it is scarce, and by demand."""

import pytest

from tests.channels.cascade_runs import run, scarce_document
from tests.channels.oracle import Oracle


@pytest.mark.parametrize(
    ("scarcity_at", "shops"),
    [
        (None, [4 + 3, 3]),
        (6, [4 + 3, 3]),  # the pool counts, not its rest
        (9, [4 + 3, 3]),
        (10, [4, 6]),
    ],
)
def test_the_first_shop_gets_the_rest_of_a_scarce_pool(scarcity_at, shops):
    assert run(scarce_document(scarcity_at)).shop[:, 0].tolist() == shops


def demand_document(sold, ratios=(100, 100, 100), on_hand=100):
    """A pool divided by demand among A, B and C, in this order of priority."""
    shops = "ABC"[: len(ratios)]
    return {
        "skus": [{"code": "S"}],
        "warehouses": [{"code": "W", "functional": [{"code": "F", "status": "good"}]}],
        "supplies": [{"code": "L", "sources": [{"functional": "F"}]}],
        "pools": [
            {
                "code": "P",
                "supplies": ["L"],
                "mode": "demand",
                "shares": [
                    {"shop": shop, "ratio": ratio, "priority": at + 1}
                    for at, (shop, ratio) in enumerate(zip(shops, ratios, strict=True))
                ],
            }
        ],
        "shops": [{"code": shop} for shop in shops],
        "sales": [{"shop": shop, "sku": "S", "units": units} for shop, units in zip(shops, sold, strict=False)],
        "stock": [{"functional": "F", "sku": "S", "on_hand": on_hand}],
    }


@pytest.mark.parametrize(
    ("document", "shops"),
    [
        # 100 units for 30 + 20 + 10 sold: each shop has enough for the same number of days.
        (demand_document([30, 20, 10]), [50, 33, 17]),
        # 33.33 each: the unit left over goes to the first.
        (demand_document([7, 7, 7]), [34, 33, 33]),
        # 1.5 and 1.5 of 3: equal fractions, the first in priority order.
        (demand_document([5, 5], (100, 100), on_hand=3), [2, 1]),
        # Nobody has sold any: by the ratios, 50 to 30 to 20.
        (demand_document([0, 0, 0], (50, 30, 20)), [50, 30, 20]),
        # A shop that has sold none gets none; no unit left over is its.
        (demand_document([0, 1, 2]), [0, 33, 67]),
        # The ratios say how much of the rest is divided: 60 %.
        (demand_document([1, 1, 2], (20, 20, 20)), [15, 15, 30]),
        # A ratio of 0 takes its shop out, however much it has sold.
        (demand_document([90, 1, 1], (0, 50, 50)), [0, 50, 50]),
        # The only one that has sold any is out: by the ratios.
        (demand_document([90, 0, 0], (0, 75, 25)), [0, 75, 25]),
        (demand_document([9, 9, 9], (0, 0, 0)), [0, 0, 0]),
        # Products beyond 64 bits.
        (demand_document([2**30 - 1, 2**29, 1], on_hand=10**12 + 1), [666_666_666_046, 333_333_333_334, 621]),
    ],
)
def test_demand_gives_every_shop_the_same_days(document, shops):
    assert Oracle(document).shop == {("ABC"[at], "S"): units for at, units in enumerate(shops)}
    assert run(document).shop[:, 0].tolist() == shops
