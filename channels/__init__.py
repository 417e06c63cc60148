"""Channels, shops and everything between a pool and a platform."""
