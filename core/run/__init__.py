"""A run: its events, its hyperparameters, and the state folded from its events."""
