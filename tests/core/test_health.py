"""Readiness names what is down, and the signs of life come from the processes themselves."""

import os
import signal
from unittest import mock

import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisDown

from core import redis
from core.heartbeat import BEAT_KEY, worker_key
from core.queue import QUEUES
from tests.core.processes import start_celery, wait_for

READY = "/api/v1/health/ready"


@pytest.fixture
def all_alive():
    keys = [BEAT_KEY, *map(worker_key, QUEUES)]
    for key in keys:
        redis.connection().set(key, 1)
    yield
    redis.connection().delete(*keys)


def faults(answer):
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    return [(error["path"], error.get("queue")) for error in answer.json()["errors"]]


def test_live_asks_nothing(client):
    with mock.patch.object(redis, "connection", side_effect=RedisDown):
        answer = client.get("/api/v1/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_when_all_is_up(client, all_alive):
    answer = client.get(READY)

    assert answer.status_code == 200
    assert answer.json()["checks"] == dict.fromkeys(["database", "broker", "worker", "beat"], "up")


@pytest.mark.django_db
def test_a_dead_beat_is_named(client, all_alive):
    redis.connection().delete(BEAT_KEY)
    assert faults(client.get(READY)) == [("beat", None)]


@pytest.mark.django_db
def test_a_queue_without_a_worker_is_named(client, all_alive):
    redis.connection().delete(worker_key("publish"))
    assert faults(client.get(READY)) == [("worker", "publish")]


@pytest.mark.django_db
def test_a_dead_broker_is_named_alone(client, all_alive):
    with mock.patch.object(redis, "connection", side_effect=RedisDown):
        assert faults(client.get(READY)) == [("broker", None)]


@pytest.mark.django_db
def test_a_dead_database_is_named(client, all_alive):
    with mock.patch("core.health.connection") as connection:
        connection.cursor.side_effect = OperationalError
        assert faults(client.get(READY)) == [("database", None)]


def test_beat_and_a_worker_say_that_they_are_alive(tmp_path):
    keys = [BEAT_KEY, worker_key("stock")]
    redis.connection().delete(*keys)
    processes = [
        start_celery("beat", "--pidfile=", "-s", str(tmp_path / "beat")),
        start_celery("worker", "-Q", "stock", "-c", "1", "--without-gossip", "--without-mingle"),
    ]
    try:
        wait_for(lambda: redis.connection().exists(*keys) == 2)
        assert 0 < redis.connection().ttl(BEAT_KEY) <= 15
        assert not redis.connection().exists(worker_key("publish"))
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
