"""Reads of reservations and shortages."""
