"""The system checks run before the first migration."""

import pytest
from django.core import checks
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.mark.django_db
def test_the_system_checks_ask_nothing_of_the_database():
    with CaptureQueriesContext(connection) as queries:
        found = checks.run_checks(include_deployment_checks=False)
    assert [message for message in found if message.is_serious()] == []
    assert [query["sql"] for query in queries] == []
