"""Tests of allocation strategies."""
