"""The run directory: record it, read it, validate what other users may have written."""
