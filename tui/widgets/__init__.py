"""Widgets and helpers that no single screen owns."""
