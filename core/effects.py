"""The seam to what an edit would change: the admin asks here, the app that knows the numbers answers."""

from collections.abc import Callable
from typing import Any

Save = Callable[[], object]
Measure = Callable[[Save], Any]

_measures: list[Measure] = []


def register_measure(measure: Measure) -> None:
    """Answer `measure_effect` with this function; it calls `save` in a transaction and takes it back."""
    _measures[:] = [measure]


def measure_effect(save: Save) -> Any:
    """What `save` would change; nothing is changed. LookupError when nobody can say."""
    if not _measures:
        raise LookupError("no measure is registered")
    return _measures[0](save)
