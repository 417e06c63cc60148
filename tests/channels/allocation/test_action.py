"""What an allocation strategy may say, how it is said, and its form."""

import pytest
from django.utils.datastructures import MultiValueDict
from pydantic import ValidationError

from channels.allocation.forms import AllocationActionForm
from channels.allocation.kind import check_action
from channels.allocation.rules import AllocationAction
from channels.allocation.words import describe_action
from strategies.registry import find_kind
from tests.factories import ShareFactory, ShopFactory


def action(**fields):
    return AllocationAction.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "leave the pool as it is"),
        ({"mode": "demand"}, "split by demand"),
        (
            {
                "mode": "priority",
                "shares": [
                    {"shop": "TMALL", "ratio": 80, "priority": 1},
                    {"shop": "JD", "ratio": 60.5, "holdback": 5, "cap": 9},
                ],
            },
            "share by priority: TMALL 80% first, JD 60.5% (hold back 5, at most 9)",
        ),
        (
            {"shares": [{"ratio": 0}, {"priority": 3, "shop": "JD", "cap": None}], "scarcity_at": None},
            "in the mode of the pool: every other shop 0%, JD with priority 3 (no cap); never all to the first shop",
        ),
        ({"mode": None, "scarcity_at": 10}, "all to the first shop when 10 or fewer are left"),
        (
            {"mode": "shared", "shares": [{"ratio": 100}]},
            "let each shop see its ratio by itself: every other shop 100%",
        ),
    ],
)
def test_an_action_in_words(fields, words):
    assert describe_action(action(**fields)) == words


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "fair"},
        {"scarcity_at": -1},
        {"shares": [{"shop": "A", "ratio": 100.5}]},
        {"shares": [{"shop": "A", "ratio": 33.333}]},
        {"shares": [{"shop": "A", "holdback": "5"}]},
        {"shares": [{"shop": "A", "cap": 1.5}]},
        {"shares": [{"shop": "A", "priority": True}]},
        {"shares": [{"shop": "A", "home_supply": "L"}]},
        {"ratio": 80},
    ],
)
def test_an_action_of_other_values_is_refused(fields):
    with pytest.raises(ValidationError):
        action(**fields)


def test_an_action_is_kept_as_it_was_given():
    fields = {"mode": "depth", "scarcity_at": None, "shares": [{"shop": "A", "ratio": 12.5, "cap": None}]}
    assert action(**fields).model_dump(mode="json", exclude_unset=True) == fields


@pytest.mark.django_db
def test_shops_that_are_unknown_or_named_twice_are_found():
    ShopFactory(code="A")
    shares = [
        {"shop": "A", "ratio": 1},
        {"shop": "B", "ratio": 1},
        {"shop": "A", "ratio": 2},
        {"ratio": 1},
        {"holdback": 1},
        {"shop": "A"},
    ]
    assert check_action(action(shares=shares)) == [
        ("shares[1].shop", "There is no shop B."),
        ("shares[2].shop", "A stands here twice."),
        ("shares[4].shop", "Every other shop stands here twice."),
        ("shares[5].shop", "A stands here twice."),
        ("shares[5]", "Nothing is set here. Set something or take it out."),
    ]
    assert check_action(action(shares=shares[:1])) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"mode": "priority", "scarcity_at": 5},
        {"scarcity_at": None},
        {"shares": [{"ratio": 50}, {"shop": "A", "ratio": 33.33, "cap": None}, {"shop": "B", "cap": 0, "priority": 2}]},
    ],
)
def test_the_form_says_what_it_was_given(fields):
    for code in "AB":
        ShareFactory(shop__code=code)
    given = AllocationActionForm(initial=fields)
    data = MultiValueDict()
    for name, field in given.fields.items():
        value = given.initial[name]
        if hasattr(field.widget, "decompress"):
            number, none = field.widget.decompress(value)
            data[f"{name}_0"] = "" if number is None else str(number)
            if none:
                data[f"{name}_1"] = "on"
        else:
            data[name] = "" if value is None else str(value)
    form = AllocationActionForm(data)
    assert form.is_valid(), form.errors
    assert form.to_action() == fields
    assert find_kind("allocation").action.model_validate(form.to_action()) == action(**fields)
    assert [code for code, _name, _fields in form.rows()] == ["", "A", "B"]


@pytest.mark.django_db
def test_the_form_refuses_what_does_not_fit():
    form = AllocationActionForm(
        MultiValueDict({"others-ratio": ["101"], "scarcity_at_0": ["3"], "scarcity_at_1": ["on"]})
    )
    assert set(form.errors) == {"others-ratio", "scarcity_at"}
