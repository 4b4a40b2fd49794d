"""`trainpad watch`: event files that other programs write."""
