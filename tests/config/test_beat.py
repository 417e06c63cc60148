"""What beat sends at night. Celery takes the time zone from Django's settings."""

from copy import copy
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from config.celery import app


@pytest.mark.parametrize("name", ["refresh-figures", "recompute-all", "audit"])
def test_what_is_heavy_is_done_at_night_where_the_business_is(name):
    schedule = copy(app.conf.beat_schedule[name]["schedule"])
    schedule.app = app
    begun, wait, _now = schedule.remaining_delta(datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert (begun + wait).astimezone(ZoneInfo(settings.TIME_ZONE)).hour in {2, 3, 4}
