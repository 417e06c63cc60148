"""Keeps the figures up to date."""

from channels.figures.actions.figures import refresh_figures
from channels.figures.actions.sales import REFRESH, record_sales, refresh_sales

__all__ = ["REFRESH", "record_sales", "refresh_figures", "refresh_sales"]
