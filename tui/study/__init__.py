"""The screen of a study: its trials, their curves, and what the hyperparameters do."""
