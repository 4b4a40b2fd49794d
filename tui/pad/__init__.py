"""The Pad screen, and the sketch pad as a program of its own."""
