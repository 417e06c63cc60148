"""A token bucket per API key, kept in Redis so that every web process shares it.

A process takes tokens of a busy key in small blocks: what it hands out, the bucket has given it before.
"""

import logging
import time
from functools import cache
from math import ceil
from threading import Lock

from django.conf import settings
from django.utils.translation import ngettext
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from core.errors import TooManyRequests
from core.redis import connection

log = logging.getLogger(__name__)
PAUSE_SECONDS = 5.0
# A block that lasts less is followed by a larger one; tokens left from a block are kept so long.
SHORT_SECONDS = 0.1
KEPT_SECONDS = 1.0
LARGEST_BLOCK = 64

# Reads Redis' clock, so that web machines whose clocks differ share one bucket. Answers how many tokens of those
# wanted there were, and the milliseconds to wait when there was none.
_SCRIPT = """
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(bucket[2]) or now)) * rate / 1000)
local wait = 0
local taken = math.min(wanted, math.floor(tokens))
if taken < 1 then wait = math.ceil((1 - tokens) * 1000 / rate) end
tokens = tokens - taken
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return {taken, wait}
"""


class _Pause:
    """After a failure Redis is left alone for a moment: a dead Redis must not cost every request its timeout."""

    until = 0.0


class _Block:
    """Tokens of one key that this process has taken from the bucket and not handed out yet."""

    def __init__(self) -> None:
        self.mutex = Lock()
        self.tokens = 0
        self.size = 1
        self.at = 0.0


_blocks: dict[int, _Block] = {}


def take_token(key_id: int) -> None:
    """Take one token of the key's bucket; `TooManyRequests` when it is empty.

    Without Redis requests pass: an unthrottled API serves its shops better than none.
    """
    if time.monotonic() < _Pause.until:
        return
    block = _blocks.get(key_id) or _blocks.setdefault(key_id, _Block())
    # One thread asks Redis; those who come meanwhile share its block.
    with block.mutex:
        wait = 0 if _has_token(block) else _fill(block, key_id)
        if not wait:
            block.tokens -= 1
            return
    seconds = ceil(wait / 1000)
    message = ngettext(
        "Too many requests with this API key; wait %(seconds)d second.",
        "Too many requests with this API key; wait %(seconds)d seconds.",
        seconds,
    )
    raise TooManyRequests(message % {"seconds": seconds}, retry_after=seconds)


def _has_token(block: _Block) -> bool:
    return block.tokens > 0 and time.monotonic() - block.at < KEPT_SECONDS


def _fill(block: _Block, key_id: int) -> int:
    """Take a block of tokens, larger when the last was used up fast; answers the milliseconds to wait."""
    now = time.monotonic()
    if now < _Pause.until:
        block.tokens = 1
        return 0
    largest = max(1, min(LARGEST_BLOCK, settings.API_BURST // 20))
    block.size = min(block.size * 2, largest) if now - block.at < SHORT_SECONDS else 1
    try:
        taken, wait = _run(f"onepool:throttle:{key_id}", block.size)
    except RedisError:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        log.warning("Redis is unreachable; API requests aren't throttled for %s seconds.", PAUSE_SECONDS)
        taken, wait = 1, 0
    block.tokens, block.at = taken, now
    return wait


def _run(bucket: str, wanted: int) -> tuple[int, int]:
    script = _script(connection())
    taken, wait = script(keys=[bucket], args=[settings.API_RATE_PER_SECOND, settings.API_BURST, wanted])
    return int(taken), int(wait)


@cache
def _script(client: Redis) -> Script:
    """The bucket's script, hashed once per connection and not once per request."""
    return client.register_script(_SCRIPT)
