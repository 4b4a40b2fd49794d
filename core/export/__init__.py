"""Export of runs: tables, plots, notebooks, Keras models, command lines."""
