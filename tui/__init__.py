"""The screens, in Textual; nothing here knows TensorFlow."""
