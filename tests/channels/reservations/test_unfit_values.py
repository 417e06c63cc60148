"""Values that no database or JSON can hold are the fault of their own request."""

import pytest

from channels.reservations.actions import reserve
from channels.reservations.rules import LineRequest
from core.api.problems import describe, render_problem
from tests.channels.reservations.asking import STOCK, ask, said

pytestmark = pytest.mark.django_db

UNFIT = ("a\0b", "a\ud800b", "\udfff", "x" * 65)
TOO_LONG = "x" * 201


def judge(world, **fields):
    """The places at fault of a request with these fields, in a batch with a good one."""
    sku = world.sku(10)
    bad = ask(world.shop, (sku, 1), check=STOCK)._replace(**fields)
    refused, good = reserve([bad, ask(world.shop, (sku, 10))])
    assert said(good)["lines"][0]["reserved"] == 10
    assert render_problem(describe(refused.error)).status_code == 422
    return [fault.path for fault in refused.error.errors]


@pytest.mark.parametrize("code", UNFIT)
def test_of_a_sku(world, code):
    lines = LineRequest(world.sku(1).code, 1), LineRequest(code, 0)
    assert judge(world, lines=lines) == ["lines[1].sku"]


@pytest.mark.parametrize("code", UNFIT)
@pytest.mark.parametrize("field", ["shop", "pool"])
def test_of_a_shop_or_pool(world, field, code):
    assert judge(world, **{field: code}) == [field]


@pytest.mark.parametrize("field", ["key", "reference", "reason"])
@pytest.mark.parametrize("text", [*UNFIT[:3], TOO_LONG])
def test_of_a_text(world, field, text):
    assert judge(world, **{field: text}) == [field]


def test_of_a_number(world):
    assert judge(world, lines=(LineRequest("A", 2**70),)) == ["lines[0].quantity"]
