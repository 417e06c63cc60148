"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config.startup import ensure_services, settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ensure_services()
application = get_wsgi_application()
settle_memory()
