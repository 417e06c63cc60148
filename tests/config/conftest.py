"""Servers of their own for the tests of the local runner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.service_helpers import Client, stop_services


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stop_services(tmp_path)


@pytest.fixture
def client(base: Path) -> Iterator[Client]:
    started = Client(base)
    yield started
    started.kill()
