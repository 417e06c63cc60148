"""The demo marketplace as a real server process, for any test that needs one.

Import the fixtures into a conftest: `from tests.channels.platforms.marketplace_server import marketplace,
start_marketplace`.
"""

import hashlib
import hmac
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem, DemoShop, publish_items, register_shops

ROOT = Path(__file__).resolve().parents[3]
ADMIN_SECRET = "opens-the-shops"
START_SECONDS = 20.0


class MarketplaceServer:
    """One server process on one data file and one port. Both stay the same over restarts."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = options
        self.http = httpx2.Client(base_url=self.url, trust_env=False, timeout=5.0)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "channels.platforms.demo.marketplace", "--data", str(self.data)]
        command += ["--port", str(self.port), "--admin-secret", ADMIN_SECRET, *self.options]
        # A log of its own: a server left behind by a killed test run must not hold on to the run's output.
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            try:
                self.http.get("/health").raise_for_status()
            except httpx2.TransportError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the marketplace did not start in time")

    def kill(self) -> None:
        """kill -9: no chance to write or close anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; returns its exit status."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        """kill -9 and start again on the same file and port."""
        self.kill()
        self.start()

    def close(self) -> None:
        self.kill()
        self.http.close()

    def open_shop(self, code: str, items: Sequence[DemoItem | str] = (), *, face: str = "mall") -> DemoConfig:
        """Open a shop with items; returns what a connector needs to reach it."""
        shop = DemoShop(code, f"Shop {code}", f"店铺 {code}", face, f"key-{code}", f"secret-of-{code}")
        register_shops(self.url, ADMIN_SECRET, [shop])
        config = DemoConfig(base_url=self.url, app_key=shop.app_key, app_secret=SecretStr(shop.app_secret))
        publish_items(config, [DemoItem(item, f"Item {item}") if isinstance(item, str) else item for item in items])
        return config

    def stock(self, config: DemoConfig) -> dict[str, int]:
        """Every number the shop shows, by item."""
        shown: dict[str, int] = {}
        cursor = ""
        while True:
            page = self.call(config, "GET", f"/api/items?cursor={cursor}").json()
            shown |= {row["item"]: row["quantity"] for row in page["items"]}
            cursor = page["next"]
            if not cursor:
                return shown

    def history(self, config: DemoConfig) -> list[dict[str, Any]]:
        """The updates the shop was sent, in the order received."""
        lines: list[dict[str, Any]] = []
        after = "0"
        while after:
            page = self.call(config, "GET", f"/api/history?after={after}").json()
            lines += page["updates"]
            after = page["next"]
        return lines

    def call(
        self, config: DemoConfig, method: str, target: str, payload: object = None, **changes: str
    ) -> httpx2.Response:
        """A call signed here rather than by the connector; `changes` replace headers (timestamp, nonce, …)."""
        body = b"" if payload is None else json.dumps(payload).encode()
        headers = signed_headers(config, method, target, body, **changes)
        return self.http.request(method, target, content=body, headers=headers)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        status = self._process.wait(timeout=10)
        self._process = None
        return status


def signed_headers(config: DemoConfig, method: str, target: str, body: bytes, **changes: str) -> dict[str, str]:
    timestamp = changes.get("timestamp", str(int(time.time())))
    nonce = changes.get("nonce", secrets.token_hex(8))
    text = f"{method}\n{target}\n{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    made = hmac.new(config.app_secret.get_secret_value().encode(), text.encode(), "sha256").hexdigest()
    return {
        "X-Market-Key": changes.get("key", config.app_key),
        "X-Market-Timestamp": timestamp,
        "X-Market-Nonce": nonce,
        "X-Market-Signature": changes.get("signature", made),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start_marketplace(tmp_path: Path) -> Iterator[Callable[..., MarketplaceServer]]:
    """Start a marketplace with command line options; it ends with the test."""
    servers: list[MarketplaceServer] = []

    def start(*options: str) -> MarketplaceServer:
        server = MarketplaceServer(tmp_path / f"market-{len(servers)}.sqlite3", *options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def marketplace(start_marketplace: Callable[..., MarketplaceServer]) -> MarketplaceServer:
    """A marketplace with plenty of calls per second."""
    return start_marketplace("--rate", "5000", "--burst", "5000")
