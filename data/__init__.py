"""Images and labels: files, digits that the program draws itself, and ink turned into images."""
