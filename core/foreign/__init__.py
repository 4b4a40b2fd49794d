"""Read the numbers that other programs write as text or as `.wandb`, while the files grow.

What a file is, is found from its first bytes (`formats`), not from its name. Each format is one
small module with the interface `collector.Format`: bytes in, items out, the same items that event
files give (`core.tfevents.items`). `file.ForeignFile` reads a file in pieces of one megabyte and
notices when it was rewritten; `core.tfevents.logdir` polls it beside the event files.
"""
