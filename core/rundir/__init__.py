"""The run directory: writing it, reading it, checking what others may have written."""
