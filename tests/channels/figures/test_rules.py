"""The arithmetic of figures, against plain sums over queues of single units."""

from collections import deque
from fractions import Fraction
from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from channels.figures.rules import average_arrival, classify, days_of_cover, divide, sell_through, velocity
from strategies.rules.shapes import EMPTY


def longs(*values):
    return np.array(values, np.int64)


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 40), st.integers(-9, 9)), max_size=8), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_stock_is_as_old_as_a_queue_of_its_units(histories, shuffle):
    entries, on_hand, expected = [], [], []
    for at, history in enumerate(histories):
        queue = deque()
        for day, units in sorted(history, key=lambda move: move[0]):
            if units > 0:
                queue.extend([day] * units)
                entries.append((at, day, units))
            for _ in range(min(-units, len(queue))):
                queue.popleft()
        on_hand.append(len(queue))
        expected.append(ceil(Fraction(sum(queue), len(queue))) if queue else EMPTY)
    shuffle.shuffle(entries)
    columns = np.array(entries, np.int64).reshape(-1, 3)
    found = average_arrival(columns[:, 0], columns[:, 1], columns[:, 2], longs(*on_hand))
    assert found.tolist() == expected


def test_classes_go_by_what_those_before_make():
    # 80, 10, 5, 5 of 100: the first makes 80% alone, so the second is B, and the last begins at 95%.
    assert classify(np.array([5.0, 80.0, 0.0, 10.0, 5.0])).tolist() == [1, 0, 2, 1, 2]
    assert classify(np.array([79.0, 21.0])).tolist() == [0, 0]
    assert classify(np.zeros(2)).tolist() == [2, 2]
    assert classify(np.zeros(0)).tolist() == []


def test_quotients_are_rounded_down_and_empty_where_there_are_none():
    assert divide(longs(7, -7, 5, EMPTY, 5), longs(2, 2, 0, 2, EMPTY)).tolist() == [3, -4, EMPTY, EMPTY, EMPTY]
    assert velocity(longs(0, 10), 7).tolist() == [0, 142]
    assert days_of_cover(longs(10, 0, 10), longs(30, 30, 0)).tolist() == [100, 0, EMPTY]
    assert sell_through(longs(1, 0, 0), longs(2, 5, 0)).tolist() == [6666, 10_000, EMPTY]
