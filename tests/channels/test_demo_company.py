"""The demo company shows the strategy centre at work."""

import pytest

from channels.demo_company import policies
from channels.demo_company.actions import create_company
from channels.models import ListingTarget, ShopSales, Simulation, SkuFigures
from core.audit.checks import all_checks
from core.audit.selectors import inspect
from strategies.models import Strategy, StrategyVersion
from strategies.selectors import lint_draft
from strategies.selectors.outlooks import count_decided
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


def test_strategies_decide_and_one_is_planned_and_one_is_shadowed():
    assert create_company()
    assert set(SkuFigures.objects.values_list("abc", flat=True)) == {"A", "B", "C"}
    assert ShopSales.objects.values("shop").distinct().count() == 8

    codes = dict(Strategy.objects.values_list("pk", "code"))
    decided = {codes[pk]: skus for kind in ("allocation", "sync") for pk, skus in count_decided(kind).items()}
    assert set(decided) == {plan.code for plan in policies.IN_FORCE}
    assert min(decided.values()) > 20, decided

    drafts = {draft.strategy.code: draft for draft in StrategyVersion.objects.filter(state="draft")}
    assert {code: draft.publish_at is not None for code, draft in drafts.items()} == {
        policies.CAMPAIGN.code: True,
        policies.DRAFT.code: False,
    }
    assert "shadowed" in {finding.code for finding in lint_draft(drafts[policies.DRAFT.code])}
    simulation = Simulation.objects.get()
    assert (simulation.edits[0]["id"], simulation.job.state) == (drafts[policies.CAMPAIGN.code].pk, "queued")

    settle()
    assert set(ListingTarget.objects.filter(paused=True).values_list("shop__code", flat=True)) == {"PDD"}
    assert [
        (result.check.name, result.found.total) for result in inspect(list(all_checks().values())) if result.found.total
    ] == []
    assert not create_company()
    assert StrategyVersion.objects.count() == len(decided) + len(drafts)
