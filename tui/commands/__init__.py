"""The commands that show a screen; each imports what it needs when it is called."""
