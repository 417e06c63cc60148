"""What a sync strategy may say, how it is said in words, and how it is edited."""

import pytest
from django.utils import translation
from pydantic import ValidationError

from channels.sync.forms import SyncActionForm
from channels.sync.kind import SyncAction, check_action, describe_action
from strategies.registry import find_kind

FULL = {
    "ratio": 80.5,
    "offset": -3,
    "buffer": 2,
    "min_quantity": 5,
    "max_quantity": 50,
    "multiple": 6,
    "fixed": 7,
    "pause": "Recall",
    "increase_only": True,
}


@pytest.mark.parametrize("action", [{}, {"ratio": None}, {"offset": 0, "fixed": None}, {"pause": "Recall"}, FULL])
def test_an_action_is_kept_as_it_was_given(action):
    assert SyncAction.model_validate(action).model_dump(mode="json", exclude_unset=True) == action


@pytest.mark.parametrize(
    "action",
    [
        {"ratio": 100.5},
        {"ratio": "a lot"},
        {"ratio": 33.333},
        {"ratio": True},
        {"offset": 1.5},
        {"offset": "1"},
        {"buffer": -1},
        {"multiple": 0},
        {"max_quantity": 2**31},
        {"fixed": True},
        {"pause": ""},
        {"pause": "x" * 201},
        {"pause": " Recall"},
        {"increase_only": "yes"},
        {"paused": True},
    ],
)
def test_values_that_do_not_fit_are_refused(action):
    with pytest.raises(ValidationError):
        SyncAction.model_validate(action)


def test_only_the_fields_given_are_a_layer():
    action = SyncAction.model_validate({"ratio": 80.5, "buffer": None, "pause": "Recall"})
    assert {name: None if value is None else float(value) for name, value in action.policy().items()} == {
        "ratio": 80.5,
        "buffer": None,
    }
    assert (action.verdict().paused, action.verdict().increase_only) == (True, False)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({}, "leave the policy of the listing as it is"),
        ({"ratio": 80.5, "buffer": 2}, "publish 80.5% of the shop quantity, keep back 2 units"),
        ({"ratio": None, "fixed": None}, "publish the whole shop quantity, without a fixed number"),
        ({"offset": -3}, "add -3 units"),
        ({"offset": 3, "multiple": 6}, "add +3 units, publish multiples of 6 only"),
        ({"min_quantity": 5, "max_quantity": 50}, "publish 0 below 5 units, publish at most 50 units"),
        ({"fixed": 7}, "publish exactly 7, whatever the stock"),
        ({"pause": "100% recall"}, "pause (100% recall)"),
        ({"increase_only": True}, "never lower the number"),
    ],
)
def test_an_action_in_words(action, words):
    with translation.override("en"):
        assert describe_action(SyncAction.model_validate(action)) == words


def test_every_field_has_its_words_set_and_neutral():
    for name, value in FULL.items():
        described = describe_action(SyncAction.model_validate({name: value}))
        assert described
        assert "%(" not in described
        if name not in ("pause", "increase_only"):
            assert described != describe_action(SyncAction.model_validate({name: None}))


def test_a_maximum_below_the_multiple_is_a_mistake():
    def check(**action):
        return [path for path, _sentence in check_action(SyncAction.model_validate(action))]

    assert check(max_quantity=5, multiple=6) == ["max_quantity"]
    assert check(max_quantity=6, multiple=6) == []
    assert check(max_quantity=0, multiple=6) == []
    assert check(max_quantity=5, multiple=6, fixed=3) == []


def boxes(form):
    """What a browser sends for the form as it stands."""
    data = {}
    for bound in form:
        value = form.get_initial_for_field(bound.field, bound.name)
        if hasattr(bound.field.widget, "decompress"):
            number, none = bound.field.widget.decompress(value)
            data |= {f"{bound.name}_0": "" if number is None else str(number)} | (
                {f"{bound.name}_1": "on"} if none else {}
            )
        elif value is True:
            data[bound.name] = "on"
        elif value:
            data[bound.name] = value
    return data


@pytest.mark.parametrize("action", [{}, {"ratio": None, "fixed": None}, FULL, {"offset": 0}, {"pause": "Recall"}])
def test_the_form_gives_back_what_it_was_given(action):
    again = SyncActionForm(boxes(SyncActionForm(initial=action)))
    assert again.is_valid(), again.errors
    assert again.to_action() == action


def test_the_form_refuses_what_does_not_fit():
    form = SyncActionForm({"ratio_0": "101", "multiple_0": "0", "buffer_0": "3", "buffer_1": "on", "pause": "x" * 201})
    assert set(form.errors) == {"ratio", "multiple", "buffer", "pause"}


def test_the_kind_is_registered():
    kind = find_kind("sync")
    assert kind.action is SyncAction
    assert {"shop", "channel", "platform", "shop_quantity", "category", "hour"} <= set(kind.facts)
