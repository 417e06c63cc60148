"""GET /availability and POST /availability/search."""

import orjson
import pytest
from django.test import Client

from core.api.auth import hash_secret
from core.models import ApiKey
from tests.channels.small_world import settle
from tests.factories import ShareFactory

pytestmark = pytest.mark.django_db
SECRET = "s" * 32


@pytest.fixture(autouse=True)
def collected_static(settings, tmp_path):
    """WhiteNoise warns about a folder that isn't there."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def call():
    def call(method, path, body=None, owner="integration", owner_code="", scopes=("availability",)):
        prefix = f"{owner}{len(scopes)}"
        ApiKey.objects.get_or_create(
            prefix=prefix,
            defaults={
                "name": prefix,
                "secret_hash": hash_secret(SECRET),
                "scopes": list(scopes),
                "owner": owner,
                "owner_code": owner_code,
            },
        )
        headers = {"Authorization": f"Bearer op_{prefix}_{SECRET}"}
        if method == "GET":
            return Client().get(f"/api/v1{path}", headers=headers)
        return Client().post(f"/api/v1{path}", orjson.dumps(body), content_type="application/json", headers=headers)

    return call


def test_quantities_and_versions_in_the_order_asked(world, call):
    one, other, none = world.sku(7), world.sku(8), world.sku()
    settle()
    world.issue(one, 2)
    settle()
    shop = world.shop.code
    answer = call("GET", f"/availability?shop={shop}&sku={other.code}&sku={one.code}&sku={none.code}&sku=NO").json()
    assert [(item["sku"], item["quantity"], item["version"]) for item in answer["items"]] == [
        (other.code, 8, 1),
        (one.code, 5, 2),
        (none.code, 0, 0),
    ]
    assert {item["shop"] for item in answer["items"]} == {shop}
    assert answer["unknown"] == ["NO"]
    assert answer["as_of"].endswith("Z")


def test_an_unknown_sku_is_named_even_if_a_shop_has_its_code(world, call):
    answer = call("GET", f"/availability?shop={world.shop.code}&sku={world.shop.code}").json()
    assert answer["items"] == []
    assert answer["unknown"] == [world.shop.code]


def test_search_pairs_every_shop_with_every_sku(world, call):
    sku = world.sku(10)
    second = ShareFactory(pool=world.pool, ratio=50).shop
    settle()
    body = {"shops": [world.shop.code, second.code, "NOWHERE"], "skus": [sku.code, "NO", sku.code]}
    answer = call("POST", "/availability/search", body).json()
    assert [(item["shop"], item["quantity"]) for item in answer["items"]] == [(world.shop.code, 10), (second.code, 5)]
    assert answer["unknown"] == ["NOWHERE", "NO"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?shop=S&sku=" + "&sku=".join(map(str, range(200))), 200),
        ("?shop=S&sku=" + "&sku=".join(map(str, range(201))), 422),
        ("?shop=S", 422),
        ("?sku=A", 422),
        ("?shop=S&sku=", 422),
        ("?shop=S&sku=A%00", 422),
    ],
)
def test_limits_of_one_call(call, path, status):
    assert call("GET", f"/availability{path}").status_code == status


def test_limits_of_a_search(call):
    codes = [str(at) for at in range(101)]
    assert call("POST", "/availability/search", {"shops": codes[:10], "skus": codes[:100]}).status_code == 200
    assert call("POST", "/availability/search", {"shops": codes[:10], "skus": codes}).status_code == 422
    assert call("POST", "/availability/search", {"shops": [], "skus": codes}).status_code == 422


def test_a_shops_key_sees_its_own_shop_alone(world, call):
    sku = world.sku(7)
    other = ShareFactory(pool=world.pool).shop
    settle()
    key = {"owner": "shop", "owner_code": world.shop.code}
    path = "/availability?shop={}&sku=" + sku.code
    assert call("GET", path.format(world.shop.code), **key).json()["items"][0]["quantity"] == 7
    assert call("GET", path.format(other.code), **key).status_code == 404
    assert call("GET", path.format("NOWHERE"), **key).status_code == 404
    body = {"shops": [world.shop.code, other.code], "skus": [sku.code]}
    assert call("POST", "/availability/search", body, **key).status_code == 404


def test_a_stores_key_sees_no_shop(world, call):
    path = f"/availability?shop={world.shop.code}&sku=A"
    assert call("GET", path, owner="store", owner_code="W0").status_code == 404


def test_the_scope_is_needed(world, call):
    assert call("GET", "/availability?shop=S&sku=A", scopes=("stock", "orders")).status_code == 403


def test_a_call_takes_one_query(world, call, django_assert_num_queries):
    skus = [world.sku(1).code for _ in range(5)]
    settle()
    path = f"/availability?shop={world.shop.code}&sku=" + "&sku=".join(skus)
    call("GET", path)
    with django_assert_num_queries(2):  # the get_or_create of this test's key, the numbers
        call("GET", path)
