"""`trainpad watch`: the files of numbers that other programs write."""
