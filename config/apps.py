"""Makes every process that has loaded the apps know the task queue, so that it can send to it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The top floor; the last app, so that the others are ready when their tasks are imported."""

    name = "config"

    def ready(self) -> None:
        """Without this a web process would look up its tasks in Celery's empty default app."""
        from config.celery import TASK_PACKAGES, app

        app.autodiscover_tasks(TASK_PACKAGES, force=True)
