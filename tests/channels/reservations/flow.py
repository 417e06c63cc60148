"""Who can be seated where: a plain maximum flow from demands through rows, sharing no code with the product."""

from collections import Counter, deque


def max_flow(demands, capacity):
    """The most units that can be seated.

    `demands`: [(units wanted, {row: units at most there, None for any number})]; `capacity`: units by row.
    """
    left = Counter()
    for at, (wanted, seats) in enumerate(demands):
        left["source", ("demand", at)] = wanted
        for row, most in seats.items():
            left[("demand", at), ("row", row)] = wanted if most is None else most
    for row, units in capacity.items():
        left[("row", row), "sink"] = units
    neighbours = {}
    for one, other in list(left):
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    flow = 0
    while path := _shortest_path(left, neighbours):
        units = min(left[edge] for edge in path)
        for one, other in path:
            left[one, other] -= units
            left[other, one] += units
        flow += units
    return flow


def _shortest_path(left, neighbours):
    """The edges of a shortest way from the source to the sink that still has room."""
    came, waiting = {"source": None}, deque(["source"])
    while waiting and "sink" not in came:
        here = waiting.popleft()
        for there in neighbours.get(here, ()):
            if there not in came and left[here, there] > 0:
                came[there] = here
                waiting.append(there)
    if "sink" not in came:
        return None
    path, there = [], "sink"
    while came[there] is not None:
        path.append((came[there], there))
        there = came[there]
    return path
