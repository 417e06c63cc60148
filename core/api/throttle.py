"""A token bucket per API key, kept in Redis so that every web process shares it."""

import logging
import time
from functools import cache
from math import ceil

from django.conf import settings
from django.utils.translation import ngettext
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from core.errors import TooManyRequests
from core.redis import connection

log = logging.getLogger(__name__)
PAUSE_SECONDS = 5.0

# Reads Redis' clock, so that web machines whose clocks differ share one bucket. Answers the milliseconds to wait.
_SCRIPT = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(bucket[2]) or now)) * rate / 1000)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return wait
"""


class _Pause:
    """After a failure Redis is left alone for a moment: a dead Redis must not cost every request its timeout."""

    until = 0.0


def take_token(key_id: int) -> None:
    """Take one token of the key's bucket; `TooManyRequests` when it is empty.

    Without Redis requests pass: an unthrottled API serves its shops better than none.
    """
    if time.monotonic() < _Pause.until:
        return
    try:
        wait = int(_run(f"onepool:throttle:{key_id}"))
    except RedisError:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        log.warning("Redis is unreachable; API requests aren't throttled for %s seconds.", PAUSE_SECONDS)
        return
    if wait:
        seconds = ceil(wait / 1000)
        message = ngettext(
            "Too many requests with this API key; wait %(seconds)d second.",
            "Too many requests with this API key; wait %(seconds)d seconds.",
            seconds,
        )
        raise TooManyRequests(message % {"seconds": seconds}, retry_after=seconds)


def _run(bucket: str) -> int:
    script = _script(connection())
    return int(script(keys=[bucket], args=[settings.API_RATE_PER_SECOND, settings.API_BURST]))


@cache
def _script(client: Redis) -> Script:
    """The bucket's script, hashed once per connection and not once per request."""
    return client.register_script(_SCRIPT)
