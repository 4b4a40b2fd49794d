"""The training loop and its TensorFlow engine."""
