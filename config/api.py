"""The one NinjaAPI: every app's router is mounted here."""

from ninja import NinjaAPI

api = NinjaAPI(title="Onepool", version="1", urls_namespace="api")
