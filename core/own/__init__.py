"""A person's own Keras model, computed by Keras in a process of its own."""
