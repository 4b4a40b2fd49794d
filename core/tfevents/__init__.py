"""Read (live) and write TensorBoard event files without TensorFlow or tensorboard.

A scalar point passes three buffers between its file and its chart, each for one reason:

1. `pending.PendingPoints`, per tag of a file: raw bytes, so that thousands of points are decoded
   by one numpy call and not one by one. Emptied by `EventFile.take` at the end of a batch.
2. `logdir._RunFolder._items`, per run: decoded items in file order, so that a thread posts one
   `Update` every 0.25 s for all runs and not one message per file.
3. `store.ScalarHistory._waiting`, per tag of a run: arrays on the drawing thread, appended to the
   curve when it is read, because few of thousands of tags are ever drawn.
"""
