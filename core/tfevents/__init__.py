"""TensorBoard event files without TensorFlow and without tensorboard: read live, and written."""
