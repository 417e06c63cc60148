"""The audit finds decisions that aren't on record as they are."""

import pytest

from channels.allocation.audit import find_wrong_decisions
from channels.models import Decision
from core.audit.actions import repair_violations
from core.audit.checks import all_checks
from inventory.catalogue.actions import save_skus
from tests.channels.allocation.world import publish
from tests.channels.small_world import settle, small_world

pytestmark = pytest.mark.django_db


def test_what_is_not_on_record_is_found_and_put_right():
    world = small_world()
    coat = world.sku(5, code="COAT")
    version = publish("ALL", {"mode": "priority"})
    assert find_wrong_decisions(10).total == 0  # it waits to be computed
    settle()
    assert find_wrong_decisions(10).total == 0
    Decision.objects.all().delete()
    Decision.objects.create(
        kind="allocation", place_id=999_999, sku_id=coat.pk, version=version, since=version.created_at
    )
    found = find_wrong_decisions(10)
    assert (found.total, {v.where for v in found.violations}) == (2, {f"COAT @ {world.pool.code}", "COAT @ 999999"})
    assert found.violations[0].facts["version"] == "ALL v1"
    assert found.violations[1].facts["version"] == "–"
    repair_violations(all_checks()["allocation-decisions"], found.violations, actor="t")
    assert Decision.objects.get(until=None).place_id == world.pool.pk
    settle()
    assert find_wrong_decisions(10).total == 0


def test_a_new_sku_that_nobody_has_computed_is_nothing_wrong():
    world = small_world()
    world.sku(10)
    publish("ALL", {"mode": "priority"})
    settle()
    save_skus([{"code": "NEW", "name": "New"}], actor="t")
    assert find_wrong_decisions(5).total == 0
