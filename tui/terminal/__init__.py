"""The terminal: Textual's driver and the base of every app."""
