"""Keeps all senders of a shop together to the calls per second its platform allows."""

import logging

from redis.exceptions import RedisError

from core.redis import connection

log = logging.getLogger(__name__)

# A token bucket of one second's calls, kept as the moment at which it will be full again.
_TAKE = """
local now = redis.call('TIME')
local at = tonumber(now[1]) + tonumber(now[2]) / 1000000
local step = tonumber(ARGV[1])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), at)
local room = math.max(1, step)
if full + step - at > room then
    return tostring(full + step - at - room)
end
redis.call('SET', KEYS[1], string.format('%.6f', full + step), 'PX', math.ceil((full + step - at) * 1000) + 1000)
return '0'
"""


def seconds_to_wait(shop_id: int, calls_per_second: float) -> float:
    """Take one call from the shop's allowance: 0 when it is granted, else the seconds until one may be."""
    try:
        wait = connection().eval(_TAKE, 1, f"onepool:calls:{shop_id}", 1 / calls_per_second)
    except RedisError:
        # The platform itself refuses what is too much; not sending at all would be worse.
        log.warning("The broker is unreachable; shop %s is served without pacing.", shop_id)
        return 0.0
    return float(wait)
