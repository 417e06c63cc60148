"""Keys of every kind and a client that sends JSON as its bearer."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.test import Client

from core.api.auth import hash_secret
from core.models import ApiKey

SECRET = "s" * 32


@pytest.fixture
def make_key(db) -> Callable[..., ApiKey]:
    def make(prefix="abc", scopes=("stock", "stock:write"), **values) -> ApiKey:
        return ApiKey.objects.create(
            name=prefix, prefix=prefix, secret_hash=hash_secret(SECRET), scopes=list(scopes), **values
        )

    return make


class Caller:
    """Calls the API with a key."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.token = token

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}", **headers})

    def post(self, path: str, body: object, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {self.token}", **named}
        return self.client.post(path, data, content_type="application/json", headers=headers)


@pytest.fixture
def caller(make_key) -> Caller:
    return Caller(token_of(make_key()))


def token_of(key: ApiKey) -> str:
    return f"op_{key.prefix}_{SECRET}"


@pytest.fixture(autouse=True)
def collected_static(settings, tmp_path):
    """WhiteNoise warns about a folder that isn't there."""
    settings.STATIC_ROOT = tmp_path
