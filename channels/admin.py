"""The admin pages of this app, gathered for Django."""

import channels.cascade.admin
import channels.explain.admin
import channels.figures.admin
import channels.preview.admin
import channels.reservations.admin
import channels.shops.admin
import channels.simulation.admin
import channels.sync.admin  # noqa: F401
