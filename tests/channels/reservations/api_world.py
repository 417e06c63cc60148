"""A shop with ten units of A and five of B, and callers of the API with keys of every owner."""

import orjson
import pytest
from django.test import Client

from core.api.auth import hash_secret
from core.models import ApiKey
from inventory.models import StockRow
from tests.channels.small_world import settle, small_world

SECRET = "s" * 32
BOTH = ("reservations", "reservations:write")


class Caller:
    def __init__(self, prefix="abc", scopes=BOTH, **values):
        self.key = ApiKey.objects.create(
            name=prefix, prefix=prefix, secret_hash=hash_secret(SECRET), scopes=list(scopes), **values
        )
        self.headers = {"Authorization": f"Bearer op_{prefix}_{SECRET}"}
        self.client = Client()

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def ids(self, **query):
        answer = self.get("/reservations", **query)
        assert answer.status_code == 200, answer.content
        return [item["id"] for item in answer.json()["items"]]

    def post(self, path, body=None, key=None, **headers):
        named = {**self.headers, **headers} | ({"Idempotency-Key": key} if key is not None else {})
        return self.client.post(f"/api/v1{path}", orjson.dumps(body), "application/json", headers=named)

    def reserve(self, body, key="one"):
        return self.post("/reservations", body, key)

    def made(self, body, key="one"):
        answer = self.reserve(body, key)
        assert answer.status_code == 201, answer.content
        return answer.json()


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == status
    return content


@pytest.fixture
def world(db):
    return small_world()


@pytest.fixture
def skus(world):
    made = {"A": world.sku(10, code="A"), "B": world.sku(5, code="B")}
    settle()
    return made


@pytest.fixture
def caller():
    return Caller()


@pytest.fixture
def ask(world, skus):
    """A body for the world's shop: `ask(A=2, B=1)`."""

    def body(lines=None, **values):
        units = {name: values.pop(name) for name in ("A", "B", "C") if name in values}
        named = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]
        return {"shop": world.shop.code, "lines": named if lines is None else lines, **values}

    return body


def allocated():
    return {row.sku.code: row.allocated for row in StockRow.objects.select_related("sku")}
