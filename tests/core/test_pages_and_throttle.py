"""Lists that don't shift under writes, and callers that must wait."""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from redis.exceptions import ConnectionError as RedisDown

from core import redis
from core.api import throttle
from core.errors import TooManyRequests
from core.models import ApiKey, Job
from tests.core.conftest import Caller, token_of

pytestmark = [pytest.mark.urls("tests.core.api_sample"), pytest.mark.django_db]
URL = "/api/v1/jobs"


def make_jobs(*titles):
    return [Job.objects.create(kind="x", title=title) for title in titles]


def walk(caller, limit):
    cursor, seen = "", []
    while cursor is not None:
        page = caller.get(f"{URL}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        seen.append([(item["title"], item["id"]) for item in page["items"]])
        cursor = page["next"]
    return seen


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 100])
def test_pages_cover_everything_once_in_mixed_order(caller, limit):
    make_jobs("b", "a", "b", "a", "c", "b")
    pages = walk(caller, limit)

    assert [item for page in pages for item in page] == list(
        Job.objects.order_by("title", "-id").values_list("title", "id")
    )
    assert len(pages) == -(-6 // limit)


def test_rows_written_and_deleted_meanwhile_shift_nothing(caller):
    jobs = make_jobs("b", "c", "d", "e")
    first = caller.get(f"{URL}?limit=2").json()
    make_jobs("a", "b")
    jobs[1].delete()
    rest = caller.get(f"{URL}?limit=10&cursor={first['next']}").json()

    assert [item["title"] for item in rest["items"]] == ["d", "e"]


@pytest.mark.parametrize("limit", [0, 1001, "x"])
def test_the_limit_has_its_bounds(caller, limit):
    answer = caller.get(f"{URL}?limit={limit}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "limit"


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "W1siaWQiXSxbMV1d", "W1sidGl0bGUiLCItaWQiXSxbImEiLCJ4Il1d"])
def test_a_foreign_cursor_is_refused(caller, cursor):
    answer = caller.get(f"{URL}?cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "cursor"


def test_who_asks_too_much_waits_and_others_dont(caller, make_key, settings):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 0.5, 3
    key = ApiKey.objects.get()
    redis.connection().delete(f"onepool:throttle:{key.pk}")
    answers = [caller.get("/api/v1/hello") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["Retry-After"] == "2"
    assert answers[3]["Content-Type"] == "application/problem+json"
    assert "wait 2 seconds" in answers[3].json()["detail"]
    assert Caller(token_of(make_key("def"))).get("/api/v1/hello").status_code == 200


def test_the_bucket_fills_again(settings):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 20, 1
    redis.connection().delete("onepool:throttle:-1")
    throttle.take_token(-1)
    with pytest.raises(TooManyRequests) as refused:
        throttle.take_token(-1)
    assert refused.value.retry_after == 1
    import time

    time.sleep(0.06)
    throttle.take_token(-1)


def test_a_busy_keys_tokens_come_in_growing_blocks_and_never_more_than_the_bucket_has(settings, monkeypatch):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 0.001, 200
    redis.connection().delete("onepool:throttle:-2")
    asked = []
    run = throttle._run
    monkeypatch.setattr(throttle, "_run", lambda bucket, wanted: asked.append(wanted) or run(bucket, wanted))
    for _ in range(200):
        throttle.take_token(-2)
    with pytest.raises(TooManyRequests):
        throttle.take_token(-2)

    assert asked[:6] == [1, 2, 4, 8, 10, 10]
    assert len(asked) < 30


def test_a_quiet_key_takes_one_token_at_a_time(settings, monkeypatch):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 0.001, 200
    redis.connection().delete("onepool:throttle:-3")
    now = [1000.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    asked = []
    run = throttle._run
    monkeypatch.setattr(throttle, "_run", lambda bucket, wanted: asked.append(wanted) or run(bucket, wanted))
    for _ in range(4):
        throttle.take_token(-3)
        now[0] += throttle.SHORT_SECONDS

    assert asked == [1, 1, 1, 1]


def test_tokens_that_were_left_over_lapse(settings, monkeypatch):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 0.001, 200
    redis.connection().delete("onepool:throttle:-4")
    now = [1000.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    for _ in range(4):
        throttle.take_token(-4)
    assert throttle._blocks[-4].tokens == 3
    now[0] += throttle.KEPT_SECONDS
    throttle.take_token(-4)

    assert throttle._blocks[-4].tokens == 0


def test_many_threads_at_once_get_no_more_than_the_bucket_has(settings):
    settings.API_RATE_PER_SECOND, settings.API_BURST = 0.001, 100
    redis.connection().delete("onepool:throttle:-5")

    def take(_number):
        try:
            throttle.take_token(-5)
        except TooManyRequests:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(take, range(300))) == 100


def test_without_redis_requests_pass_and_redis_is_left_alone_for_a_while(caller, monkeypatch, caplog):
    monkeypatch.setattr(throttle._Pause, "until", 0.0)
    with mock.patch.object(throttle, "_run", side_effect=RedisDown) as run:
        answers = [caller.get("/api/v1/hello").status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert run.call_count == 1
    assert "aren't throttled" in caplog.text
