"""Sweeps: many runs with different hyperparameters, chosen by Optuna, as one study."""
