"""What a run is: its events, its hyperparameters, and the state folded from events."""
