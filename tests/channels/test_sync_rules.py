"""The sync policy: its layers, its steps, and what may be sent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sync.rules import (
    Parts,
    SyncPolicy,
    apply_policies,
    decide_updates,
    listing_quantities,
    merge_policy,
    trace_policy,
)


def test_a_later_field_wins_even_when_it_is_null():
    merged = merge_policy({"buffer": 3, "fixed": 9}, {"ratio": "80.5", "fixed": None}, {"buffer": None})
    assert merged == SyncPolicy(ratio=8050)


@pytest.mark.parametrize(
    "layer",
    [
        {"bufer": 1},
        {"multiple": 0},
        {"buffer": -1},
        {"ratio": 100.01},
        {"ratio": 0.001},
        {"buffer": 1.5},
        {"fixed": True},
    ],
)
def test_a_policy_value_that_does_not_fit_is_refused(layer):
    with pytest.raises(ValueError, match=r"policy|percentage|whole|below"):
        merge_policy(layer)


def test_every_step_is_shown_in_order():
    policy = merge_policy({"ratio": 50, "offset": 7, "buffer": 2, "min_quantity": 3, "max_quantity": 29, "multiple": 6})
    steps = trace_policy(101, policy)
    assert [(s.field, s.before, s.after) for s in steps] == [
        ("ratio", 101, 50),
        ("offset", 50, 57),
        ("buffer", 57, 55),
        ("min_quantity", 55, 55),
        ("max_quantity", 55, 29),
        ("multiple", 29, 24),
    ]


fields = {
    "ratio": st.integers(0, 10_000).map(lambda bp: f"{bp // 100}.{bp % 100:02}"),
    "offset": st.integers(-50, 50),
    "buffer": st.integers(0, 50),
    "min_quantity": st.integers(0, 50),
    "max_quantity": st.none() | st.integers(0, 500),
    "multiple": st.integers(1, 12),
    "fixed": st.none() | st.integers(0, 50),
}


@given(st.lists(st.tuples(st.integers(0, 1000), st.fixed_dictionaries({}, optional=fields)), min_size=1))
def test_policies_of_many_listings_equal_the_steps_of_each(rows):
    policies = [merge_policy(layer) for _, layer in rows]
    numbers = apply_policies(np.array([q for q, _ in rows]), policies, np.arange(len(rows)))
    assert numbers.tolist() == [trace_policy(q, p)[-1].after for (q, _), p in zip(rows, policies, strict=True)]


def test_a_listing_shows_what_its_scarcest_part_allows_and_nothing_without_parts():
    parts = Parts(*np.array([(0, 0, 0, 1), (0, 0, 1, 3), (2, 1, 1, 1)], np.int64).T)
    assert listing_quantities(np.array([[9, 8], [7, 6]]), parts, 4).tolist() == [2, 0, 6, 0]


def test_what_may_be_sent():
    wanted = [5, 5, 3, 5, 3, 9]
    shown = [5, 3, 5, -1, 5, -1]
    decision = decide_updates(
        np.array(wanted),
        np.array(shown),
        paused=np.array([False, False, False, False, True, True]),
        increase_only=np.array([False, True, True, True, False, False]),
    )
    assert decision.target.tolist() == [5, 5, 5, 5, 5, -1]
    assert decision.send.tolist() == [False, True, False, True, False, False]
    assert decision.at_risk.tolist() == [0, 0, 2, 0, 0, 0]
