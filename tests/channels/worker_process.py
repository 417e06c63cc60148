"""A real Celery worker on the test's own database and broker.

`python -m tests.channels.worker_process DATABASE NUMBER`
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


def point_at(number):
    """Send to and read from this number of the broker; returns the Celery app."""
    from django.conf import settings

    from config.celery import app

    scheme, _, rest = settings.REDIS_URL.partition("://")
    if scheme == "unix":
        settings.REDIS_URL = settings.SERVICES.redis_url_for(number)
        app.conf.broker_url = settings.SERVICES.broker_url_for(number)
    else:
        settings.REDIS_URL = f"{scheme}://{rest.split('/', maxsplit=1)[0]}/{number}"
        app.conf.broker_url = settings.REDIS_URL
    app.conf.broker_read_url = app.conf.broker_write_url = app.conf.broker_url
    return app


class WorkerProcess:
    """Serves the queues for stock and publishing until it is killed."""

    def __init__(self, database, number):
        self.command = [sys.executable, "-m", "tests.channels.worker_process", database, str(number)]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)

    def kill(self):
        """kill -9 for the worker and its children: no chance to finish or to let go of anything."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
            self.process = None


def wait_until(condition, seconds=START_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def main():
    database, number = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    app = point_at(int(number))
    app.worker_main(
        ["worker", "-Q", "stock,publish", "-c", "2", "--without-gossip", "--without-mingle", "-l", "warning"]
    )


if __name__ == "__main__":
    main()
