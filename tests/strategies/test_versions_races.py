"""Several people publish at once, and facts change while somebody publishes: nothing is lost, nothing stays behind."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from core.errors import Conflict
from strategies.actions import publish_version, reorder, roll_back, save_draft
from strategies.audit import find_wrong_log
from strategies.models import Strategy, StrategyEvent, StrategyVersion
from strategies.selectors import load_rules
from tests.strategies.policies import ODD, SALE, draft, live, when

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works):
    """Do all at once, each on a connection of its own; what each answers, or the error that refused it."""
    barrier = Barrier(len(works))

    def run(work):
        try:
            barrier.wait()
            return work()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def elsewhere(work):
    """Do it in another transaction that sees nothing of ours."""
    return together(work)[0]


def test_drafts_of_one_strategy_published_at_once_come_into_force_one_after_the_other(world):
    first = draft("sale", when(SALE))
    drafts = [
        save_draft(first.strategy, conditions=when(SALE), action={"coats": coats}, actor="bob") for coats in range(2, 8)
    ]
    together(*(lambda version=version: publish_version(version, actor="bob") for version in drafts))
    states = sorted(first.strategy.versions.values_list("state", flat=True))
    assert states == ["draft", "published", *["retired"] * 5]
    assert StrategyEvent.objects.filter(verb="published").count() == 6
    assert find_wrong_log(10).violations == []


def test_versions_saved_at_once_get_numbers_of_their_own(world):
    first = draft("sale", when(SALE))
    together(
        *(
            lambda coats=coats: save_draft(first.strategy, conditions={}, action={"coats": coats}, actor="bob")
            for coats in range(2, 8)
        )
    )
    assert list(first.strategy.versions.order_by("number").values_list("number", flat=True)) == list(range(1, 8))


def test_whatever_is_done_at_once_the_log_tells_what_is_in_force(world):
    versions = [live(code, when(SALE)) for code in ("one", "two", "three")]
    newer = [save_draft(each.strategy, conditions=when(ODD), action={}, actor="bob") for each in versions]
    ids = [each.strategy_id for each in versions]
    together(
        *(lambda version=version: publish_version(version, actor="bob") for version in newer),
        lambda: reorder("toy", ids[::-1], actor="cat"),
        lambda: reorder("toy", [ids[1], ids[0], ids[2]], actor="dan"),
        lambda: roll_back(versions[0].strategy, versions[0], actor="eve"),
    )
    assert find_wrong_log(10).violations == []
    last = StrategyEvent.objects.filter(details__has_key="in_force").first()
    assert last.details["in_force"] == [rule.version_id for rule in load_rules("toy").rules]
    assert sorted(Strategy.objects.values_list("position", flat=True)) == [1, 2, 3]
    assert StrategyVersion.objects.filter(state="published").count() == 3


def test_a_fact_that_changes_while_somebody_publishes_is_found_after_the_commit(world):
    version = draft("sale", when(SALE))

    def born_late():
        if world.loads[-1][1] is None and connection.in_atomic_block:
            # The grid has been read: what changes now was computed without the rule by whoever marked it.
            world.tags[13] = ("sale",)

    world.on_load = born_late
    publish_version(version, actor="bob")
    assert world.marked == [[11, 12], [13]]


def test_other_processes_see_the_new_rules_once_they_are_committed(world):
    live("one")
    assert len(elsewhere(lambda: load_rules("toy")).rules) == 1
    with transaction.atomic():
        live("two")
        assert len(load_rules("toy").rules) == 2
        assert len(elsewhere(lambda: load_rules("toy")).rules) == 1
        assert len(load_rules("toy").rules) == 2
    assert len(elsewhere(lambda: load_rules("toy")).rules) == 2


def test_the_audit_finds_what_the_log_does_not_tell(world):
    version = live("one")
    assert find_wrong_log(10).total == 0
    StrategyVersion.objects.filter(pk=version.pk).update(state="retired", retired_at=version.published_at)
    assert [violation.where for violation in find_wrong_log(10).violations] == ["toy"]
