"""The marketplace's signed calls, over real HTTP, signed by the tests themselves."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from channels.platforms.contract import PlatformError
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem, DemoShop, register_shops
from tests.channels.platforms.marketplace_server import ADMIN_SECRET, MarketplaceServer, signed_headers


def update(item: str, quantity: object, version: int) -> dict[str, object]:
    return {"item": item, "quantity": quantity, "version": version}


def push(server: MarketplaceServer, config: DemoConfig, *updates: object) -> httpx2.Response:
    return server.call(config, "POST", "/api/stock/batch", {"updates": list(updates)})


def results(response: httpx2.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [row["result"] for row in response.json()["results"]]


def refusal(response: httpx2.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["title"]


def test_signature_clock_and_nonce(marketplace: MarketplaceServer):
    shop = marketplace.open_shop("A", ["a"])

    def read(**changes: str) -> httpx2.Response:
        return marketplace.call(shop, "POST", "/api/stock/read", {"items": ["a"]}, **changes)

    now = int(time.time())
    assert read().status_code == 200
    assert refusal(read(signature="0" * 64)) == (401, "bad-signature")
    assert refusal(read(key="nobody")) == (401, "unknown-key")
    assert refusal(read(timestamp="soon")) == (401, "bad-timestamp")
    assert refusal(read(timestamp=str(now - 310))) == (401, "bad-clock")
    assert refusal(read(timestamp=str(now + 310))) == (401, "bad-clock")
    assert read(timestamp=str(now - 280)).status_code == 200
    assert refusal(read(nonce="short")) == (401, "bad-nonce")
    assert read(nonce="once-only").status_code == 200
    assert refusal(read(nonce="once-only")) == (401, "replayed")


def test_a_forged_call_does_not_use_up_a_nonce(marketplace):
    shop = marketplace.open_shop("A")
    forged = marketplace.call(shop, "GET", "/api/items", nonce="0123456789", signature="0" * 64)
    assert refusal(forged) == (401, "bad-signature")
    assert marketplace.call(shop, "GET", "/api/items", nonce="0123456789").status_code == 200


def test_body_and_query_are_covered_by_the_signature(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    headers = signed_headers(shop, "POST", "/api/stock/read", b'{"items":["a"]}')
    changed = marketplace.http.post("/api/stock/read", content=b'{"items":["b"]}', headers=headers)
    assert refusal(changed) == (401, "bad-signature")
    headers = signed_headers(shop, "GET", "/api/items?cursor=a", b"")
    assert refusal(marketplace.http.get("/api/items?cursor=b", headers=headers)) == (401, "bad-signature")


def test_only_the_admin_secret_opens_shops(marketplace, start_marketplace):
    shop = DemoShop("A", "A", "", "mall", "key-a", "secret-a")
    with pytest.raises(PlatformError, match="signature"):
        register_shops(marketplace.url, "wrong", [shop])
    register_shops(marketplace.url, ADMIN_SECRET, [shop, shop])
    with pytest.raises(PlatformError, match="another shop"):
        register_shops(marketplace.url, ADMIN_SECRET, [DemoShop("B", "B", "", "mall", "key-a", "secret-b")])
    with pytest.raises(PlatformError, match="face"):
        register_shops(marketplace.url, ADMIN_SECRET, [DemoShop("B", "B", "", "cellar", "key-b", "secret-b")])
    closed = start_marketplace("--admin-secret", "")
    with pytest.raises(PlatformError, match="without an admin secret"):
        register_shops(closed.url, ADMIN_SECRET, [shop])


def test_a_new_secret_replaces_the_old_one(marketplace):
    shop = marketplace.open_shop("A")
    register_shops(marketplace.url, ADMIN_SECRET, [DemoShop("A", "A", "", "mall", shop.app_key, "changed-it")])
    assert refusal(marketplace.call(shop, "GET", "/api/items")) == (401, "bad-signature")


def test_one_shop_does_not_touch_another(marketplace):
    first, second = marketplace.open_shop("A", ["a"]), marketplace.open_shop("B", ["a"])
    assert results(push(marketplace, first, update("a", 5, 1))) == ["applied"]
    assert (marketplace.stock(first), marketplace.stock(second)) == ({"a": 5}, {"a": 0})


def test_the_allowance_is_per_shop_and_says_when_to_come_back(start_marketplace):
    server = start_marketplace("--rate", "2", "--burst", "3")
    first, second = server.open_shop("A"), server.open_shop("B")
    answers = [server.call(first, "GET", "/api/items") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert 0 < answers[-1].json()["retry_after"] <= 0.5
    assert server.call(second, "GET", "/api/items").status_code == 200
    time.sleep(answers[-1].json()["retry_after"] + 0.05)
    assert server.call(first, "GET", "/api/items").status_code == 200


def test_an_older_number_never_overwrites_a_newer_one(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    assert results(push(marketplace, shop, update("a", 7, 3))) == ["applied"]
    for version in (1, 2, 3):
        answer = push(marketplace, shop, update("a", 99, version))
        assert results(answer) == ["stale"]
        assert answer.json()["results"][0] == {"item": "a", "result": "stale", "quantity": 7, "version": 3}
    assert marketplace.stock(shop) == {"a": 7}
    assert results(push(marketplace, shop, update("a", 0, 4))) == ["applied"]
    assert marketplace.stock(shop) == {"a": 0}


def test_versions_stay_in_order_under_racing_calls(marketplace: MarketplaceServer):
    shop = marketplace.open_shop("A", ["a", "b"])

    def send(version: int) -> httpx2.Response:
        return push(marketplace, shop, update("a", version, version), update("b", version, version))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, [*range(60, 0, -1), *range(1, 61)]))
    assert marketplace.stock(shop) == {"a": 60, "b": 60}
    for item in ("a", "b"):
        applied = [
            line["version"]
            for line in marketplace.history(shop)
            if line["item"] == item and line["result"] == "applied"
        ]
        assert applied == sorted(set(applied))


def test_the_same_item_twice_in_a_batch(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    answer = push(marketplace, shop, update("a", 1, 1), update("a", 2, 2), update("a", 1, 1))
    assert results(answer) == ["applied", "applied", "stale"]
    assert marketplace.stock(shop) == {"a": 2}


def test_good_rows_are_applied_beside_bad_ones(marketplace):
    items = ["ok", DemoItem("shut", "Shut", flag="locked"), DemoItem("slow", "Slow", flag="busy")]
    shop = marketplace.open_shop("A", items)
    rows = [update(item, 4, 1) for item in ("shut", "nowhere", "slow", "ok")]
    bad = [update("ok", -1, 2), update("ok", "5", 2), update("ok", 1.5, 2), update("ok", True, 2), update("ok", 5, 0)]
    answer = push(marketplace, shop, *rows, *bad)
    assert results(answer) == ["locked", "gone", "busy", "applied", *["invalid"] * 5]
    assert marketplace.stock(shop) == {"ok": 4, "shut": 0, "slow": 0}


def test_the_fail_rate_makes_some_rows_busy(start_marketplace):
    server = start_marketplace("--fail-rate", "0.5", "--rate", "5000", "--burst", "5000")
    items = [f"i{number:02}" for number in range(50)]
    shop = server.open_shop("A", items)
    answer = results(push(server, shop, *(update(item, 9, 1) for item in items)))
    shown = server.stock(shop)
    assert set(answer) == {"applied", "busy"}
    assert [shown[item] for item in items] == [9 if result == "applied" else 0 for result in answer]


def test_batches_have_a_size(marketplace):
    items = [f"i{number:02}" for number in range(51)]
    shop = marketplace.open_shop("A", items)
    rows = [update(item, 1, 1) for item in items]
    assert refusal(push(marketplace, shop, *rows)) == (422, "batch-too-large")
    assert results(push(marketplace, shop, *rows[:50])) == ["applied"] * 50
    answer = marketplace.call(shop, "POST", "/api/stock/read", {"items": items})
    assert refusal(answer) == (422, "batch-too-large")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([], (400, "not-json")),
        ({}, (422, "invalid")),
        ({"updates": [5]}, (422, "invalid")),
        ({"updates": [{"item": ""}]}, (422, "invalid")),
    ],
)
def test_nonsense_is_answered_with_a_problem(marketplace, payload, expected):
    shop = marketplace.open_shop("A", ["a"])
    assert refusal(marketplace.call(shop, "POST", "/api/stock/batch", payload)) == expected


def test_a_huge_body_is_not_read(marketplace):
    shop = marketplace.open_shop("A")
    answer = marketplace.call(shop, "POST", "/api/stock/batch", {"updates": "x" * 1_100_000})
    assert answer.status_code == 413


def test_listing_goes_page_by_page_and_keeps_stock_on_republishing(marketplace):
    items = [f"i{number:04}" for number in range(450)]
    shop = marketplace.open_shop("A", items)
    push(marketplace, shop, update("i0007", 3, 1))
    marketplace.open_shop("A", items)
    shown = marketplace.stock(shop)
    assert sorted(shown) == items
    assert shown["i0007"] == 3


def test_kill_9_keeps_every_acknowledged_number(marketplace):
    shop = marketplace.open_shop("A", ["a", "b"])
    acknowledged = {"version": 0}
    done = threading.Event()

    def keep_pushing() -> None:
        for version in range(1, 100_000):
            if done.is_set():
                return
            try:
                answer = push(marketplace, shop, update("a", version, version), update("b", version, version))
            except httpx2.TransportError:
                return
            assert results(answer) == ["applied", "applied"]
            acknowledged["version"] = version

    pusher = threading.Thread(target=keep_pushing)
    pusher.start()
    time.sleep(0.5)
    marketplace.kill()
    done.set()
    pusher.join()
    marketplace.start()
    last = acknowledged["version"]
    assert last > 10
    shown = marketplace.stock(shop)
    # The update in flight may have been committed without being acknowledged; never half of it.
    assert shown["a"] == shown["b"]
    assert shown["a"] in (last, last + 1)
    assert results(push(marketplace, shop, update("a", 0, last))) == ["stale"]
    assert [line["version"] for line in marketplace.history(shop) if line["item"] == "a"][:last] == [
        *range(1, last + 1)
    ]


def test_it_stops_in_order_when_told_to(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    with marketplace.http.stream("GET", "/shops/A/events") as stream:
        next(stream.iter_text())
        started = time.monotonic()
        marketplace.stop()
    assert time.monotonic() - started < 2
    check = sqlite3.connect(marketplace.data)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    marketplace.start()
    assert marketplace.stock(shop) == {"a": 0}
