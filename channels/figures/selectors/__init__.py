"""Reads of figures and of grids."""

from channels.figures.selectors.grids import load_grid
from channels.figures.selectors.scope import Beneath
from channels.figures.selectors.velocity import load_velocity

__all__ = ["Beneath", "load_grid", "load_velocity"]
