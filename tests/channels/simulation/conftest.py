"""A small world to simulate edits of, and somebody who may."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.channels.small_world import settle, small_world


@pytest.fixture
def world():
    world = small_world()
    world.coat = world.sku(100)
    world.item = world.listing(world.coat)
    settle()
    return world


@pytest.fixture
def boss():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client
