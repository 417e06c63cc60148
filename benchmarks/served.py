"""The product as `granian` and `celery` load it, on the database and the broker number of the running row."""

import os

import django
from django.conf import settings

from config.startup import ensure_services, settle_memory

ensure_services()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.DATABASES["default"]["NAME"] = os.environ["ONEPOOL_BENCH_DATABASE"]
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - needs the settings above

from benchmarks.bench import use_own_redis  # noqa: E402
from config.celery import app  # noqa: E402

use_own_redis()
application = get_wsgi_application()
settle_memory()

__all__ = ["app", "application"]
