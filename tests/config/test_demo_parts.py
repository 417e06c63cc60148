"""How the demo keeps its processes running."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.demo import free_port
from config.demo_parts import DemoError, Part, marketplace_file
from config.demo_reset import wipe_demo
from config.services import locations
from tests.config.service_helpers import is_alive, linux_only, wait_for

FORKING = """
import os, sys, time
child = os.fork()
if child:
    print(os.getpid(), child, flush=True)
time.sleep(60)
"""


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Part]:
    started = Part("forking", [sys.executable, "-c", FORKING], tmp_path, tmp_path / "forking.log")
    yield started
    started.ask_to_stop()
    started.finish()


def generations(part: Part) -> list[list[int]]:
    lines = part.log.read_text().splitlines() if part.log.exists() else []
    return [[int(word) for word in line.split()] for line in lines]


def tick_until(part: Part, count: int) -> list[int]:
    def enough() -> bool:
        part.tick()
        return len(generations(part)) == count

    wait_for(enough)
    return generations(part)[-1]


@linux_only
def test_a_killed_part_is_restarted_and_its_children_do_not_stay(part: Part) -> None:
    parent, child = tick_until(part, 1)
    os.kill(parent, signal.SIGKILL)
    assert tick_until(part, 2) != [parent, child]
    wait_for(lambda: not is_alive(child))


@linux_only
def test_a_stopped_part_leaves_nothing(part: Part) -> None:
    pids = tick_until(part, 1)
    part.ask_to_stop()
    part.finish()
    wait_for(lambda: not [pid for pid in pids if is_alive(pid)])


def test_a_part_that_cannot_live_is_tried_less_and_less(tmp_path: Path) -> None:
    part = Part("broken", [sys.executable, "-c", "import sys; sys.exit(1)"], tmp_path, tmp_path / "broken.log")
    pauses = []
    for _ in range(7):
        part.next_start = 0
        part.tick()
        assert part.process is not None
        part.process.wait()
        part.next_start = time.monotonic() + 60
        part.tick()
        pauses.append(part.backoff)
    assert pauses == [1, 2, 4, 8, 10, 10, 10]


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) <= port + 50


def test_a_real_server_is_not_wiped_without_confirmation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = locations(tmp_path)
    marketplace_file(services).parent.mkdir()
    marketplace_file(services).touch()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CONFIRM", raising=False)
    with pytest.raises(DemoError, match=r"server of REDIS_URL: to do that, run make demo-reset CONFIRM=1"):
        wipe_demo(services)
    assert marketplace_file(services).exists()
