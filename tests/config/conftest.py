"""Servers of their own for the tests of the local runner."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.service_helpers import Client, stop_services


@pytest.fixture
def base() -> Iterator[Path]:
    """An empty folder whose path, unlike tmp_path's, is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="pool-") as folder:
        yield Path(folder)
        stop_services(Path(folder))


@pytest.fixture
def client(base: Path) -> Iterator[Client]:
    started = Client(base)
    yield started
    started.kill()
