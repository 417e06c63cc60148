"""The product's own processes, on the database and the broker number of the running row."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from config.demo_parts import web_command

START_SECONDS = 60.0


@contextmanager
def running(*command: str, **environment: str) -> Iterator[None]:
    """A Python process for as long as the block lasts."""
    process = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | environment)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def workers(database: str) -> Iterator[None]:
    """The workers for stock and publishing, as many as the demo has."""
    with ExitStack() as stack:
        for queue, processes in (("stock", 1), ("publish", 2)):
            place = ["-Q", queue, "-n", f"bench-{queue}@%h", "-c", str(processes), "-l", "ERROR"]
            quiet = ["--without-gossip", "--without-mingle"]
            command = ["celery", "-q", "-A", "benchmarks.served", "worker", *place, *quiet]
            stack.enter_context(running(*command, ONEPOOL_BENCH_DATABASE=database))
        yield


@contextmanager
def web(database: str) -> Iterator[int]:
    """The web server as in production, without a limit of calls; its port."""
    limits = {"ONEPOOL_API_RATE_PER_SECOND": "1000000", "ONEPOOL_API_BURST": "1000000"}
    with serving("benchmarks.served", "/api/v1/health/live", ONEPOOL_BENCH_DATABASE=database, **limits) as port:
        yield port


@contextmanager
def serving(module: str, health: str, **environment: str) -> Iterator[int]:
    """The application of a module, with as many workers and threads as the product's; its port."""
    port = free_port()
    server = web_command(port)[:-1]
    with running(*server, "--log-level", "error", f"{module}:application", **environment):
        wait_for(port, health)
        yield port


@contextmanager
def marketplace(folder: Path, admin_secret: str) -> Iterator[str]:
    """The demo marketplace with its usual limits; its address."""
    port = free_port()
    data = folder / "market.sqlite3"
    place = ("--data", str(data), "--port", str(port), "--admin-secret", admin_secret)
    with running("channels.platforms.demo.marketplace", *place):
        wait_for(port, "/health")
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
