"""Facts that somebody edits: only the numbers of the SKUs whose facts rules ask about are recomputed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from django.db import transaction

from strategies.registry import all_kinds
from strategies.selectors import load_rules

Mark = Callable[[Sequence[int]], object]
Marked = Mapping[Mark, set[int]]


def mark_facts(changed: Mapping[str, Iterable[int]], *, moved: Iterable[int] = (), mark: Mark | None = None) -> int:
    """Facts, by key, have changed in this transaction for these SKUs: mark those whose fact a rule in force asks about.

    The number of SKUs marked. What changes in one transaction is marked in one call, since marks are locked in the
    order of the SKUs: `moved` are those that `mark` marks in any case. A rule that is published meanwhile can't be seen
    before the commit, so it is looked for once more after it; who publishes does the same.
    """
    wanted = {key: set(sku_ids) for key, sku_ids in changed.items()}
    always = {mark: set(moved)} if mark else {}
    if not any(wanted.values()) and not any(always.values()):
        return 0
    marked = _mark_asked(wanted, always, {})
    transaction.on_commit(partial(_mark_again, wanted, marked), robust=True)
    return len(set[int]().union(*marked.values()))


def _mark_asked(wanted: Mapping[str, set[int]], always: Marked, done: Marked) -> Marked:
    """Mark what isn't done; kinds that mark in the same way do it together."""
    asked = {mark: set(sku_ids) for mark, sku_ids in always.items()}
    for kind in all_kinds():
        keys = wanted.keys() & load_rules(kind.key).facts
        asked.setdefault(kind.mark, set()).update(*(wanted[key] for key in keys))
    for mark, sku_ids in asked.items():
        if rest := sku_ids - done.get(mark, set()):
            mark(sorted(rest))
    return asked


def _mark_again(wanted: Mapping[str, set[int]], marked: Marked) -> None:
    with transaction.atomic():
        _mark_asked(wanted, {}, marked)
