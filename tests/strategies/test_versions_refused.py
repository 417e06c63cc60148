"""What can't be saved or published, and the place of every fault."""

import pytest

from core.errors import InvalidInput
from strategies.actions import create_strategy, publish_version
from strategies.models import Strategy
from tests.strategies.policies import CHEAP, SALE, draft, when

pytestmark = pytest.mark.django_db


def test_every_fault_is_named_by_its_place(world):
    rows = [{"fact": "colour", "op": "in", "value": ["x"]}, {"fact": "toy_price", "op": "any", "value": ["x"]}]
    with pytest.raises(InvalidInput) as refused:
        create_strategy(
            kind="toy", code="x", name="X", conditions=when(*rows), action={"colour": "pink"}, note="", actor="ann"
        )
    assert [fault.path for fault in refused.value.errors] == [
        "conditions.any[0].all[0].fact",
        "conditions.any[0].all[1].op",
        "action.colour",
    ]
    with pytest.raises(InvalidInput) as refused:
        draft("x", {"any": [{"all": [{"fact": "toy_price", "op": "like", "value": "1"}]}]})
    assert [fault.path for fault in refused.value.errors] == ["conditions.any[0].all[0].op"]
    assert not Strategy.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("code", ""), ("code", " x"), ("code", "x" * 65), ("name", "")])
def test_labels_are_checked(world, field, value):
    given = {"code": "x", "name": "X"} | {field: value}
    with pytest.raises(InvalidInput) as refused:
        create_strategy(kind="toy", **given, conditions={}, action={}, actor="ann")
    assert [fault.path for fault in refused.value.errors] == [field]


def test_a_code_is_taken_once_in_a_kind(world):
    draft("sale")
    with pytest.raises(InvalidInput, match="already"):
        draft("sale")


def test_an_unknown_kind_is_refused(world):
    with pytest.raises(InvalidInput, match="no kind"):
        draft("sale", kind="nothing")


def test_conditions_that_rule_each_other_out_are_not_published(world):
    never = draft("never", when(CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}))
    with pytest.raises(InvalidInput) as refused:
        publish_version(never, actor="bob")
    assert [fault.path for fault in refused.value.errors] == [
        "conditions.any[0].all[0]",
        "conditions.any[0].all[1]",
    ]
    never.refresh_from_db()
    assert never.state == "draft"


def test_one_group_that_can_hold_is_enough_to_publish(world):
    group = {"all": [CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}]}
    publish_version(draft("some", {"any": [group, {"all": [SALE]}]}), actor="bob")
    assert world.taken() == [11, 12]
