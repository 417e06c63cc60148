"""Puts the explaining pages into the admin site."""

from django.contrib import admin

from channels.explain.urls import pages

admin.site.extra_urls = pages  # type: ignore[attr-defined]
