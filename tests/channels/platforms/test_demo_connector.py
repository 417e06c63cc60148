"""The connector against the real server, and against answers no good server gives."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import httpx2
import pytest
from pydantic import SecretStr

from channels.platforms.contract import (
    OutcomeKind,
    PlatformConfig,
    PlatformError,
    PushOutcome,
    StockReading,
    StockUpdate,
)
from channels.platforms.demo.client import DemoPlatform
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem
from channels.platforms.demo.transport import SignedTransport
from tests.channels.platforms.marketplace_server import free_port


def kinds(outcomes: Sequence[PushOutcome]) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def config_for(port: int, secret: str = "secret-of-A") -> DemoConfig:
    return DemoConfig(base_url=f"http://127.0.0.1:{port}", app_key="key-A", app_secret=SecretStr(secret))


@contextmanager
def answering(answer: bytes, *, after: float = 0.0) -> Iterator[int]:
    """A server that answers any one call with the same bytes; nothing at all if they are empty."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                time.sleep(after)
                if answer:
                    connection.sendall(answer)

        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def http(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def push_to(port: int) -> Sequence[PushOutcome]:
    return DemoPlatform.connect(config_for(port)).push_stock([StockUpdate(1, "a", 5, 1)])


def test_every_result_becomes_an_outcome(marketplace):
    items = ["a", "b", DemoItem("shut", "Shut", flag="locked"), DemoItem("slow", "Slow", flag="busy")]
    platform = DemoPlatform.connect(marketplace.open_shop("A", items))
    assert kinds(platform.push_stock([StockUpdate(1, "b", 9, 9)])) == [OutcomeKind.APPLIED]
    outcomes = platform.push_stock(
        [
            StockUpdate(11, "a", 5, 1),
            StockUpdate(12, "b", 1, 8),
            StockUpdate(13, "nowhere", 1, 1),
            StockUpdate(14, "shut", 1, 1),
            StockUpdate(15, "slow", 1, 1),
            StockUpdate(16, "a", -1, 2),
        ]
    )
    assert [outcome.listing_id for outcome in outcomes] == [11, 12, 13, 14, 15, 16]
    assert kinds(outcomes) == ["applied", "stale", "gone", "locked", "retry", "rejected"]
    assert [outcome.quantity for outcome in outcomes] == [5, 9, None, 0, 0, None]
    assert [outcome.retry_after for outcome in outcomes] == [None, None, None, None, 1, None]
    assert outcomes[0].message == ""
    assert "nowhere" in outcomes[2].message
    assert "not negative" in outcomes[5].message


def test_the_same_update_sent_again_counts_as_applied(marketplace):
    platform = DemoPlatform.connect(marketplace.open_shop("A", ["a"]))
    for _attempt in range(2):
        assert kinds(platform.push_stock([StockUpdate(1, "a", 5, 7)])) == [OutcomeKind.APPLIED]
    # The same version with another number is not the same update.
    assert kinds(platform.push_stock([StockUpdate(1, "a", 6, 7)])) == [OutcomeKind.STALE]


def test_reading_and_listing(marketplace):
    items = [f"i{number:03}" for number in range(201)]
    platform = DemoPlatform.connect(marketplace.open_shop("A", items))
    platform.push_stock([StockUpdate(1, "i001", 5, 2)])
    assert platform.read_stock(["i001", "nowhere", "i000"]) == [
        StockReading("i001", 5, 2),
        StockReading("nowhere", None, None),
        StockReading("i000", 0, 0),
    ]
    page = platform.list_items()
    assert len(page.items) == 200
    assert [item.item for item in platform.list_items(page.next_cursor).items] == ["i200"]
    assert platform.list_items(page.next_cursor).next_cursor == ""
    assert (list(platform.push_stock([])), list(platform.read_stock([]))) == ([], [])


def test_a_full_batch_goes_and_a_larger_one_is_refused(marketplace):
    items = [f"i{number:03}" for number in range(51)]
    platform = DemoPlatform.connect(marketplace.open_shop("A", items))
    updates = [StockUpdate(number, item, 1, 1) for number, item in enumerate(items)]
    assert kinds(platform.push_stock(updates[: platform.batch_size])) == ["applied"] * 50
    with pytest.raises(PlatformError, match="50 are allowed") as caught:
        platform.push_stock(updates)
    assert caught.value.kind is OutcomeKind.REJECTED


def test_throttling_says_how_long(start_marketplace):
    server = start_marketplace("--rate", "4", "--burst", "2")
    platform = DemoPlatform.connect(server.open_shop("A"))
    with pytest.raises(PlatformError, match="fewer calls") as caught:
        [platform.read_stock(["a"]) for _call in range(4)]
    assert caught.value.kind is OutcomeKind.THROTTLED
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 0.25
    time.sleep(caught.value.retry_after + 0.02)
    platform.read_stock(["a"])


def test_a_wrong_secret_is_an_auth_failure(marketplace):
    marketplace.open_shop("A")
    platform = DemoPlatform.connect(config_for(marketplace.port, secret="not-the-secret"))
    with pytest.raises(PlatformError, match="signature") as caught:
        platform.push_stock([StockUpdate(1, "a", 5, 1)])
    assert caught.value.kind is OutcomeKind.AUTH


def test_a_lost_answer_is_cleared_up_by_sending_again(start_marketplace):
    server = start_marketplace("--lose-rate", "1", "--rate", "5000", "--burst", "5000")
    config = server.open_shop("A", ["a"])
    platform = DemoPlatform.connect(config)
    with pytest.raises(PlatformError) as caught:
        platform.push_stock([StockUpdate(1, "a", 5, 1)])
    assert caught.value.kind is OutcomeKind.RETRY
    server.options = ("--rate", "5000")
    server.restart()
    outcome = platform.push_stock([StockUpdate(1, "a", 5, 1)])[0]
    assert (outcome.kind, outcome.quantity) == (OutcomeKind.APPLIED, 5)
    assert [line["result"] for line in server.history(config)] == ["applied", "stale"]


def test_a_killed_server_is_a_passing_problem_and_one_connection_outlives_it(marketplace):
    platform = DemoPlatform.connect(marketplace.open_shop("A", ["a"]))
    platform.push_stock([StockUpdate(1, "a", 5, 1)])
    marketplace.kill()
    with pytest.raises(PlatformError, match="could not be reached") as caught:
        platform.push_stock([StockUpdate(1, "a", 6, 2)])
    assert caught.value.kind is OutcomeKind.RETRY
    marketplace.start()
    assert kinds(platform.push_stock([StockUpdate(1, "a", 6, 2)])) == [OutcomeKind.APPLIED]
    platform.close()


def test_nobody_listening():
    with pytest.raises(PlatformError) as caught:
        push_to(free_port())
    assert caught.value.kind is OutcomeKind.RETRY


def test_no_answer_in_time():
    with answering(http("200 OK", "{}"), after=2.0) as port:
        impatient = SignedTransport(f"http://127.0.0.1:{port}", "key", "secret", timeout=httpx2.Timeout(0.2))
        with pytest.raises(PlatformError, match="ReadTimeout") as caught:
            DemoPlatform(impatient).push_stock([StockUpdate(1, "a", 5, 1)])
    assert caught.value.kind is OutcomeKind.RETRY


@pytest.mark.parametrize(
    ("answer", "kind", "retry_after"),
    [
        (b"", "retry", None),
        (http("500 Internal Server Error", "oops"), "retry", None),
        (http("503 Service Unavailable", "", "Retry-After: 7"), "retry", 7.0),
        (http("429 Too Many Requests", "", "Retry-After: 3"), "throttled", 3.0),
        (http("429 Too Many Requests", "", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"), "throttled", 0.0),
        (http("429 Too Many Requests", "", "Retry-After: later"), "throttled", None),
        (http("429 Too Many Requests", '{"retry_after": 0.25}', "Retry-After: 1"), "throttled", 0.25),
        (http("403 Forbidden", ""), "auth", None),
        (http("404 Not Found", "{}"), "rejected", None),
        (http("302 Found", "", "Location: /elsewhere"), "rejected", None),
        (http("200 OK", "<html>"), "retry", None),
        (http("200 OK", "[]"), "retry", None),
        (http("200 OK", "{}"), "retry", None),
        (http("200 OK", '{"results": []}'), "retry", None),
        (http("200 OK", '{"results": [{"item": "b", "result": "applied"}]}'), "retry", None),
    ],
)
def test_strange_answers(answer, kind, retry_after):
    with answering(answer) as port, pytest.raises(PlatformError) as caught:
        push_to(port)
    assert (caught.value.kind, caught.value.retry_after) == (kind, retry_after)
    assert caught.value.message


def test_an_unknown_result_is_not_taken_for_success():
    with answering(http("200 OK", '{"results": [{"item": "a", "result": "maybe"}]}')) as port:
        assert kinds(push_to(port)) == [OutcomeKind.REJECTED]


def test_another_platforms_configuration_is_refused():
    with pytest.raises(TypeError, match="DemoConfig"):
        DemoPlatform.connect(PlatformConfig())
