"""Numbers in what a program prints. Pure: text in, numbers out; nothing is read or written here."""
