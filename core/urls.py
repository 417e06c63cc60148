"""Addresses of the admin's own JSON."""

from django.urls import path

from core.views import job_state

app_name = "core"
urlpatterns = [path("jobs/<int:job_id>/state", job_state, name="job-state")]
