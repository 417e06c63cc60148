"""App configuration."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The seam."""

    name = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        """Know the tasks in every process: the web server and commands send what workers run."""
        app = import_string(settings.TASK_QUEUE_APP)
        app.set_default()
        app.autodiscover_tasks(settings.TASK_PACKAGES, force=True)
        import_module("core.sheets.jobs")  # registers what the jobs of an import do
        import_module("core.audit.guards")  # registers the audit's first check
