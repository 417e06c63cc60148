"""The storefront as a visitor's browser sees it."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from channels.platforms.contract import StockUpdate
from channels.platforms.demo.client import DemoPlatform
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem


def set_stock(config: DemoConfig, item: str, quantity: int, version: int) -> None:
    platform = DemoPlatform.connect(config)
    assert platform.push_stock([StockUpdate(1, item, quantity, version)])[0].kind == "applied"
    platform.close()


def next_stock(lines: Iterator[str]) -> tuple[int, list[dict[str, Any]]]:
    """The next stock event as (id, changes)."""
    event_id = ""
    for line in lines:
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("data: ["):
            return int(event_id), json.loads(line[6:])
    pytest.fail("the stream ended")


def test_pages_show_stock_in_both_languages(marketplace):
    items = [DemoItem("a<1>", "Shirt & tie", "衬衫", style="s"), "low", "out"]
    shop = marketplace.open_shop("A", items, face="tmall")
    set_stock(shop, "a<1>", 12, 1)
    set_stock(shop, "low", 5, 1)
    english = marketplace.http.get("/shops/A", headers={"Accept-Language": "en"}).text
    chinese = marketplace.http.get("/shops/A?lang=zh").text
    assert "Shirt &amp; tie" in english
    assert "a&lt;1&gt;" in english
    assert "<1>" not in english
    assert re.findall(r'class="badge">([^<]+)<', english) == ["In stock", "Few left", "Sold out"]
    assert re.findall(r'class="badge">([^<]+)<', chinese) == ["有货", "库存紧张", "售罄"]
    assert "衬衫" in chinese
    assert 'lang="zh"' in chinese
    assert "Shop A" in marketplace.http.get("/").text
    assert "店铺 A" in marketplace.http.get("/", headers={"Accept-Language": "zh-CN,zh"}).text


def test_pages_ask_nothing_of_other_hosts_and_hold_nothing_inline(marketplace):
    marketplace.open_shop("A", ["a"])
    for path in ("/", "/shops/A", "/items", "/nowhere"):
        answer = marketplace.http.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"https?://|<style|<script>| style=| on\w+=", answer.text)
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
            content = marketplace.http.get(asset)
            assert content.status_code == 200
            assert "http" not in content.text.replace("http://www.w3.org/2000/svg", "")


def test_search_and_pages(marketplace):
    marketplace.open_shop("A", [f"sock-{number:03}" for number in range(70)])
    marketplace.open_shop("B", ["sock-000", "hat_1", "hat%2"])

    def found(path: str) -> list[tuple[str, str]]:
        return re.findall(r'data-shop="([^"]+)" data-item="([^"]+)"', marketplace.http.get(path).text)

    assert found("/items?q=sock-000") == [("A", "sock-000"), ("B", "sock-000")]
    assert found("/items?q=HAT") == [("B", "hat%2"), ("B", "hat_1")]
    assert found("/items?q=t_") == [("B", "hat_1")]
    assert len(found("/shops/A")) == 60
    assert found("/shops/A?page=2") == [("A", f"sock-{number:03}") for number in range(60, 70)]
    assert found("/shops/A?page=99") == found("/shops/A?q=nothing") == []
    assert marketplace.http.get("/shops/NONE").status_code == 404
    assert marketplace.http.get("/shops/NONE/events").status_code == 404


def test_changes_reach_an_open_page(marketplace):
    first, second = marketplace.open_shop("A", ["a"]), marketplace.open_shop("B", ["b"])
    with (
        marketplace.http.stream("GET", "/shops/A/events?since=0") as one,
        marketplace.http.stream("GET", "/events?since=0") as every,
    ):
        assert one.headers["content-type"].startswith("text/event-stream")
        shop_lines, all_lines = one.iter_lines(), every.iter_lines()
        set_stock(second, "b", 2, 1)
        set_stock(first, "a", 5, 1)
        assert next_stock(shop_lines)[1] == [{"shop": "A", "item": "a", "quantity": 5, "version": 1}]
        seen = next_stock(all_lines)[1]
        while len(seen) < 2:
            seen += next_stock(all_lines)[1]
        assert [(row["shop"], row["quantity"]) for row in seen] == [("B", 2), ("A", 5)]


def test_a_page_that_was_cut_off_catches_up_even_over_a_restart(marketplace):
    shop = marketplace.open_shop("A", ["a", "b", "c"])
    set_stock(shop, "a", 1, 1)
    with marketplace.http.stream("GET", "/shops/A/events?since=0") as stream:
        last, changes = next_stock(stream.iter_lines())
        assert [row["item"] for row in changes] == ["a"]
    marketplace.restart()
    set_stock(shop, "b", 2, 1)
    set_stock(shop, "b", 3, 2)
    with marketplace.http.stream("GET", "/shops/A/events?since=0", headers={"Last-Event-ID": str(last)}) as stream:
        _last, changes = next_stock(stream.iter_lines())
    assert changes == [{"shop": "A", "item": "b", "quantity": 3, "version": 2}]


def test_a_page_from_before_a_reset_gets_everything(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    set_stock(shop, "a", 4, 1)
    with marketplace.http.stream("GET", "/shops/A/events?since=999999") as stream:
        assert next_stock(stream.iter_lines())[1][0]["quantity"] == 4


def test_a_page_asks_for_changes_since_it_was_made(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    set_stock(shop, "a", 1, 1)
    page = marketplace.http.get("/shops/A").text
    set_stock(shop, "a", 2, 2)
    target = re.search(r'data-stream="([^"]+)"', page)
    assert target
    with marketplace.http.stream("GET", target[1]) as stream:
        assert next_stock(stream.iter_lines())[1][0]["quantity"] == 2


def test_many_open_pages_all_end_on_the_last_number(marketplace):
    shop = marketplace.open_shop("A", ["a"])
    ends: list[int] = []

    def watch() -> None:
        with (
            httpx2.Client(base_url=marketplace.url, trust_env=False, timeout=10) as client,
            client.stream("GET", "/shops/A/events?since=0") as stream,
        ):
            lines = stream.iter_lines()
            shown: list[int] = []
            while not shown or shown[-1] != 40:
                shown.append(next_stock(lines)[1][0]["quantity"])
            assert shown == sorted(shown)
            ends.append(shown[-1])

    watchers = [threading.Thread(target=watch) for _ in range(10)]
    for watcher in watchers:
        watcher.start()
    for version in range(1, 41):
        set_stock(shop, "a", version, version)
    for watcher in watchers:
        watcher.join(timeout=15)
    assert ends == [40] * 10
