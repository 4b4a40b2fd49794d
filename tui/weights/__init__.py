"""The Weights screen."""
