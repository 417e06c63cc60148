"""A small world to preview edits of, and somebody who may make them."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.channels.small_world import settle, small_world


@pytest.fixture(autouse=True)
def collected_static(settings, tmp_path):
    """WhiteNoise warns about a folder that isn't there."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def boss():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def stocked(world):
    """101 units, one listing, everything computed."""
    world.sku_row = world.sku(101)
    world.item = world.listing(world.sku_row)
    settle()
    return world


@pytest.fixture
def stocked_outside():
    world = small_world()
    world.sku_row = world.sku(101)
    world.item = world.listing(world.sku_row)
    settle()
    return world


@pytest.fixture
def second_connection():
    other = connection.copy()
    yield other
    other.close()
