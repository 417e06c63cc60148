"""Starts real Celery processes on the test's own database and Redis number."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection


def broker_url() -> str:
    """The test's Redis in the words of Celery, whose name for a socket is another."""
    url: str = settings.REDIS_URL
    return url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


def start_celery(*command: str) -> "subprocess.Popen[bytes]":
    """Start `celery ...` as the leader of a process group, to be killed as a whole."""
    database = connection.settings_dict
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'] or '')}"
    place = urlencode({"host": database["HOST"], "port": database["PORT"]})
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{login}@/{database['NAME']}?{place}",
        "TEST_REDIS_URL": settings.REDIS_URL,
        "TEST_BROKER_URL": broker_url(),
    }
    start = [sys.executable, "-m", "celery", "-A", "tests.core.worker_app"]
    return subprocess.Popen([*start, *command, "-l", "WARNING"], env=environment, start_new_session=True)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return once `condition` holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
