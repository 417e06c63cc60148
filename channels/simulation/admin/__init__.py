"""Pages of simulations, of their results, and "Which strategy decides here?"."""

from channels.simulation.admin import pages, results, simulations

__all__ = ["pages", "results", "simulations"]
