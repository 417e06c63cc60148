"""Lets the admin's forms ask what they would change."""

from channels.preview.actions import preview_effect
from core.effects import register_measure

register_measure(preview_effect)
